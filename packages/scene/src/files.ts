import { SimyardError } from '@simyard/protocol'

/**
 * Where the scene reads text and bytes from. URLs are of two kinds: `project:/worlds/a.wbt` (inside the project) and
 * `asset:/protos/E-puck.proto` (ships with Simyard). Rejects with SimyardError SCENE_FILE_MISSING when there is none.
 */
export interface FileSource {
  read(url: string): Promise<Uint8Array>
}

/** The bytes, or undefined when there is no such file; any other failure is passed on. */
export async function readIfPresent(files: FileSource, url: string): Promise<Uint8Array | undefined> {
  try {
    return await files.read(url)
  } catch (error) {
    if (error instanceof SimyardError && error.code === 'SCENE_FILE_MISSING') return undefined
    throw error
  }
}
