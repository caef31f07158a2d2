import { type Pose, quaternionFromAxisAngle, type Vector3 } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import { numbersField, vectorField } from './fields.js'

const SENSORS = [
  'Accelerometer',
  'Camera',
  'Compass',
  'DistanceSensor',
  'GPS',
  'Gyro',
  'InertialUnit',
  'LightSensor',
  'Lidar',
  'RangeFinder',
  'Radar',
  'Receiver',
  'TouchSensor',
]
const SOLID_DEVICES = ['Emitter', 'LED', 'Display', 'Speaker', 'Microphone', 'Connector', 'Pen', 'Altimeter', 'Charger']
const SOLIDS = new Set(['Solid', 'Robot', 'Supervisor', 'Track', 'VacuumGripper', ...SENSORS, ...SOLID_DEVICES])
const FRAMES = new Set([...SOLIDS, 'Pose', 'Transform', 'TrackWheel'])
const JOINTS = new Set(['HingeJoint', 'SliderJoint', 'BallJoint', 'Hinge2Joint'])

/** Nodes that may have a boundingObject and Physics; devices with a body of their own are among them. */
export const isSolid = (node: SceneNode): boolean => SOLIDS.has(node.type)
/** Nodes with a translation and a rotation. */
export const isFrame = (node: SceneNode): boolean => FRAMES.has(node.type)
export const isRobot = (node: SceneNode): boolean => node.type === 'Robot' || node.type === 'Supervisor'
export const isJoint = (node: SceneNode): boolean => JOINTS.has(node.type)
export const isMotor = (node: SceneNode): boolean => node.type === 'RotationalMotor' || node.type === 'LinearMotor'

/** The node's place in its parent, as its fields say. */
export function poseOf(node: SceneNode): Pose {
  if (!isFrame(node)) return { translation: [0, 0, 0], rotation: [0, 0, 0, 1] }
  const [x = 0, y = 0, z = 1, angle = 0] = numbersField(node, 'rotation', [0, 0, 1, 0])
  return {
    translation: vectorField(node, 'translation', [0, 0, 0]),
    rotation: quaternionFromAxisAngle([x, y, z, angle]),
  }
}

/** Scale of a Transform; 1 for everything else. */
export function scaleOf(node: SceneNode): Vector3 {
  return node.type === 'Transform' ? vectorField(node, 'scale', [1, 1, 1]) : [1, 1, 1]
}
