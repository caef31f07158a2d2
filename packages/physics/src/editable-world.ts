import type { Pose, Vector3 } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { MujocoWorld } from './mujoco-world.js'
import type { Contact, MotorHandle, PhysicsSnapshot, PhysicsWorld, Ray, RayHit, Velocity } from './physics-world.js'

/** Makes worlds at their start out of one set of roots, as often as asked. */
type Compiled = () => MujocoWorld

/**
 * PhysicsWorld whose scene may change: each edit compiles the bodies anew and carries the motion over
 * (docs/decisions/0009). Everything that is handed out refers to nodes, never to the compiled world of the moment.
 */
export class EditableWorld implements PhysicsWorld {
  private current: MujocoWorld
  private readonly atStart: Compiled
  private readonly handles = new Map<number, MotorHandle>()
  private edited = false

  constructor(
    roots: readonly SceneNode[],
    private readonly compile: (roots: readonly SceneNode[]) => Compiled,
  ) {
    this.atStart = compile([...roots])
    this.current = this.atStart()
  }

  rebuild(roots: readonly SceneNode[]): void {
    const next = this.compile(roots)()
    try {
      next.carryOver(this.current)
    } catch (error) {
      next.dispose()
      throw error
    }
    this.replace(next)
    this.edited = true
  }

  reset(): void {
    if (this.edited) this.replace(this.atStart())
    else this.current.reset()
    this.edited = false
  }

  get innerStepSeconds(): number {
    return this.current.innerStepSeconds
  }

  get up(): Vector3 {
    return this.current.up
  }

  get gravity(): Vector3 {
    return this.current.gravity
  }

  get time(): number {
    return this.current.time
  }

  get movingSolids(): readonly SceneNode[] {
    return this.current.movingSolids
  }

  get robots(): readonly SceneNode[] {
    return this.current.robots
  }

  get warnings(): PhysicsWorld['warnings'] {
    return this.current.warnings
  }

  step(milliseconds: number): void {
    this.current.step(milliseconds)
  }

  snapshot(): PhysicsSnapshot {
    return this.current.snapshot()
  }

  restore(snapshot: PhysicsSnapshot): void {
    this.current.restore(snapshot)
  }

  stateHash(): string {
    return this.current.stateHash()
  }

  worldPose(nodeId: number): Pose | undefined {
    return this.current.worldPose(nodeId)
  }

  relativePose(nodeId: number): Pose | undefined {
    return this.current.relativePose(nodeId)
  }

  velocity(nodeId: number): Velocity | undefined {
    return this.current.velocity(nodeId)
  }

  jointPosition(deviceNodeId: number): number | undefined {
    return this.current.jointPosition(deviceNodeId)
  }

  jointVelocity(deviceNodeId: number): number | undefined {
    return this.current.jointVelocity(deviceNodeId)
  }

  motor(motorNodeId: number): MotorHandle | undefined {
    const motor = this.current.motor(motorNodeId)
    if (!motor) return undefined
    let handle = this.handles.get(motorNodeId)
    if (!handle) {
      handle = this.handleOf(motorNodeId, motor)
      this.handles.set(motorNodeId, handle)
    }
    return handle
  }

  setPose(nodeId: number, pose: Pose): boolean {
    return this.current.setPose(nodeId, pose)
  }

  setVelocity(nodeId: number, velocity: Velocity): boolean {
    return this.current.setVelocity(nodeId, velocity)
  }

  stop(nodeId: number): boolean {
    return this.current.stop(nodeId)
  }

  castRay(ray: Ray): RayHit | undefined {
    return this.current.castRay(ray)
  }

  contacts(solidIds?: ReadonlySet<number>): readonly Contact[] {
    return this.current.contacts(solidIds)
  }

  dispose(): void {
    this.current.dispose()
  }

  private replace(next: MujocoWorld): void {
    this.current.dispose()
    this.current = next
    for (const id of this.handles.keys()) if (!next.motor(id)) this.handles.delete(id)
  }

  /** The motor of the moment; one whose robot is gone takes commands and does nothing. */
  private handleOf(id: number, { minPosition, maxPosition, maxVelocity, maxForce }: MotorHandle): MotorHandle {
    const now = () => this.current.motor(id)
    return {
      minPosition,
      maxPosition,
      maxVelocity,
      maxForce,
      setPosition: (target) => now()?.setPosition(target),
      setVelocity: (velocity) => now()?.setVelocity(velocity),
      setForce: (force) => now()?.setForce(force),
      setAvailableForce: (force) => now()?.setAvailableForce(force),
      setAcceleration: (acceleration) => now()?.setAcceleration(acceleration),
      setPid: (p, i, d) => now()?.setPid(p, i, d),
      forceFeedback: () => now()?.forceFeedback() ?? 0,
    }
  }
}
