/**
 * Where the scene reads text and bytes from. URLs are of two kinds: `project:/worlds/a.wbt` (inside the project) and
 * `asset:/protos/E-puck.proto` (ships with Simyard). Rejects with SimyardError SCENE_FILE_MISSING when there is none.
 */
export interface FileSource {
  read(url: string): Promise<Uint8Array>
}
