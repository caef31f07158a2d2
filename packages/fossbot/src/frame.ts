import { type Pose, quaternionFromAxisAngle, rotate } from '@simyard/geometry'

/**
 * Users' x, y and z are those of the world; the robot at rotation 0 looks along -x. Where the original counts heights from
 * an origin of its own inside the robot, that origin is this far above ours (m), which is on the floor between the wheels.
 */
export const ORIGINAL_ORIGIN_Z = -1.9945
/** Height of the floor's surface, metres. */
export const FLOOR_TOP = 0.0265

const DEGREE = Math.PI / 180

/** Degrees in (-180, 180]. */
export function wrapDegrees(degrees: number): number {
  const turned = degrees % 360
  if (turned > 180) return turned - 360
  return turned <= -180 ? turned + 360 : turned
}

/** Where a robot stands upright, given the rotation that users count in degrees, counter-clockwise from above. */
export function robotPose(x: number, y: number, z: number, degrees: number): Pose {
  return { translation: [x, y, z], rotation: quaternionFromAxisAngle([0, 0, 1, (180 + degrees) * DEGREE]) }
}

/** The rotation of a robot as users count it, degrees in (-180, 180], to a millionth. */
export function robotDegrees(pose: Pose): number {
  const [x, y] = rotate(pose.rotation, [-1, 0, 0])
  const degrees = Math.round((Math.atan2(y, x) / DEGREE) * 1e6) / 1e6
  // Not -0, and not -180.
  return wrapDegrees(degrees) + 0
}

/** The user's angle and sense as degrees counter-clockwise. */
export function signedDegrees(rotation: number, counterclockwise: boolean): number {
  return wrapDegrees(counterclockwise ? rotation : -rotation)
}
