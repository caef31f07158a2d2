import type { MjData, MjModel } from '@mujoco/mujoco'
import type { Engine } from './engine.js'
import { joinMasses } from './mass.js'
import { jointName } from './mjcf.js'
import type { ModelJoint, PhysicsModel } from './model.js'
import { MotorServo } from './motor.js'
import type { MotorHandle, PhysicsSnapshot } from './physics-world.js'

/** Where a joint's coordinate and speed are in MuJoCo's state. */
export interface JointAddress {
  readonly joint: ModelJoint
  readonly position: number
  readonly velocity: number
}

interface Drive extends JointAddress {
  readonly servo: MotorServo
  /** Indices of the velocity and force actuators; undefined for a joint that ignores forces. */
  readonly actuators: readonly [number, number] | undefined
  /** N·m·s/rad. */
  readonly stiffest: number
  gain: number
}

const OBJECT_ACTUATOR = 19
/** Actuator parameters a row: mjNGAIN and mjNBIAS. */
const PARAMETERS = 10
/**
 * Servo stiffness in N·m·s/rad for each N·m of motor torque. In velocity control 0.5 for 0.25 N·m was measured best for
 * wheels; position control is stiffer so that an arm does not droop.
 */
const VELOCITY_STIFFNESS = 2
const POSITION_STIFFNESS = 20
/**
 * A wheel's servo may not be stiffer than this share of the robot's inertia at the wheel for each inner step: friction
 * is solved before the servo's implicit part, and with more the robot runs ahead of its wheels while it accelerates.
 */
const WHEEL_STIFFNESS = 0.25

/** The motors of one compiled scene: servos that set MuJoCo's actuators before each inner step. */
export class MotorDrives {
  private readonly drives: Drive[] = []
  private readonly handles = new Map<number, MotorHandle>()

  constructor(
    private readonly engine: Engine,
    private readonly native: MjModel,
    private readonly data: MjData,
    private readonly model: PhysicsModel,
    private readonly innerStepSeconds: number,
  ) {}

  handle(motorNodeId: number): MotorHandle | undefined {
    return this.handles.get(motorNodeId)
  }

  add(address: JointAddress): void {
    const { joint } = address
    if (!joint.motor) return
    const name = jointName(joint)
    const actuators = joint.dynamic
      ? ([
          this.engine.mj_name2id(this.native, OBJECT_ACTUATOR, `v${name}`),
          this.engine.mj_name2id(this.native, OBJECT_ACTUATOR, `m${name}`),
        ] as const)
      : undefined
    const servo = new MotorServo(joint.motor, joint.position)
    const inertia = wheelInertia(joint, this.model)
    const stiffest = inertia === undefined ? Infinity : (WHEEL_STIFFNESS * inertia) / this.innerStepSeconds
    this.drives.push({ ...address, servo, actuators, stiffest, gain: -1 })
    const data = this.data
    this.handles.set(joint.motor.id, {
      minPosition: servo.minPosition,
      maxPosition: servo.maxPosition,
      maxVelocity: servo.maxVelocity,
      maxForce: servo.maxForce,
      setPosition: (target) => servo.setPosition(target),
      setVelocity: (velocity) => servo.setVelocity(velocity),
      setForce: (force) => servo.setForce(force),
      setAvailableForce: (force) => servo.setAvailableForce(force),
      setAcceleration: (acceleration) => servo.setAcceleration(acceleration),
      setPid: (p, i, d) => servo.setPid(p, i, d),
      forceFeedback: () =>
        actuators ? (data.actuator_force[actuators[0]] as number) + (data.actuator_force[actuators[1]] as number) : 0,
    })
  }

  reset(): void {
    for (const { servo } of this.drives) servo.reset()
  }

  stop(joint: ModelJoint): void {
    this.drives.find((drive) => drive.joint === joint)?.servo.stop()
  }

  state(): PhysicsSnapshot['motors'] {
    return this.drives.map(({ servo }) => servo.state())
  }

  restore(motors: PhysicsSnapshot['motors']): void {
    this.drives.forEach(({ servo }, i) => {
      servo.restore(motors[i] ?? [])
    })
  }

  /** Motors that both scenes have go on as they were. */
  carryOver(from: MotorDrives): void {
    for (const drive of this.drives) {
      const before = from.drives.find(({ servo }) => servo.node === drive.servo.node)
      if (!before) continue
      drive.servo.restore(before.servo.state())
      if (!drive.actuators || !before.actuators) continue
      if (before.gain >= 0) this.setGain(drive, drive.actuators[0], before.gain)
      drive.actuators.forEach((actuator, i) => {
        this.data.ctrl[actuator] = from.data.ctrl[before.actuators?.[i] ?? 0]
      })
    }
  }

  /** Sets what moves the joints in the next inner step. */
  drive(): void {
    if (this.drives.length === 0) return
    const { qpos, qvel, ctrl } = this.data
    for (const drive of this.drives) {
      const { servo } = drive
      const speed = servo.inForceControl ? 0 : servo.speedFor(qpos[drive.position], this.innerStepSeconds)
      if (!drive.actuators) {
        const before: number = qpos[drive.position]
        const after = withinStops(before + speed * this.innerStepSeconds, drive.joint)
        qvel[drive.velocity] = after === before ? 0 : speed
        continue
      }
      const [velocityActuator, forceActuator] = drive.actuators
      const stiffness = servo.inPositionControl ? POSITION_STIFFNESS : VELOCITY_STIFFNESS
      const wanted = Math.min(stiffness * servo.maxForce, drive.stiffest)
      const gain = servo.inForceControl ? 0 : Math.max(wanted, 1e-9)
      if (gain !== drive.gain) this.setGain(drive, velocityActuator, gain)
      ctrl[forceActuator] = servo.inForceControl ? servo.appliedForce() : 0
      if (servo.inForceControl) continue
      // The set point never runs ahead of the joint by more than the available force can pull: the implicit
      // integrator then sees an unclamped servo, which cannot overshoot however light the joint is.
      const now: number = qvel[drive.velocity]
      const reach = servo.availableForce / gain
      ctrl[velocityActuator] = Math.min(Math.max(speed, now - reach), now + reach)
    }
  }

  private setGain(drive: Drive, actuator: number, gain: number): void {
    this.native.actuator_gainprm[actuator * PARAMETERS] = gain
    this.native.actuator_biasprm[actuator * PARAMETERS + 2] = -gain
    drive.gain = gain
  }
}

/** The share of its robot's mass that a wheel drives, times its radius squared (kg·m²); undefined for other joints. */
function wheelInertia(joint: ModelJoint, model: PhysicsModel): number | undefined {
  const body = model.bodies.find(({ joints }) => joints.includes(joint))
  const wheel = body?.geoms.find(({ role }) => role === 'wheel')?.shape.form
  if (!body?.robot || (wheel?.type !== 'cylinder' && wheel?.type !== 'sphere')) return undefined
  const own = model.bodies.filter(({ robot }) => robot === body.robot)
  const mass = own.reduce((sum, { matter }) => sum + joinMasses(matter).mass, 0)
  const wheels = own.filter(({ geoms, joints }) => joints.length > 0 && geoms.some(({ role }) => role === 'wheel'))
  return (mass * wheel.radius * wheel.radius) / wheels.length
}

function withinStops(position: number, joint: ModelJoint): number {
  return joint.stops ? Math.min(Math.max(position, joint.stops[0]), joint.stops[1]) : position
}
