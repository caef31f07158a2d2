import type { Diagnostic, RobotSummary } from '@simyard/protocol'
import type { SceneNode } from '@simyard/scene'

export interface ControllerRequest {
  readonly controller: number
  readonly robot: string
  readonly name: string
  readonly args: readonly string[]
  readonly extern: boolean
}

/** What a simulation asks of the world around it. */
export interface SimulationHost {
  startController(request: ControllerRequest): void
  stopController(controller: number): void
  sendToController(controller: number, bytes: Uint8Array): void
  console(line: { readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }): void
  diagnostic(diagnostic: Diagnostic): void
  /** Text of a controller for its robot's window. */
  windowText?(robot: string, text: string): void
  /** A controller spoke or left: a simulation that waited may go on. */
  controllersChanged(): void
  /** Nodes came or went. Frames after this know them, frames before did not. */
  sceneChanged?(change: SceneChange): void
  /** Something moved or changed its looks without a step; a world that is paused has something to show. */
  touched?(): void
}

export interface SceneChange {
  /** Ids of root nodes, with those of all that was in them. They have gone before the others come. */
  readonly removed: readonly { readonly id: number; readonly inside: readonly number[] }[]
  readonly added: readonly SceneNode[]
  /** All of them, when some came or went. */
  readonly robots?: readonly RobotSummary[]
}
