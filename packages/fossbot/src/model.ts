import { nodeField, numberField } from '@simyard/physics'
import { childNodes, getString, isSolid, type SceneNode } from '@simyard/scene'

/** Metres; as in protos/FOSSBot.proto. */
export const WHEEL_RADIUS = 0.4

/** The parts of one robot that its functions use. */
export interface RobotParts {
  readonly leftMotor: number
  readonly rightMotor: number
  /** By the number that users give: 1 middle, 2 right, 3 left. */
  readonly floorSensors: Readonly<Record<number, SceneNode>>
  readonly lightSensor: SceneNode
  readonly body: readonly SceneNode[]
  readonly light: readonly SceneNode[]
  /** Ids of the robot and all solids in it. */
  readonly solids: ReadonlySet<number>
}

/** Robots that FOSSBot's functions drive: made of the FOSSBot PROTO, or of one with the same devices and model. */
export function isFossbot(node: SceneNode): boolean {
  return node.type === 'Robot' && getString(node, 'model') === 'FOSSBot'
}

/** Undefined when a device is missing. */
export function partsOf(robot: SceneNode): RobotParts | undefined {
  const named = new Map<string, SceneNode>()
  const body: SceneNode[] = []
  const light: SceneNode[] = []
  const solids = new Set<number>([robot.id])
  const visit = (node: SceneNode): void => {
    for (const child of childNodes(node)) {
      const name = child.fields.get('name')
      if (typeof name === 'string') named.set(`${child.type} ${name}`, child)
      if (isSolid(child.type)) solids.add(child.id)
      if (child.def === 'BODY_COLOR' && !child.useOf) body.push(child)
      if (child.def === 'LED_COLOR' && !child.useOf) light.push(child)
      visit(child)
    }
  }
  visit(robot)
  const leftMotor = named.get('RotationalMotor left wheel motor')?.id
  const rightMotor = named.get('RotationalMotor right wheel motor')?.id
  const [middle, right, left] = ['middle', 'right', 'left'].map((side) => named.get(`Camera floor sensor ${side}`))
  const lightSensor = named.get('Camera light sensor')
  if (leftMotor === undefined || rightMotor === undefined || !middle || !right || !left || !lightSensor)
    return undefined
  return { leftMotor, rightMotor, floorSensors: { 1: middle, 2: right, 3: left }, lightSensor, body, light, solids }
}

/** Width, height in pixels, field of view in radians and near limit in metres of a Camera node. */
export function opticsOf(camera: SceneNode): { width: number; height: number; fieldOfView: number; near: number } {
  return {
    width: numberField(camera, 'width', 64),
    height: numberField(camera, 'height', 64),
    fieldOfView: numberField(camera, 'fieldOfView', 0.7854),
    near: numberField(camera, 'near', 0.01),
  }
}

/** Whether the node is a floor that robots drive on. */
export function isFloor(node: SceneNode): boolean {
  return node.type === 'Solid' && (isChangeableFloor(node) || /^floor\d*$/i.test(getString(node, 'name')))
}

/** Floors of the PROTOs FOSSBotFloor and FOSSBotTerrain. */
export function isChangeableFloor(node: SceneNode): boolean {
  return node.type === 'Solid' && ['FOSSBot floor', 'FOSSBot terrain'].includes(getString(node, 'model'))
}

/** Whether the node stands on the floor and may be taken away: solids at the root that are neither floor nor robot. */
export function isObstacle(node: SceneNode): boolean {
  return node.type === 'Solid' && !isFloor(node) && nodeField(node, 'boundingObject') !== undefined
}
