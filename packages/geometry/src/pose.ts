import { conjugate, IDENTITY, multiplyQuaternions, type Quaternion, rotate } from './quaternion.js'
import { add, scale, type Vector3, ZERO } from './vector.js'

/** Where a frame stands in its parent: rotate, then translate. */
export interface Pose {
  readonly translation: Vector3
  readonly rotation: Quaternion
}

export const ORIGIN: Pose = { translation: ZERO, rotation: IDENTITY }

/** The pose in the outer frame of something that stands at `inner` in the frame `outer`. */
export function composePoses(outer: Pose, inner: Pose): Pose {
  return {
    translation: transformPoint(outer, inner.translation),
    rotation: multiplyQuaternions(outer.rotation, inner.rotation),
  }
}

export function invertPose(pose: Pose): Pose {
  const rotation = conjugate(pose.rotation)
  return { translation: scale(rotate(rotation, pose.translation), -1), rotation }
}

export function transformPoint(pose: Pose, point: Vector3): Vector3 {
  return add(rotate(pose.rotation, point), pose.translation)
}
