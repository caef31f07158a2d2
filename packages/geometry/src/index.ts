export type { Pose } from './pose.js'
export { composePoses, invertPose, ORIGIN, transformPoint } from './pose.js'
export type { AxisAngle, Quaternion } from './quaternion.js'
export {
  axisAngleFromQuaternion,
  conjugate,
  IDENTITY,
  matrixFromQuaternion,
  multiplyQuaternions,
  normalizeQuaternion,
  quaternionBetween,
  quaternionFromAxisAngle,
  quaternionFromMatrix,
  rotate,
  slerp,
} from './quaternion.js'
export { cosine, sine } from './trigonometry.js'
export type { Vector2, Vector3 } from './vector.js'
export { add, cross, distance, dot, length, lerp, multiply, normalize, scale, subtract, ZERO } from './vector.js'
