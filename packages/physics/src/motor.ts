import type { SceneNode } from '@simyard/scene'
import { numberField, vectorField } from './fields.js'

/**
 * What a motor's owner asked for, and the servo that makes joint speed of it, as Webots documents it: in position
 * control the speed is P·e + I·∫e + D·ė within ± the set velocity; in velocity control the set velocity itself; both
 * within the acceleration. Units rad or m, s, N·m or N.
 */
export class MotorServo {
  readonly maxVelocity: number
  readonly maxForce: number
  readonly minPosition: number
  readonly maxPosition: number
  private mode: 'position' | 'velocity' | 'force' = 'position'
  private target: number
  private velocity: number
  private force = 0
  private available: number
  private acceleration: number
  private pid: readonly [number, number, number]
  private commanded = 0
  private integral = 0
  private previousError = 0

  constructor(
    readonly node: SceneNode,
    private readonly startPosition: number,
  ) {
    this.maxVelocity = numberField(node, 'maxVelocity', 10)
    this.maxForce = numberField(node, node.type === 'LinearMotor' ? 'maxForce' : 'maxTorque', 10)
    this.minPosition = numberField(node, 'minPosition', 0)
    this.maxPosition = numberField(node, 'maxPosition', 0)
    this.target = startPosition
    this.velocity = this.maxVelocity
    this.available = this.maxForce
    this.acceleration = numberField(node, 'acceleration', -1)
    this.pid = vectorField(node, 'controlPID', [10, 0, 0])
  }

  reset(): void {
    this.mode = 'position'
    this.target = this.startPosition
    this.velocity = this.maxVelocity
    this.force = 0
    this.available = this.maxForce
    this.acceleration = numberField(this.node, 'acceleration', -1)
    this.pid = vectorField(this.node, 'controlPID', [10, 0, 0])
    this.commanded = 0
    this.integral = 0
    this.previousError = 0
  }

  /** The joint was stopped: the servo starts from rest, with the same target. */
  stop(): void {
    this.commanded = 0
    this.integral = 0
    this.previousError = 0
  }

  /** `Infinity` or `-Infinity` switches to velocity control. */
  setPosition(target: number): void {
    if (Number.isFinite(target)) {
      const limited = this.minPosition !== 0 || this.maxPosition !== 0
      this.mode = 'position'
      this.target = limited ? Math.min(Math.max(target, this.minPosition), this.maxPosition) : target
      this.previousError = 0
      this.integral = 0
    } else {
      this.mode = 'velocity'
      this.target = target
    }
  }

  setVelocity(velocity: number): void {
    this.velocity = Math.min(Math.max(velocity, -this.maxVelocity), this.maxVelocity)
    if (this.mode === 'force') this.mode = Number.isFinite(this.target) ? 'position' : 'velocity'
  }

  setForce(force: number): void {
    this.mode = 'force'
    this.force = force
  }

  setAvailableForce(force: number): void {
    this.available = Math.min(Math.max(force, 0), this.maxForce)
  }

  setAcceleration(acceleration: number): void {
    this.acceleration = acceleration
  }

  setPid(p: number, i: number, d: number): void {
    this.pid = [p, i, d]
    this.integral = 0
    this.previousError = 0
  }

  get inForceControl(): boolean {
    return this.mode === 'force'
  }

  get inPositionControl(): boolean {
    return this.mode === 'position'
  }

  get availableForce(): number {
    return this.available
  }

  /** The force of force control, within what is available. */
  appliedForce(): number {
    return Math.min(Math.max(this.force, -this.available), this.available)
  }

  /** Joint speed to hold for the next `seconds`, given where the joint is. */
  speedFor(position: number, seconds: number): number {
    let speed = this.velocity
    if (this.mode === 'position') {
      const error = this.target - position
      const [p, i, d] = this.pid
      this.integral = Math.min(Math.max(this.integral + error * seconds, -1), 1)
      const change = this.previousError === 0 ? 0 : (error - this.previousError) / seconds
      this.previousError = error
      const limit = Math.abs(this.velocity)
      speed = Math.min(Math.max(p * error + i * this.integral + d * change, -limit), limit)
    } else if (this.target === -Infinity) speed = -this.velocity
    if (this.acceleration >= 0) {
      const change = this.acceleration * seconds
      speed = Math.min(Math.max(speed, this.commanded - change), this.commanded + change)
    }
    this.commanded = speed
    return speed
  }

  /** Everything that changes, for a snapshot. */
  state(): readonly number[] {
    const modes = { position: 0, velocity: 1, force: 2 }
    const { target, velocity, force, available, acceleration, pid, commanded, integral, previousError } = this
    return [
      modes[this.mode],
      target,
      velocity,
      force,
      available,
      acceleration,
      ...pid,
      commanded,
      integral,
      previousError,
    ]
  }

  restore(state: readonly number[]): void {
    const [mode = 0, target = 0, velocity = 0, force = 0, available = 0, acceleration = -1, p = 10, i = 0, d = 0] =
      state
    const [commanded = 0, integral = 0, previousError = 0] = state.slice(9)
    this.mode = mode === 2 ? 'force' : mode === 1 ? 'velocity' : 'position'
    Object.assign(this, { target, velocity, force, available, acceleration, commanded, integral, previousError })
    this.pid = [p, i, d]
  }
}
