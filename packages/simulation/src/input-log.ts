import type { Pose } from '@simyard/geometry'
import type { Velocity } from '@simyard/physics'
import type { DeviceCommand } from '@simyard/protocol'
import type { FieldValue } from '@simyard/scene'

/** Something from outside that changed the run, and the step at which it took effect. */
export type Input =
  | { readonly timeMs: number; readonly type: 'load'; readonly world: string; readonly seed: number }
  | {
      readonly timeMs: number
      readonly type: 'commands'
      readonly robot: string
      readonly commands: readonly DeviceCommand[]
    }
  /** A viewer moved motors. */
  | {
      readonly timeMs: number
      readonly type: 'by-hand'
      readonly robot: string
      readonly commands: readonly DeviceCommand[]
    }
  | {
      readonly timeMs: number
      readonly type: 'controller'
      readonly robot: string
      readonly event: 'joined' | 'left' | 'late'
    }
  | { readonly timeMs: number; readonly type: 'robot-message'; readonly robot: string; readonly message: string }
  /** What a program of a room said. What it made of the world follows as inputs of its own: replay the one or the other. */
  | { readonly timeMs: number; readonly type: 'room-message'; readonly message: Readonly<Record<string, unknown>> }
  | { readonly timeMs: number; readonly type: 'surroundings'; readonly noise?: boolean; readonly brightness?: number }
  /** Nodes by id. */
  | { readonly timeMs: number; readonly type: 'edit'; readonly remove: readonly number[]; readonly add: string }
  | { readonly timeMs: number; readonly type: 'pose'; readonly node: number; readonly pose: Pose }
  | { readonly timeMs: number; readonly type: 'velocity'; readonly node: number; readonly velocity: Velocity }
  | { readonly timeMs: number; readonly type: 'reset-physics'; readonly node: number }
  | {
      readonly timeMs: number
      readonly type: 'field'
      readonly node: number
      readonly field: string
      readonly value: FieldValue
    }

/**
 * Everything that came from outside since the world was loaded or reset. World, seed and this log make the run again,
 * bit for bit. Bounded: a run that is longer keeps its beginning and says that it is incomplete.
 */
export class InputLog {
  private readonly inputs: Input[] = []
  private dropped = 0

  constructor(private readonly capacity = 200_000) {}

  add(input: Input): void {
    if (this.inputs.length < this.capacity) this.inputs.push(input)
    else this.dropped++
  }

  clear(): void {
    this.inputs.length = 0
    this.dropped = 0
  }

  get entries(): readonly Input[] {
    return this.inputs
  }

  get complete(): boolean {
    return this.dropped === 0
  }
}
