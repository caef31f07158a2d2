import type { MjData, MjModel } from '@mujoco/mujoco'
import {
  add,
  composePoses,
  conjugate,
  cross,
  invertPose,
  normalizeQuaternion,
  type Pose,
  rotate,
  scale,
  subtract,
  type Vector3,
} from '@simyard/geometry'
import { SimyardError } from '@simyard/protocol'
import type { SceneNode } from '@simyard/scene'
import type { Engine } from './engine.js'
import { nodeField, numberField, vectorField } from './fields.js'
import { Fnv1a64 } from './hash.js'
import { joinMasses } from './mass.js'
import { bodyName, jointName, type Mjcf } from './mjcf.js'
import { type FramePlace, type ModelBody, type ModelJoint, type PhysicsModel, selfCollides } from './model.js'
import { MotorServo } from './motor.js'
import type { CompiledWorld, Contact, MotorHandle, PhysicsSnapshot, Ray, RayHit, Velocity } from './physics-world.js'

interface JointAddress {
  readonly joint: ModelJoint
  readonly position: number
  readonly velocity: number
}

interface CommonPart {
  readonly here: { readonly position: number; readonly velocity: number }
  readonly there: { readonly position: number; readonly velocity: number }
  /** Numbers of a pose and of a velocity. */
  readonly coordinates: number
  readonly freedoms: number
}

interface Drive extends JointAddress {
  readonly servo: MotorServo
  /** Indices of the velocity and force actuators; undefined for a joint that ignores forces. */
  readonly actuators: readonly [number, number] | undefined
  /** N·m·s/rad. */
  readonly stiffest: number
  gain: number
}

const OBJECT_BODY = 1
const OBJECT_XBODY = 2
const OBJECT_JOINT = 3
const OBJECT_GEOM = 5
const OBJECT_ACTUATOR = 19
/** Actuator parameters a row: mjNGAIN and mjNBIAS. */
const PARAMETERS = 10
/** Speeds beyond this (m/s or rad/s) are not motion any more. */
const SANE_SPEED = 1e6
const NO_MARGIN = 1e-6
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

export interface MujocoWorldOptions {
  readonly engine: Engine
  readonly model: PhysicsModel
  readonly mjcf: Mjcf
  readonly gravity: Vector3
  readonly up: Vector3
  readonly innerStepSeconds: number
  readonly damping: (solid: SceneNode) => readonly [number, number]
}

/** One compiled scene in MuJoCo. Owns the native model and data; `dispose` frees them. */
export class MujocoWorld implements CompiledWorld {
  readonly innerStepSeconds: number
  readonly up: Vector3
  readonly gravity: Vector3
  readonly movingSolids: readonly SceneNode[]
  readonly robots: readonly SceneNode[]
  readonly warnings: PhysicsModel['warnings']

  private readonly engine: Engine
  private readonly native: MjModel
  private readonly data: MjData
  private readonly stateSize: number
  private readonly stateKind: number
  private readonly bodyIds = new Map<ModelBody, number>()
  private readonly geomOf: { readonly solid: SceneNode; readonly geometry: SceneNode; readonly body: ModelBody }[] = []
  private readonly addresses = new Map<ModelJoint, JointAddress>()
  private readonly drives: Drive[] = []
  private readonly motors = new Map<number, MotorHandle>()
  /** Addresses of the free joints, by the solid's node id. */
  private readonly freeJoints = new Map<number, { readonly position: number; readonly velocity: number }>()
  private readonly damped: { readonly velocity: number; readonly linear: number; readonly angular: number }[] = []
  private readonly hitGeom
  private readonly hitNormal
  private readonly six
  private readonly stateBuffer
  private positions: Float64Array = new Float64Array(0)
  private rotations: Float64Array = new Float64Array(0)

  constructor(private readonly options: MujocoWorldOptions) {
    const { engine, model, mjcf } = options
    this.engine = engine
    this.innerStepSeconds = options.innerStepSeconds
    this.up = options.up
    this.gravity = options.gravity
    this.warnings = model.warnings
    this.robots = [...model.robots.values()]
    this.native = engine.MjModel.from_xml_string(mjcf.xml)
    this.data = new engine.MjData(this.native)
    this.stateKind = engine.mjtState.mjSTATE_INTEGRATION.value
    this.stateSize = engine.mj_stateSize(this.native, this.stateKind)
    this.hitGeom = new engine.IntBuffer(1)
    this.hitNormal = new engine.DoubleBuffer(3)
    this.six = new engine.DoubleBuffer(6)
    this.stateBuffer = new engine.DoubleBuffer(this.stateSize)
    for (const body of model.bodies) {
      this.bodyIds.set(body, body.node ? engine.mj_name2id(this.native, OBJECT_BODY, bodyName(body)) : 0)
    }
    mjcf.geoms.forEach(({ geom, body }, index) => {
      const id = engine.mj_name2id(this.native, OBJECT_GEOM, `g${index}`)
      this.geomOf[id] = { solid: geom.solid, geometry: geom.shape.node, body }
    })
    for (const { joint } of mjcf.joints) this.addJoint(joint)
    for (const body of model.bodies) this.addFreeJoint(body)
    this.movingSolids = model.bodies.flatMap((body) =>
      body.node && model.parentFrames.has(body.node.id) ? [body.node] : [],
    )
    this.start()
  }

  get time(): number {
    return this.data.time
  }

  step(milliseconds: number): void {
    const count = Math.max(1, Math.round(milliseconds / 1000 / this.innerStepSeconds))
    try {
      for (let i = 0; i < count; i++) {
        this.drive()
        this.engine.mj_step(this.native, this.data)
      }
    } catch (error) {
      throw this.diverged(error)
    }
    this.damp(milliseconds / 1000)
    this.refresh()
    this.checkFinite()
  }

  reset(): void {
    this.engine.mj_resetData(this.native, this.data)
    for (const drive of this.drives) drive.servo.reset()
    this.start()
  }

  snapshot(): PhysicsSnapshot {
    this.engine.mj_getState(this.native, this.data, this.stateBuffer, this.stateKind)
    return {
      state: Float64Array.from(this.stateBuffer.GetView()),
      motors: this.drives.map((drive) => drive.servo.state()),
    }
  }

  restore(snapshot: PhysicsSnapshot): void {
    this.engine.mj_setState(this.native, this.data, Array.from(snapshot.state), this.stateKind)
    this.drives.forEach((drive, i) => {
      drive.servo.restore(snapshot.motors[i] ?? [])
    })
    this.refresh()
  }

  stateHash(): string {
    return new Fnv1a64().updateNumbers(this.data.qpos).updateNumbers(this.data.qvel).digest()
  }

  worldPose(nodeId: number): Pose | undefined {
    const place = this.options.model.frames.get(nodeId)
    return place && this.placePose(place)
  }

  relativePose(nodeId: number): Pose | undefined {
    const parent = this.options.model.parentFrames.get(nodeId)
    const own = this.options.model.frames.get(nodeId)
    if (!parent || !own) return undefined
    return composePoses(invertPose(this.placePose(parent)), this.placePose(own))
  }

  velocity(nodeId: number): Velocity | undefined {
    const place = this.options.model.frames.get(nodeId)
    if (!place) return undefined
    const id = this.bodyIds.get(place.body) ?? 0
    this.engine.mj_objectVelocity(this.native, this.data, OBJECT_XBODY, id, this.six, 0)
    const [wx = 0, wy = 0, wz = 0, vx = 0, vy = 0, vz = 0]: readonly number[] = this.six.GetView()
    const angular: Vector3 = [wx, wy, wz]
    const arm = subtract(this.placePose(place).translation, this.bodyPose(id).translation)
    return { linear: add([vx, vy, vz], cross(angular, arm)), angular }
  }

  jointPosition(deviceNodeId: number): number | undefined {
    const address = this.addressOf(deviceNodeId)
    return address && this.data.qpos[address.position]
  }

  jointVelocity(deviceNodeId: number): number | undefined {
    const address = this.addressOf(deviceNodeId)
    return address && this.data.qvel[address.velocity]
  }

  motor(motorNodeId: number): MotorHandle | undefined {
    return this.motors.get(motorNodeId)
  }

  castRay(ray: Ray): RayHit | undefined {
    const transparent = ray.ignoreRobot && !selfCollides(ray.ignoreRobot) ? ray.ignoreRobot : undefined
    const direction = [...ray.direction]
    let travelled = 0
    // Own shapes are stepped through one after the other; the bound only stops a degenerate scene.
    for (let tries = 0; tries < 64; tries++) {
      const origin = add(ray.origin, scale(ray.direction, travelled))
      const distance = this.engine.mj_ray(
        this.native,
        this.data,
        [...origin],
        direction,
        // MuJoCo reads an absent group filter as "all groups"; the binding's types do not know null.
        null as unknown as number[],
        true,
        -1,
        this.hitGeom,
        this.hitNormal,
      )
      if (distance < 0 || travelled + distance > ray.maxDistance) return undefined
      const [id = -1]: readonly number[] = this.hitGeom.GetView()
      const hit = this.geomOf[id]
      if (!hit) return undefined
      if (transparent && hit.body.robot === transparent) {
        travelled += distance + NO_MARGIN
        continue
      }
      const [x = 0, y = 0, z = 0]: readonly number[] = this.hitNormal.GetView()
      const total = travelled + distance
      return {
        distance: total,
        point: add(ray.origin, scale(ray.direction, total)),
        normal: [x, y, z],
        solid: hit.solid,
        geometry: hit.geometry,
      }
    }
    return undefined
  }

  contacts(solidIds?: ReadonlySet<number>): readonly Contact[] {
    const found: Contact[] = []
    if (this.data.ncon === 0) return found
    const list = this.data.contact
    try {
      for (let i = 0; i < this.data.ncon; i++) {
        const contact = list.get(i)
        if (!contact) continue
        try {
          const a = this.geomOf[contact.geom1]
          const b = this.geomOf[contact.geom2]
          if (!a || !b) continue
          if (solidIds && !solidIds.has(a.solid.id) && !solidIds.has(b.solid.id)) continue
          const f: readonly number[] = contact.frame
          const [px = 0, py = 0, pz = 0]: readonly number[] = contact.pos
          this.engine.mj_contactForce(this.native, this.data, i, this.six)
          const [n = 0, t1 = 0, t2 = 0]: readonly number[] = this.six.GetView()
          const along = (k: number): number => (f[k] ?? 0) * n + (f[3 + k] ?? 0) * t1 + (f[6 + k] ?? 0) * t2
          found.push({
            solidA: a.solid,
            solidB: b.solid,
            point: [px, py, pz],
            normal: [f[0] ?? 0, f[1] ?? 0, f[2] ?? 0],
            force: [along(0), along(1), along(2)],
          })
        } finally {
          contact.delete()
        }
      }
    } finally {
      list.delete()
    }
    return found
  }

  /** Teleports a solid that hangs on nothing; its velocity in the world stays. False for any other node. */
  setPose(nodeId: number, pose: Pose): boolean {
    const address = this.freeJoints.get(nodeId)
    const before = this.velocity(nodeId)
    if (!address || !before) return false
    const { qpos } = this.data
    const [x, y, z, w] = normalizeQuaternion(pose.rotation)
    const values = [...pose.translation, w, x, y, z]
    for (let k = 0; k < values.length; k++) qpos[address.position + k] = values[k]
    this.refresh()
    return this.setVelocity(nodeId, before)
  }

  /** Of a solid that hangs on nothing. False for any other node. */
  setVelocity(nodeId: number, { linear, angular }: Velocity): boolean {
    const address = this.freeJoints.get(nodeId)
    const pose = this.worldPose(nodeId)
    if (!address || !pose) return false
    const { qvel } = this.data
    // A free joint's speed is linear in the world and angular in the body.
    const local = rotate(conjugate(pose.rotation), angular)
    for (let k = 0; k < 3; k++) {
      qvel[address.velocity + k] = linear[k]
      qvel[address.velocity + 3 + k] = local[k]
    }
    this.refresh()
    return true
  }

  /** Stops the body of a solid and all joints that hang on it. False for a node that is in no body. */
  stop(nodeId: number): boolean {
    const body = this.options.model.frames.get(nodeId)?.body
    if (!body) return false
    const { qvel, qacc_warmstart: acceleration } = this.data
    const still = (address: number, count: number): void => {
      qvel.fill(0, address, address + count)
      acceleration.fill(0, address, address + count)
    }
    const waiting = [body]
    for (let one = waiting.pop(); one; one = waiting.pop()) {
      const free = one.free && one.node ? this.freeJoints.get(one.node.id) : undefined
      if (free) still(free.velocity, 6)
      for (const joint of one.joints) {
        const address = this.addresses.get(joint)
        if (address) still(address.velocity, joint.type === 'ball' ? 3 : 1)
        this.drives.find((drive) => drive.joint === joint)?.servo.stop()
      }
      waiting.push(...one.children)
    }
    this.refresh()
    return true
  }

  /**
   * Takes over the motion of every body and joint that both worlds have, with servos, time and what the solver starts
   * from: this world then moves on as the other one would have.
   */
  carryOver(from: MujocoWorld): void {
    const parts = this.commonParts(from)
    const positions: Float64Array = this.data.qpos
    const velocities: Float64Array = this.data.qvel
    for (const { here, there, coordinates, freedoms } of parts) {
      copy(from.data.qpos, there.position, positions, here.position, coordinates)
      copy(from.data.qvel, there.velocity, velocities, here.velocity, freedoms)
    }
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
    this.data.time = from.data.time
    this.engine.mj_forward(this.native, this.data)
    // The forward pass has replaced it.
    const acceleration: Float64Array = this.data.qacc_warmstart
    for (const { here, there, freedoms } of parts) {
      copy(from.data.qacc_warmstart, there.velocity, acceleration, here.velocity, freedoms)
    }
    this.refresh()
  }

  dispose(): void {
    for (const owned of [this.hitGeom, this.hitNormal, this.six, this.stateBuffer, this.data, this.native]) {
      owned.delete()
    }
  }

  private start(): void {
    const { qvel } = this.data
    for (const body of this.options.model.bodies) {
      if (!body.free || !body.node) continue
      const address = this.freeJoints.get(body.node.id)?.velocity ?? 0
      const linear = vectorField(body.node, 'linearVelocity', [0, 0, 0])
      const angular = vectorField(body.node, 'angularVelocity', [0, 0, 0])
      // A free joint's speed is linear in the world and angular in the body.
      const local = rotate(invertPose(body.pose).rotation, angular)
      for (let k = 0; k < 3; k++) {
        qvel[address + k] = linear[k]
        qvel[address + 3 + k] = local[k]
      }
    }
    this.engine.mj_forward(this.native, this.data)
    this.refresh()
  }

  private drive(): void {
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

  /** Webots' Damping: the share of speed that is lost a second. */
  private damp(seconds: number): void {
    if (this.damped.length === 0) return
    const { qvel } = this.data
    for (const { velocity, linear, angular } of this.damped) {
      const keepLinear = Math.max(0, 1 - linear * seconds)
      const keepAngular = Math.max(0, 1 - angular * seconds)
      for (let k = 0; k < 3; k++) {
        qvel[velocity + k] *= keepLinear
        qvel[velocity + 3 + k] *= keepAngular
      }
    }
  }

  /** Brings poses and velocities up to the state after the step (MuJoCo leaves them at the state before). */
  private refresh(): void {
    this.engine.mj_kinematics(this.native, this.data)
    this.engine.mj_comPos(this.native, this.data)
    this.engine.mj_comVel(this.native, this.data)
    this.viewPoses()
  }

  private viewPoses(): void {
    this.positions = this.data.xpos
    this.rotations = this.data.xquat
  }

  private checkFinite(): void {
    const qvel: Float64Array = this.data.qvel
    for (const speed of qvel) {
      if (!(Math.abs(speed) < SANE_SPEED)) throw this.diverged(undefined)
    }
  }

  private diverged(cause: unknown): SimyardError {
    const reason = cause instanceof Error ? ` (${cause.message.trim()})` : ''
    return new SimyardError(
      'PHYSICS_DIVERGED',
      `The motion has no finite answer any more at ${this.data.time.toFixed(3)} s${reason}. Look for very light parts next to heavy ones, for solids that start inside each other, and for a very large basicTimeStep; then reset.`,
      { cause },
    )
  }

  private placePose(place: FramePlace): Pose {
    return composePoses(this.bodyPose(this.bodyIds.get(place.body) ?? 0), place.local)
  }

  private bodyPose(id: number): Pose {
    // When the engine's memory grows, what was seen of it before is empty.
    if (this.positions.length === 0) this.viewPoses()
    const p = this.positions
    const q = this.rotations
    return {
      translation: [p[3 * id] ?? 0, p[3 * id + 1] ?? 0, p[3 * id + 2] ?? 0],
      rotation: [q[4 * id + 1] ?? 0, q[4 * id + 2] ?? 0, q[4 * id + 3] ?? 0, q[4 * id] ?? 1],
    }
  }

  private addressOf(deviceNodeId: number): JointAddress | undefined {
    const joint = this.options.model.jointDevices.get(deviceNodeId)
    return joint && this.addresses.get(joint)
  }

  private addJoint(joint: ModelJoint): void {
    const name = jointName(joint)
    const id = this.engine.mj_name2id(this.native, OBJECT_JOINT, name)
    const address = {
      joint,
      position: this.native.jnt_qposadr[id] as number,
      velocity: this.native.jnt_dofadr[id] as number,
    }
    this.addresses.set(joint, address)
    if (!joint.motor) return
    const actuators = joint.dynamic
      ? ([
          this.engine.mj_name2id(this.native, OBJECT_ACTUATOR, `v${name}`),
          this.engine.mj_name2id(this.native, OBJECT_ACTUATOR, `m${name}`),
        ] as const)
      : undefined
    const servo = new MotorServo(joint.motor, joint.position)
    const inertia = wheelInertia(joint, this.options.model)
    const stiffest = inertia === undefined ? Infinity : (WHEEL_STIFFNESS * inertia) / this.innerStepSeconds
    this.drives.push({ ...address, servo, actuators, stiffest, gain: -1 })
    const data = this.data
    this.motors.set(joint.motor.id, {
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

  private addFreeJoint(body: ModelBody): void {
    if (!body.free || !body.node) return
    const id = this.engine.mj_name2id(this.native, OBJECT_JOINT, `f${body.node.id}`)
    const velocity = this.native.jnt_dofadr[id] as number
    this.freeJoints.set(body.node.id, { position: this.native.jnt_qposadr[id] as number, velocity })
    const [linear, angular] = this.options.damping(body.node)
    if (linear > 0 || angular > 0) this.damped.push({ velocity, linear, angular })
  }

  /** Where the coordinates and speeds of free solids and joints are here and there. */
  private commonParts(from: MujocoWorld): CommonPart[] {
    const parts: CommonPart[] = []
    for (const body of this.options.model.bodies) {
      const here = body.node && this.freeJoints.get(body.node.id)
      const there = body.node && from.freeJoints.get(body.node.id)
      if (here && there) parts.push({ here, there, coordinates: 7, freedoms: 6 })
    }
    const others = new Map([...from.addresses].map(([joint, address]) => [jointName(joint), address]))
    for (const [joint, here] of this.addresses) {
      const there = others.get(jointName(joint))
      if (!there || there.joint.type !== joint.type) continue
      const ball = joint.type === 'ball'
      parts.push({ here, there, coordinates: ball ? 4 : 1, freedoms: ball ? 3 : 1 })
    }
    return parts
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

function copy(from: Float64Array, there: number, to: Float64Array, here: number, count: number): void {
  for (let k = 0; k < count; k++) to[here + k] = from[there + k] ?? 0
}

function withinStops(position: number, joint: ModelJoint): number {
  return joint.stops ? Math.min(Math.max(position, joint.stops[0]), joint.stops[1]) : position
}

/** A solid's Damping node, or the world's default one. */
export function dampingOf(solid: SceneNode, worldInfo: SceneNode | undefined): readonly [number, number] {
  const physics = nodeField(solid, 'physics')
  const node = (physics && nodeField(physics, 'damping')) ?? (worldInfo && nodeField(worldInfo, 'defaultDamping'))
  return node ? [numberField(node, 'linear', 0.2), numberField(node, 'angular', 0.2)] : [0, 0]
}
