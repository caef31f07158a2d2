import type { Surroundings } from '@simyard/protocol'

/** What FOSSBot's functions ask of where the simulation runs. */
export interface FossbotHost {
  /** Wall-clock milliseconds: `just_move` ends when no other came for half a second of it. */
  nowMs(): number
  reply(payload: Readonly<Record<string, unknown>> & { readonly user_id: string }): void
  error(payload: { readonly data: string; readonly fossbot_name: string; readonly user_id: string }): void
  sound(robot: string, name: string): void
  surroundings(surroundings: Surroundings): void
  /** Keeps a file for viewers and for textures of the scene; its URL is `project:/<path>`. */
  madeFile(path: string, bytes: Uint8Array): void
}
