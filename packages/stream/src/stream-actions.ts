import type { ServerToSimulator } from '@simyard/protocol'

/** What a viewer's request may do outside the simulation. */
export interface StreamActions {
  toSimulator(message: ServerToSimulator): void
  /** Worlds of the project, as project-relative paths. */
  worlds(): readonly string[]
  readController(controller: string): Promise<readonly { file: string; content: string }[]>
  /** Replaces an existing file of a controller; rejects with a reason. */
  writeController(controller: string, file: string, content: string): Promise<void>
  /** Loads a world again from its project. */
  loadWorld(world: string): void
}
