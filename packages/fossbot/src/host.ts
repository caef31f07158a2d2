import type { Surroundings } from '@simyard/protocol'

/** What FOSSBot's functions ask of where the simulation runs. */
export interface FossbotHost {
  /** Wall-clock milliseconds: `just_move` ends when no other came for half a second of it. */
  nowMs(): number
  /** `fossbot_name` is there in what a robot says, not in what the scene says. */
  reply(payload: Readonly<Record<string, unknown>> & { readonly data: unknown; readonly user_id: string }): void
  /** The libraries of users disconnect on it. */
  error(payload: { readonly data: string; readonly fossbot_name?: string; readonly user_id: string }): void
  sound(robot: string, name: string): void
  surroundings(surroundings: Surroundings): void
  /** Keeps a file for viewers and for textures of the scene; its URL is `project:/<path>`. */
  madeFile(path: string, bytes: Uint8Array): void
  /** A line for people who look for what went wrong; programs do not get it. */
  console(line: string, robot?: string): void
  /** A program wants the world as it was after loading: the simulation is to be reset, soon or at once. */
  restart(): void
}
