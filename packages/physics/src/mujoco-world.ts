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
  subtract,
  type Vector3,
} from '@simyard/geometry'
import { SimyardError } from '@simyard/protocol'
import type { SceneNode } from '@simyard/scene'
import type { Engine } from './engine.js'
import { nodeField, numberField, vectorField } from './fields.js'
import { Fnv1a64 } from './hash.js'
import { bodyName, jointName, type Mjcf } from './mjcf.js'
import type { FramePlace, ModelBody, ModelJoint, PhysicsModel } from './model.js'
import { type JointAddress, MotorDrives } from './motor-drives.js'
import type { CompiledWorld, Contact, MotorHandle, PhysicsSnapshot, Ray, RayHit, Velocity } from './physics-world.js'
import { ShapeQueries } from './shape-queries.js'

interface CommonPart {
  readonly here: { readonly position: number; readonly velocity: number }
  readonly there: { readonly position: number; readonly velocity: number }
  /** Numbers of a pose and of a velocity. */
  readonly coordinates: number
  readonly freedoms: number
}

const OBJECT_BODY = 1
const OBJECT_XBODY = 2
const OBJECT_JOINT = 3
/** Speeds beyond this (m/s or rad/s) are not motion any more. */
const SANE_SPEED = 1e6
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
  private readonly addresses = new Map<ModelJoint, JointAddress>()
  private readonly drives: MotorDrives
  private readonly shapes: ShapeQueries
  /** Addresses of the free joints, by the solid's node id. */
  private readonly freeJoints = new Map<number, { readonly position: number; readonly velocity: number }>()
  private readonly damped: { readonly velocity: number; readonly linear: number; readonly angular: number }[] = []
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
    this.six = new engine.DoubleBuffer(6)
    this.stateBuffer = new engine.DoubleBuffer(this.stateSize)
    for (const body of model.bodies) {
      this.bodyIds.set(body, body.node ? engine.mj_name2id(this.native, OBJECT_BODY, bodyName(body)) : 0)
    }
    this.shapes = new ShapeQueries(engine, this.native, this.data, mjcf.geoms)
    this.drives = new MotorDrives(engine, this.native, this.data, model, options.innerStepSeconds)
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
        this.drives.drive()
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
    this.drives.reset()
    this.start()
  }

  snapshot(): PhysicsSnapshot {
    this.engine.mj_getState(this.native, this.data, this.stateBuffer, this.stateKind)
    return {
      state: Float64Array.from(this.stateBuffer.GetView()),
      motors: this.drives.state(),
    }
  }

  restore(snapshot: PhysicsSnapshot): void {
    this.engine.mj_setState(this.native, this.data, Array.from(snapshot.state), this.stateKind)
    this.drives.restore(snapshot.motors)
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
    return this.drives.handle(motorNodeId)
  }

  castRay(ray: Ray): RayHit | undefined {
    return this.shapes.castRay(ray)
  }

  contacts(solidIds?: ReadonlySet<number>): readonly Contact[] {
    return this.shapes.contacts(solidIds)
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
        this.drives.stop(joint)
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
    this.drives.carryOver(from.drives)
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
    this.shapes.dispose()
    for (const owned of [this.six, this.stateBuffer, this.data, this.native]) owned.delete()
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
    const id = this.engine.mj_name2id(this.native, OBJECT_JOINT, jointName(joint))
    const address = {
      joint,
      position: this.native.jnt_qposadr[id] as number,
      velocity: this.native.jnt_dofadr[id] as number,
    }
    this.addresses.set(joint, address)
    this.drives.add(address)
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

function copy(from: Float64Array, there: number, to: Float64Array, here: number, count: number): void {
  for (let k = 0; k < count; k++) to[here + k] = from[there + k] ?? 0
}

/** A solid's Damping node, or the world's default one. */
export function dampingOf(solid: SceneNode, worldInfo: SceneNode | undefined): readonly [number, number] {
  const physics = nodeField(solid, 'physics')
  const node = (physics && nodeField(physics, 'damping')) ?? (worldInfo && nodeField(worldInfo, 'defaultDamping'))
  return node ? [numberField(node, 'linear', 0.2), numberField(node, 'angular', 0.2)] : [0, 0]
}
