import type { Pose, Vector3 } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'

export interface Ray {
  /** World frame, metres. */
  readonly origin: Vector3
  /** World frame, unit length. */
  readonly direction: Vector3
  /** Metres. */
  readonly maxDistance: number
  /** Shapes of this robot are transparent (unless it collides with itself). */
  readonly ignoreRobot?: SceneNode
}

export interface RayHit {
  readonly distance: number
  /** World frame. */
  readonly point: Vector3
  /** World frame, unit, out of the surface. */
  readonly normal: Vector3
  /** The solid that was hit, and the geometry node of its boundingObject. */
  readonly solid: SceneNode
  readonly geometry: SceneNode
}

/** A touch between two solids during the last inner step. */
export interface Contact {
  readonly solidA: SceneNode
  readonly solidB: SceneNode
  /** World frame, metres. */
  readonly point: Vector3
  /** From A to B, world frame. */
  readonly normal: Vector3
  /** Force on B, world frame, newtons. */
  readonly force: Vector3
}

export interface Velocity {
  /** World frame, m/s, of the node's origin. */
  readonly linear: Vector3
  /** World frame, rad/s. */
  readonly angular: Vector3
}

/** One motor of a joint. Units rad, rad/s, N·m; m, m/s, N for linear motors. */
export interface MotorHandle {
  readonly minPosition: number
  readonly maxPosition: number
  readonly maxVelocity: number
  readonly maxForce: number
  /** ±Infinity for velocity control. */
  setPosition(target: number): void
  setVelocity(velocity: number): void
  setForce(force: number): void
  setAvailableForce(force: number): void
  setAcceleration(acceleration: number): void
  setPid(p: number, i: number, d: number): void
  /** Force that the motor gave in the last inner step. */
  forceFeedback(): number
}

/** Everything that moves, at one moment; opaque, only for `restore` of the same world. */
export interface PhysicsSnapshot {
  readonly state: Float64Array
  readonly motors: readonly (readonly number[])[]
}

/** The rigid bodies of one scene as it stands. Poses and velocities are those after the last step. */
export interface CompiledWorld {
  readonly innerStepSeconds: number
  /** Unit vector against gravity, and gravity itself in m/s², world frame. */
  readonly up: Vector3
  readonly gravity: Vector3
  /** Simulated seconds since the start. */
  readonly time: number
  /** Solids whose pose can change, in document order. */
  readonly movingSolids: readonly SceneNode[]
  readonly robots: readonly SceneNode[]
  readonly warnings: readonly { readonly node: SceneNode; readonly message: string }[]

  /** Advances by whole inner steps. Throws SimyardError PHYSICS_DIVERGED when the motion has no finite answer. */
  step(milliseconds: number): void
  /** Back to the start. */
  reset(): void
  snapshot(): PhysicsSnapshot
  restore(snapshot: PhysicsSnapshot): void
  /** 16 hexadecimal digits over every position and velocity. */
  stateHash(): string

  /** In the world; undefined for a node without a place. */
  worldPose(nodeId: number): Pose | undefined
  /** A moving solid in the frame of its parent node: the values of its translation and rotation fields. */
  relativePose(nodeId: number): Pose | undefined
  velocity(nodeId: number): Velocity | undefined
  /** Position of the joint that a motor or a position sensor belongs to, rad or m. */
  jointPosition(deviceNodeId: number): number | undefined
  jointVelocity(deviceNodeId: number): number | undefined
  motor(motorNodeId: number): MotorHandle | undefined
  /** Teleports a solid that hangs on nothing; its velocity in the world stays. False for any other node. */
  setPose(nodeId: number, pose: Pose): boolean
  /** Of a solid that hangs on nothing. False for any other node. */
  setVelocity(nodeId: number, velocity: Velocity): boolean
  /** Stops the body of a solid and all joints that hang on it. False for a node that is in no body. */
  stop(nodeId: number): boolean
  castRay(ray: Ray): RayHit | undefined
  /** Contacts in which one of the given solids (all when absent) takes part. */
  contacts(solidIds?: ReadonlySet<number>): readonly Contact[]
  /** Frees the engine's memory; the world is of no use afterwards. */
  dispose(): void
}

/** The rigid bodies of a scene that may change: the same object, with the same motor handles, for its whole life. */
export interface PhysicsWorld extends CompiledWorld {
  /**
   * The scene has these roots from now on. What is in both keeps its motion; new nodes start as their fields say. Throws
   * SimyardError PHYSICS_MODEL_REJECTED, having changed nothing, when the engine does not accept the bodies.
   */
  rebuild(roots: readonly SceneNode[]): void
  /** Back to the start, with the roots that were there at the start. */
  reset(): void
  /** Only for the roots with which the snapshot was taken. */
  restore(snapshot: PhysicsSnapshot): void
}
