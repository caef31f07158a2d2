import {
  dot,
  length,
  type Pose,
  quaternionFromAxisAngle,
  rotate,
  scale,
  subtract,
  type Vector3,
} from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { Supervisor } from '@simyard/simulation'
import { Drive, torque, type Wheels } from './drive.js'
import { robotDegrees, wrapDegrees } from './frame.js'
import { isFloor, type RobotParts } from './model.js'
import { Odometer } from './odometer.js'

/** What a robot is about. Percent of thrust with sign for each wheel. */
export type Task =
  | { readonly type: 'still' }
  /** Until half a second of wall-clock time has passed without a repeat. */
  | { readonly type: 'held'; readonly func: string; untilMs: number }
  | { readonly type: 'distance'; readonly target: number }
  /** Degrees to turn, counter-clockwise positive, and the rotation at the start. */
  | { readonly type: 'turn'; readonly degrees: number; readonly from: number; readonly done: (degrees: number) => void }
  /** Each wheel for itself, until a stop. */
  | { readonly type: 'wheels' }

export interface MotionWorld {
  readonly supervisor: Supervisor
  nowMs(): number
}

const HOLD_MS = 500
/** The original's motors take two or three frames to answer. */
const STEPS_UNTIL_THRUST = 2
/** Share of speed that is lost a second beyond what the body itself has. */
const STOPPED_DAMPING = 4.9
const TOUCHING_DAMPING = { linear: 1.9, angular: 2.9 }
const AT_REST = 1e-3
/** A turn that gets no further than this in this time is blocked. */
const PROGRESS_DEGREES = 0.05
const PATIENCE_SECONDS = 3
const DEGREE = Math.PI / 180
const NO_THRUST: Wheels = { left: 0, right: 0 }

/** How one robot moves: the running command, the wheels' thrust, and what was measured on the way. */
export class Motion {
  readonly odometer = new Odometer()
  private task: Task = { type: 'still' }
  private percent: Wheels = NO_THRUST
  private readonly drive = new Drive()
  private waitSteps = 0
  private stopped = false
  private collided = false
  /** Metres and degrees since the last command that moves. */
  private path = 0
  private turned = 0
  /** Of the last command, once it has reached its end. */
  private finishedPath: number | undefined
  private finishedTurn: number | undefined
  private toldPath = 0
  private before: Pose
  private patience = { turned: 0, seconds: 0 }

  constructor(
    private readonly world: MotionWorld,
    private readonly node: SceneNode,
    private readonly parts: RobotParts,
    /** Yaw is only rounded where the ground is level. */
    public levelGround: boolean,
  ) {
    this.before = this.pose()
  }

  get moving(): boolean {
    return this.task.type !== 'still'
  }

  /** Metres, never less than was told before: programs wait for it to reach their target. */
  distance(side: keyof Wheels): number {
    this.toldPath = Math.max(this.toldPath, this.finishedPath ?? this.odometer.distance(side))
    return this.finishedPath === undefined ? this.odometer.distance(side) : this.toldPath
  }

  /** Degrees, without sign. */
  get degreesTurned(): number {
    return this.finishedTurn ?? this.turned
  }

  /** Whether this is a repeat of what the robot does; then it goes on for another half second. */
  hold(func: string): boolean {
    if (this.task.type !== 'held' || this.task.func !== func) return false
    this.task.untilMs = this.world.nowMs() + HOLD_MS
    return true
  }

  startHeld(func: string, percent: Wheels): void {
    this.start({ type: 'held', func, untilMs: this.world.nowMs() + HOLD_MS }, percent)
  }

  startDistance(target: number, percent: Wheels): void {
    this.start({ type: 'distance', target }, percent)
  }

  /** `done` is called exactly once, with the rotation at the end, however it ends. */
  startTurn(degrees: number, percent: Wheels, done: (degrees: number) => void): void {
    this.start({ type: 'turn', degrees, from: robotDegrees(this.pose()), done }, percent)
  }

  setWheel(side: keyof Wheels, percent: number): void {
    const wheels = { ...(this.task.type === 'wheels' ? this.percent : NO_THRUST), [side]: percent }
    if (this.task.type === 'wheels') {
      this.resetSums()
      this.percent = wheels
    } else this.start({ type: 'wheels' }, wheels)
  }

  /** Speed and odometers are zero at once. */
  stop(): void {
    this.resetSums()
    this.halt()
  }

  /** The world is about to change or the robot to leave: nobody waits for an answer any more. */
  end(): void {
    this.finish()
    this.release()
  }

  teleported(): void {
    this.before = this.pose()
  }

  beforeStep(seconds: number): void {
    if (this.task.type === 'held' && this.world.nowMs() >= this.task.untilMs) this.halt()
    if (this.waitSteps > 0) this.waitSteps--
    const speeds = this.wheelSpeeds()
    const turning = this.task.type === 'turn' || (this.task.type === 'held' && this.task.func === 'just_rotate')
    const driven = this.moving && this.waitSteps === 0
    const forces = driven ? this.drive.forces(this.percent, speeds, turning, seconds) : NO_THRUST
    const { physics } = this.world.supervisor
    physics.motor(this.parts.leftMotor)?.setForce(torque(forces.left))
    physics.motor(this.parts.rightMotor)?.setForce(torque(forces.right))
    if (!this.moving) this.slowDown(seconds)
  }

  afterStep(seconds: number): void {
    this.odometer.advance(this.wheelSpeeds(), seconds)
    const now = this.pose()
    this.path += this.travelled(now)
    this.before = now
    const rate = dot(this.velocity().angular, rotate(now.rotation, [0, 0, 1]))
    this.turned += (Math.abs(rate) * seconds) / DEGREE
    if (this.task.type === 'distance' && this.path >= this.task.target) {
      const { path } = this
      this.halt()
      this.finishedPath = path
    } else if (this.task.type === 'turn') this.watchTurn(this.task, seconds)
  }

  // ---- inside -------------------------------------------------------------------------------------------------

  private start(task: Task, percent: Wheels): void {
    if (this.moving) this.halt()
    this.resetSums()
    this.task = task
    this.percent = percent
    this.waitSteps = STEPS_UNTIL_THRUST
    this.stopped = false
    this.patience = { turned: 0, seconds: 0 }
    this.before = this.pose()
  }

  private resetSums(): void {
    this.path = 0
    this.turned = 0
    this.finishedPath = undefined
    this.finishedTurn = undefined
    this.toldPath = 0
    this.collided = false
  }

  private halt(): void {
    this.finish()
    this.world.supervisor.physics.stop(this.node.id)
    this.release()
    this.odometer.zero()
    this.stopped = true
  }

  private release(): void {
    this.percent = NO_THRUST
    this.drive.reset()
  }

  private finish(): void {
    const { task } = this
    this.task = { type: 'still' }
    if (task.type === 'turn') task.done(robotDegrees(this.pose()))
  }

  private watchTurn(task: Task & { type: 'turn' }, seconds: number): void {
    if (this.touching()) this.collided = true
    if (this.turned >= Math.abs(task.degrees)) {
      const { turned } = this
      // The answer tells where the robot stands in the end.
      this.task = { type: 'still' }
      this.halt()
      if (this.levelGround && !this.collided) this.snap(Math.round(task.from + task.degrees))
      this.finishedTurn = turned
      task.done(robotDegrees(this.pose()))
      return
    }
    this.patience.seconds += seconds
    if (this.turned - this.patience.turned > PROGRESS_DEGREES) this.patience = { turned: this.turned, seconds: 0 }
    else if (this.patience.seconds > PATIENCE_SECONDS) this.halt()
  }

  private snap(degrees: number): void {
    const { translation } = this.pose()
    const rotation = quaternionFromAxisAngle([0, 0, 1, (180 + wrapDegrees(degrees)) * DEGREE])
    this.world.supervisor.setPose(this.node, { translation, rotation })
    this.before = this.pose()
  }

  /** Metres along the robot's own floor plane: a robot that falls does not travel. */
  private travelled(now: Pose): number {
    const way = subtract(now.translation, this.before.translation)
    const up = rotate(now.rotation, [0, 0, 1])
    return length(subtract(way, scale(up, dot(way, up))))
  }

  private slowDown(seconds: number): void {
    const { linear, angular } = this.velocity()
    if (length(linear) < AT_REST && length(angular) < AT_REST) return
    const touching = this.touching()
    if (!touching && !this.stopped) return
    const keepLinear = 1 - (touching ? TOUCHING_DAMPING.linear : STOPPED_DAMPING) * seconds
    const keepAngular = 1 - (touching ? TOUCHING_DAMPING.angular : 0) * seconds
    const velocity = { linear: damped(linear, keepLinear), angular: scale(angular, keepAngular) }
    this.world.supervisor.physics.setVelocity(this.node.id, velocity)
  }

  /** Whether anything but the floor touches the robot. */
  private touching(): boolean {
    const { solids } = this.parts
    return this.world.supervisor.physics.contacts(solids).some(({ solidA, solidB }) => {
      const other = solids.has(solidA.id) ? solidB : solidA
      return !solids.has(other.id) && !isFloor(other)
    })
  }

  private wheelSpeeds(): Wheels {
    const { physics } = this.world.supervisor
    return {
      left: physics.jointVelocity(this.parts.leftMotor) ?? 0,
      right: physics.jointVelocity(this.parts.rightMotor) ?? 0,
    }
  }

  private velocity(): { readonly linear: Vector3; readonly angular: Vector3 } {
    return this.world.supervisor.physics.velocity(this.node.id) ?? { linear: [0, 0, 0], angular: [0, 0, 0] }
  }

  private pose(): Pose {
    const pose = this.world.supervisor.physics.worldPose(this.node.id)
    return pose ?? { translation: [0, 0, 0], rotation: [0, 0, 0, 1] }
  }
}

/** Falling is not slowed. */
function damped([x, y, z]: Vector3, keep: number): Vector3 {
  return [x * keep, y * keep, z]
}
