import {
  composePoses,
  dot,
  invertPose,
  multiply,
  ORIGIN,
  type Pose,
  rotate,
  transformPoint,
  type Vector3,
} from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import { booleanField, nodeField, nodesField, numberField, stringField, vectorField } from './fields.js'
import { boxMass, joinMasses, type MassProperties, NO_MASS, placeMass, scaleMass, sphereMass } from './mass.js'
import { isFrame, isJoint, isMotor, isRobot, isSolid, poseOf, scaleOf } from './node-kinds.js'
import { axisOf, type BoundingShape, boundingShapes, type ShapeContext } from './shapes.js'

/** A rigid body of the model: one or more solids that never move against each other. */
export interface ModelBody {
  readonly index: number
  readonly parent: ModelBody | undefined
  /** The solid that gives the body its frame; undefined for the world itself. */
  readonly node: SceneNode | undefined
  readonly robot: SceneNode | undefined
  readonly pose: Pose
  readonly free: boolean
  /** False: nothing moves it, or only a joint that ignores forces. */
  readonly dynamic: boolean
  readonly joints: ModelJoint[]
  readonly geoms: ModelGeom[]
  readonly matter: MassProperties[]
  readonly children: ModelBody[]
}

export interface ModelJoint {
  readonly node: SceneNode
  /** 0 for the first axis, 1 and 2 for the others of a Hinge2Joint or a motorised BallJoint. */
  readonly axisIndex: number
  readonly type: 'hinge' | 'slide' | 'ball'
  readonly anchor: Vector3
  readonly axis: Vector3
  /** rad or m at the start. */
  readonly position: number
  readonly stops: readonly [number, number] | undefined
  readonly spring: number
  readonly damping: number
  readonly friction: number
  /** False: the joint is moved by its motor's velocity, whatever forces act. */
  readonly dynamic: boolean
  readonly motor: SceneNode | undefined
}

export interface ModelGeom {
  readonly shape: BoundingShape
  /** In the body's frame. */
  readonly pose: Pose
  readonly solid: SceneNode
  readonly material: string
  role: 'plain' | 'wheel' | 'caster'
}

/** Where a node stands: rigidly in a body. */
export interface FramePlace {
  readonly body: ModelBody
  readonly local: Pose
}

export interface PhysicsModel {
  readonly world: ModelBody
  readonly bodies: readonly ModelBody[]
  /** By node id, for every node with a translation and rotation. */
  readonly frames: ReadonlyMap<number, FramePlace>
  /** The frame that a moving solid's translation and rotation fields are relative to, by node id. */
  readonly parentFrames: ReadonlyMap<number, FramePlace>
  readonly robots: ReadonlyMap<number, SceneNode>
  /** Joint and axis that a motor, position sensor or brake belongs to, by the device's node id. */
  readonly jointDevices: ReadonlyMap<number, ModelJoint>
  readonly warnings: readonly { readonly node: SceneNode; readonly message: string }[]
}

interface Place {
  readonly body: ModelBody
  readonly local: Pose
  readonly scale: Vector3
  readonly robot: SceneNode | undefined
  readonly frame: FramePlace
}

/** Sorts the scene into rigid bodies, joints and shapes. Pure: nothing of MuJoCo here. */
export function buildModel(roots: readonly SceneNode[], context: ShapeContext): PhysicsModel {
  return new ModelBuilder(context).build(roots)
}

class ModelBuilder {
  private readonly bodies: ModelBody[] = []
  private readonly frames = new Map<number, FramePlace>()
  private readonly parentFrames = new Map<number, FramePlace>()
  private readonly robots = new Map<number, SceneNode>()
  private readonly jointDevices = new Map<number, ModelJoint>()
  private readonly warnings: { node: SceneNode; message: string }[] = []

  constructor(private readonly context: ShapeContext) {}

  build(roots: readonly SceneNode[]): PhysicsModel {
    const world = this.addBody(undefined, undefined, undefined, ORIGIN, { free: false, dynamic: false })
    const frame = { body: world, local: ORIGIN }
    const place: Place = { body: world, local: ORIGIN, scale: [1, 1, 1], robot: undefined, frame }
    for (const root of roots) this.visit(root, place)
    markCasters(this.bodies, this.context.up)
    return {
      world,
      bodies: this.bodies,
      frames: this.frames,
      parentFrames: this.parentFrames,
      robots: this.robots,
      jointDevices: this.jointDevices,
      warnings: this.warnings,
    }
  }

  private visit(node: SceneNode, place: Place): void {
    if (isJoint(node)) {
      this.visitJoint(node, place)
      return
    }
    if (node.type === 'Slot') {
      for (const inner of nodesField(node, 'endPoint')) this.visit(inner, place)
      return
    }
    if (!isFrame(node) && node.type !== 'Group') return
    const own = poseOf(node)
    const local = composePoses(place.local, {
      translation: multiply(own.translation, place.scale),
      rotation: own.rotation,
    })
    if (!isSolid(node)) {
      const frame = isFrame(node) ? { body: place.body, local } : place.frame
      if (isFrame(node)) this.frames.set(node.id, frame)
      this.visitChildren(node, { ...place, local, scale: multiply(place.scale, scaleOf(node)), frame })
      return
    }
    const robot = isRobot(node) ? node : place.robot
    if (isRobot(node)) this.robots.set(node.id, node)
    const hasPhysics = nodeField(node, 'physics') !== undefined
    const parentMoves = place.body.dynamic || place.body.joints.length > 0 || movesWithJoint(place.body)
    if (!parentMoves && (hasPhysics || place.body.node === undefined)) {
      const outer = place.body
      const body = this.addBody(outer, node, robot, local, { free: hasPhysics, dynamic: hasPhysics })
      if (hasPhysics) this.parentFrames.set(node.id, place.frame)
      this.fillBody(node, body, ORIGIN, place.scale, robot)
      return
    }
    this.fillBody(node, place.body, local, place.scale, robot)
  }

  private fillBody(
    node: SceneNode,
    body: ModelBody,
    local: Pose,
    scale: Vector3,
    robot: SceneNode | undefined,
    wheel?: { readonly axis: Vector3 },
  ): void {
    const frame = { body, local }
    this.frames.set(node.id, frame)
    const shapes = boundingShapes(node, this.context)
    const material = stringField(node, 'contactMaterial', 'default')
    for (const shape of shapes) {
      const round = shape.form.type === 'cylinder' || shape.form.type === 'sphere'
      const turns =
        wheel !== undefined &&
        round &&
        (shape.form.type === 'sphere' || Math.abs(dot(axisOf(shape), wheel.axis)) > 0.99)
      body.geoms.push({
        shape,
        pose: composePoses(local, shape.pose),
        solid: node,
        material,
        role: turns ? 'wheel' : 'plain',
      })
    }
    const matter = massOf(node, shapes)
    if (matter) body.matter.push(placeMass(matter, local))
    this.visitChildren(node, { body, local, scale, robot, frame })
  }

  private visitChildren(node: SceneNode, place: Place): void {
    for (const child of nodesField(node, 'children')) this.visit(child, place)
  }

  private visitJoint(node: SceneNode, place: Place): void {
    const end = nodeField(node, 'endPoint')
    if (!end) return
    const solid = end.type === 'Slot' ? nodeField(end, 'endPoint') : end
    if (!solid || !isSolid(solid)) {
      if (solid?.type === 'SolidReference') {
        this.warnings.push({ node, message: 'a joint to a SolidReference closes a loop, which is not simulated' })
      }
      return
    }
    const own = poseOf(solid)
    const local = composePoses(place.local, {
      translation: multiply(own.translation, place.scale),
      rotation: own.rotation,
    })
    const robot = isRobot(solid) ? solid : place.robot
    if (isRobot(solid)) this.robots.set(solid.id, solid)
    const dynamic = nodeField(solid, 'physics') !== undefined
    const body = this.addBody(place.body, solid, robot, local, { free: false, dynamic })
    this.parentFrames.set(solid.id, place.frame)
    const toBody = composePoses(invertPose(local), place.local)
    for (const joint of this.jointsOf(node, toBody, place.scale, dynamic)) body.joints.push(joint)
    const first = body.joints[0]
    const turns = node.type === 'HingeJoint' && first?.motor?.type === 'RotationalMotor'
    this.fillBody(solid, body, ORIGIN, place.scale, robot, turns && first ? { axis: first.axis } : undefined)
  }

  private jointsOf(node: SceneNode, toBody: Pose, scale: Vector3, dynamic: boolean): ModelJoint[] {
    const parameters = [
      nodeField(node, 'jointParameters'),
      nodeField(node, 'jointParameters2'),
      nodeField(node, 'jointParameters3'),
    ]
    const devices = ['device', 'device2', 'device3'].map((name) => nodesField(node, name))
    const first = parameters[0]
    const anchorField = first ? vectorField(first, 'anchor', [0, 0, 0]) : ([0, 0, 0] as const)
    const anchor = transformPoint(toBody, multiply(anchorField, scale))
    const axes = jointAxes(node, parameters, devices)
    const joints: ModelJoint[] = []
    axes.forEach(({ type, axis, parameterIndex }, axisIndex) => {
      const from = parameters[parameterIndex]
      const low = from ? numberField(from, 'minStop', 0) : 0
      const high = from ? numberField(from, 'maxStop', 0) : 0
      const joint: ModelJoint = {
        node,
        axisIndex,
        type,
        anchor,
        axis: rotate(toBody.rotation, axis),
        position: from ? numberField(from, 'position', 0) : 0,
        stops: low === 0 && high === 0 ? undefined : [low, high],
        spring: from ? numberField(from, 'springConstant', 0) : 0,
        damping: from ? numberField(from, 'dampingConstant', 0) : 0,
        friction: from ? numberField(from, 'staticFriction', 0) : 0,
        dynamic,
        motor: devices[axisIndex]?.find(isMotor),
      }
      joints.push(joint)
      for (const device of devices[axisIndex] ?? []) this.jointDevices.set(device.id, joint)
    })
    return joints
  }

  private addBody(
    parent: ModelBody | undefined,
    node: SceneNode | undefined,
    robot: SceneNode | undefined,
    pose: Pose,
    kind: { readonly free: boolean; readonly dynamic: boolean },
  ): ModelBody {
    // A free body hangs from the world, wherever in the tree its solid is written.
    const outer = kind.free && parent ? (this.bodies[0] ?? parent) : parent
    const placed = kind.free && parent ? composePoses(worldPose(parent), pose) : pose
    const body: ModelBody = {
      index: this.bodies.length,
      parent: outer,
      node,
      robot,
      pose: placed,
      free: kind.free,
      dynamic: kind.dynamic,
      joints: [],
      geoms: [],
      matter: [],
      children: [],
    }
    this.bodies.push(body)
    outer?.children.push(body)
    return body
  }
}

interface JointAxis {
  readonly type: ModelJoint['type']
  readonly axis: Vector3
  readonly parameterIndex: number
}

function jointAxes(
  node: SceneNode,
  parameters: readonly (SceneNode | undefined)[],
  devices: readonly (readonly SceneNode[])[],
): JointAxis[] {
  const axis = (index: number, fallback: Vector3): Vector3 => {
    const from = parameters[index]
    const value = from ? vectorField(from, 'axis', fallback) : fallback
    return value[0] === 0 && value[1] === 0 && value[2] === 0 ? fallback : value
  }
  switch (node.type) {
    case 'SliderJoint':
      return [{ type: 'slide', axis: axis(0, [0, 0, 1]), parameterIndex: 0 }]
    case 'Hinge2Joint':
      return [
        { type: 'hinge', axis: axis(0, [1, 0, 0]), parameterIndex: 0 },
        { type: 'hinge', axis: axis(1, [0, 0, 1]), parameterIndex: 1 },
      ]
    case 'BallJoint': {
      if (!devices.some((list) => list.length > 0)) return [{ type: 'ball', axis: [1, 0, 0], parameterIndex: 0 }]
      return [
        { type: 'hinge', axis: axis(1, [1, 0, 0]), parameterIndex: 1 },
        { type: 'hinge', axis: axis(2, [0, 0, 1]), parameterIndex: 2 },
        { type: 'hinge', axis: [0, 1, 0], parameterIndex: 0 },
      ]
    }
    default:
      return [{ type: 'hinge', axis: axis(0, [1, 0, 0]), parameterIndex: 0 }]
  }
}

/** The pose in the world that a body starts with. */
export function worldPose(body: ModelBody): Pose {
  return body.parent ? composePoses(worldPose(body.parent), body.pose) : body.pose
}

function movesWithJoint(body: ModelBody): boolean {
  return body.free || body.joints.length > 0 || (body.parent ? movesWithJoint(body.parent) : false)
}

/** Mass of a solid from its Physics node: `mass`, else `density` times the volume of its boundingObject. */
function massOf(solid: SceneNode, shapes: readonly BoundingShape[]): MassProperties | undefined {
  const physics = nodeField(solid, 'physics')
  if (!physics) return undefined
  const volume = joinMasses(shapes.map((shape) => shape.mass))
  const density = numberField(physics, 'density', 1000)
  const given = numberField(physics, 'mass', -1)
  const mass = given > 0 ? given : density > 0 ? density * volume.mass : 0
  if (mass <= 0) return NO_MASS
  const shaped = volume.mass > 0 ? scaleMass(volume, mass / volume.mass) : pointMass(mass)
  const centers = physics.fields.get('centerOfMass')
  const center = Array.isArray(centers) && centers.length > 0 ? centerFrom(centers) : undefined
  const moments = numbersOrRows(physics, 'inertiaMatrix')
  if (moments) {
    const [xx = 0, yy = 0, zz = 0, xy = 0, xz = 0, yz = 0] = moments
    return { mass, center: center ?? [0, 0, 0], inertia: [xx, xy, xz, xy, yy, yz, xz, yz, zz] }
  }
  return center ? { ...shaped, center } : shaped
}

function centerFrom(value: readonly unknown[]): Vector3 | undefined {
  const flat: unknown[] = value.flat()
  const [x, y, z] = flat
  return typeof x === 'number' && typeof y === 'number' && typeof z === 'number' ? [x, y, z] : undefined
}

/** inertiaMatrix is two vectors: the moments, then the products. */
function numbersOrRows(node: SceneNode, name: string): readonly number[] | undefined {
  const value = node.fields.get(name)
  if (!Array.isArray(value)) return undefined
  const flat: unknown[] = value.flat()
  const values = flat.filter((item): item is number => typeof item === 'number')
  return values.length >= 6 ? values : undefined
}

/** A solid without any shape: a ball of 5 cm. */
function pointMass(mass: number): MassProperties {
  const ball = sphereMass(0.05)
  return scaleMass(ball, mass / ball.mass)
}

/** What a body without matter of its own weighs, so that the solver has something to divide by. */
export const TINY_MASS = scaleMass(boxMass([0.01, 0.01, 0.01]), 1e-3 / 1e-6)

/**
 * A ball on a wheeled robot that no motor turns, no larger than its wheels, with its lowest point within a third of a
 * wheel radius of theirs, is a caster: it slides without friction.
 */
function markCasters(bodies: readonly ModelBody[], up: Vector3): void {
  const wheels = new Map<SceneNode, { bottom: number; radius: number }[]>()
  const bottom = (body: ModelBody, geom: ModelGeom, radius: number): number =>
    dot(composePoses(worldPose(body), geom.pose).translation, up) - radius
  for (const body of bodies) {
    for (const geom of body.geoms) {
      const { form } = geom.shape
      if (geom.role !== 'wheel' || !body.robot || (form.type !== 'cylinder' && form.type !== 'sphere')) continue
      const list = wheels.get(body.robot) ?? []
      list.push({ bottom: bottom(body, geom, form.radius), radius: form.radius })
      wheels.set(body.robot, list)
    }
  }
  for (const body of bodies) {
    const own = body.robot ? wheels.get(body.robot) : undefined
    if (!own || body.joints.some((joint) => joint.motor)) continue
    for (const geom of body.geoms) {
      const { form } = geom.shape
      if (form.type !== 'sphere') continue
      const low = bottom(body, geom, form.radius)
      if (own.some((wheel) => form.radius <= wheel.radius && Math.abs(low - wheel.bottom) < wheel.radius / 3)) {
        geom.role = 'caster'
      }
    }
  }
}

export const selfCollides = (robot: SceneNode): boolean => booleanField(robot, 'selfCollision', false)
