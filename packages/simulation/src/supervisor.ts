import type { CameraView, Picture } from '@simyard/devices'
import type { Pose } from '@simyard/geometry'
import type { PhysicsWorld, Velocity } from '@simyard/physics'
import type { FieldValue, Scene, SceneNode } from '@simyard/scene'

/** A change of what there is in the world. */
export interface SceneEdit {
  /** Root nodes, with all that is in them. */
  readonly remove?: readonly SceneNode[]
  /** Root nodes in the Webots language, without a header; PROTOs of the world and those that ship with Simyard. */
  readonly add?: string
}

/** A look at the world; its light is what it is. */
export type ViewFrom = Omit<CameraView, 'background' | 'luminosity'>

/** Somebody who acts in the world at each basic step, beside the controllers. */
export interface StepListener {
  /** After the controllers' commands and before the physics: forces and speeds set here count in this step. */
  beforeStep(stepMs: number): void
  afterStep(stepMs: number): void
  /** The world is as it was after loading; nodes that were added since are gone. */
  reset(): void
}

/**
 * What may be done to a running world from above, in the sense of Webots' Supervisor. Poses and velocities are in the world
 * frame, metres, m/s, rad/s. All of it takes effect between two steps.
 */
export interface Supervisor {
  readonly scene: Scene
  /** The same object for the whole life of the simulation, whatever is added and removed. */
  readonly physics: PhysicsWorld
  /** Simulated milliseconds. */
  readonly timeMs: number

  listen(listener: StepListener): void
  /** What a camera would see now from any place, in the light that there is. */
  picture(view: ViewFrom): Picture
  /**
   * Adds and removes nodes; everything else keeps its pose and velocity. Edits are made in the order of the calls, one
   * after the other. Resolves with the added root nodes when they are in the physics and viewers know them; rejects with
   * a SimyardError, having changed nothing, when the text or the physics does not accept it.
   */
  edit(edit: SceneEdit): Promise<readonly SceneNode[]>
  /** Teleports a solid that can move; it keeps its velocity, and so do its joints. */
  setPose(solid: SceneNode, pose: Pose): void
  /** Of a solid that can move freely; its joints keep their speeds. */
  setVelocity(solid: SceneNode, velocity: Velocity): void
  /** Stops a solid and all of its joints at once. */
  resetPhysics(solid: SceneNode): void
  /**
   * Gives a visible field that does not matter to the physics (`baseColor`, `emissiveColor`, `luminosity`, …) another
   * value, for viewers and for cameras.
   */
  setField(node: SceneNode, field: string, value: FieldValue): void
}
