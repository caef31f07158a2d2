import { normalize, rotate, transformPoint } from '@simyard/geometry'
import { isFrame, isJoint, nodeField, type PhysicsWorld, vectorField } from '@simyard/physics'
import type { DeviceReading } from '@simyard/protocol'
import { childNodes, type SceneNode } from '@simyard/scene'

/** A joint and the frame that it hangs in. */
export interface JointPlace {
  readonly joint: SceneNode
  readonly frame: SceneNode
}

/** The joints of devices within a robot, by the device's id. */
export function jointPlaces(robot: SceneNode): ReadonlyMap<number, JointPlace> {
  const found = new Map<number, JointPlace>()
  const visit = (node: SceneNode, frame: SceneNode): void => {
    for (const child of childNodes(node)) {
      if (isJoint(node)) found.set(child.id, { joint: node, frame })
      visit(child, isFrame(child) ? child : frame)
    }
  }
  visit(robot, robot)
  return found
}

/** Where a hinge turns or a slider slides now, world frame; undefined for other joints. */
export function axisOf({ joint, frame }: JointPlace, physics: PhysicsWorld): DeviceReading['joint'] {
  const type = joint.type === 'HingeJoint' ? 'hinge' : joint.type === 'SliderJoint' ? 'slider' : undefined
  const pose = physics.worldPose(frame.id)
  if (!type || !pose) return undefined
  const parameters = nodeField(joint, 'jointParameters')
  const anchor = parameters ? vectorField(parameters, 'anchor', [0, 0, 0]) : ([0, 0, 0] as const)
  const fallback = type === 'hinge' ? ([1, 0, 0] as const) : ([0, 0, 1] as const)
  const axis = parameters ? vectorField(parameters, 'axis', fallback) : fallback
  return { type, anchor: transformPoint(pose, anchor), axis: normalize(rotate(pose.rotation, axis)) }
}
