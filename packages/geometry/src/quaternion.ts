import { cosine, sine } from './trigonometry.js'
import { normalize, type Vector3 } from './vector.js'

/** x, y, z, w with w the scalar part; unit length unless said otherwise. */
export type Quaternion = readonly [number, number, number, number]

/** x, y, z, angle in radians: the form of the scene language's rotations. */
export type AxisAngle = readonly [number, number, number, number]

export const IDENTITY: Quaternion = [0, 0, 0, 1]

/** An axis of any length will do; a zero axis is no rotation. */
export function quaternionFromAxisAngle([x, y, z, angle]: AxisAngle): Quaternion {
  const axis = normalize([x, y, z])
  if (axis[0] === 0 && axis[1] === 0 && axis[2] === 0) return IDENTITY
  const s = sine(angle / 2)
  return [axis[0] * s, axis[1] * s, axis[2] * s, cosine(angle / 2)]
}

/** Angle in [0, π]; the axis of no rotation is z, as Webots writes it. */
export function axisAngleFromQuaternion(q: Quaternion): AxisAngle {
  const [x, y, z, w] = q[3] < 0 ? [-q[0], -q[1], -q[2], -q[3]] : q
  const s = Math.sqrt(x * x + y * y + z * z)
  if (s < 1e-12) return [0, 0, 1, 0]
  return [x / s, y / s, z / s, 2 * Math.atan2(s, w)]
}

/** First b, then a. */
export function multiplyQuaternions(a: Quaternion, b: Quaternion): Quaternion {
  return [
    a[3] * b[0] + a[0] * b[3] + a[1] * b[2] - a[2] * b[1],
    a[3] * b[1] - a[0] * b[2] + a[1] * b[3] + a[2] * b[0],
    a[3] * b[2] + a[0] * b[1] - a[1] * b[0] + a[2] * b[3],
    a[3] * b[3] - a[0] * b[0] - a[1] * b[1] - a[2] * b[2],
  ]
}

export function conjugate(q: Quaternion): Quaternion {
  return [-q[0], -q[1], -q[2], q[3]]
}

export function normalizeQuaternion(q: Quaternion): Quaternion {
  const norm = Math.sqrt(q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3])
  return norm === 0 ? IDENTITY : [q[0] / norm, q[1] / norm, q[2] / norm, q[3] / norm]
}

/** The shorter way from a to b at constant speed; for showing, since its sines are the platform's own. */
export function slerp(a: Quaternion, b: Quaternion, part: number): Quaternion {
  const cosineBetween = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3]
  const sign = cosineBetween < 0 ? -1 : 1
  const angle = Math.acos(Math.min(cosineBetween * sign, 1))
  const whole = Math.sin(angle)
  // So near to each other a straight line is the arc.
  const from = whole < 1e-6 ? 1 - part : Math.sin((1 - part) * angle) / whole
  const to = (whole < 1e-6 ? part : Math.sin(part * angle) / whole) * sign
  return normalizeQuaternion([
    a[0] * from + b[0] * to,
    a[1] * from + b[1] * to,
    a[2] * from + b[2] * to,
    a[3] * from + b[3] * to,
  ])
}

export function rotate([x, y, z, w]: Quaternion, [vx, vy, vz]: Vector3): Vector3 {
  const tx = 2 * (y * vz - z * vy)
  const ty = 2 * (z * vx - x * vz)
  const tz = 2 * (x * vy - y * vx)
  return [vx + w * tx + y * tz - z * ty, vy + w * ty + z * tx - x * tz, vz + w * tz + x * ty - y * tx]
}

/** Row-major 3 × 3. */
export function matrixFromQuaternion([x, y, z, w]: Quaternion): readonly number[] {
  return [
    1 - 2 * (y * y + z * z),
    2 * (x * y - z * w),
    2 * (x * z + y * w),
    2 * (x * y + z * w),
    1 - 2 * (x * x + z * z),
    2 * (y * z - x * w),
    2 * (x * z - y * w),
    2 * (y * z + x * w),
    1 - 2 * (x * x + y * y),
  ]
}

/** From a row-major 3 × 3 rotation matrix. */
export function quaternionFromMatrix(m: readonly number[]): Quaternion {
  const [a = 1, b = 0, c = 0, d = 0, e = 1, f = 0, g = 0, h = 0, i = 1] = m
  const trace = a + e + i
  if (trace > 0) {
    const s = 2 * Math.sqrt(trace + 1)
    return normalizeQuaternion([(h - f) / s, (c - g) / s, (d - b) / s, s / 4])
  }
  if (a > e && a > i) {
    const s = 2 * Math.sqrt(1 + a - e - i)
    return normalizeQuaternion([s / 4, (b + d) / s, (c + g) / s, (h - f) / s])
  }
  if (e > i) {
    const s = 2 * Math.sqrt(1 + e - a - i)
    return normalizeQuaternion([(b + d) / s, s / 4, (f + h) / s, (c - g) / s])
  }
  const s = 2 * Math.sqrt(1 + i - a - e)
  return normalizeQuaternion([(c + g) / s, (f + h) / s, s / 4, (d - b) / s])
}

/** The shortest rotation that turns unit vector `from` into unit vector `to`. */
export function quaternionBetween(from: Vector3, to: Vector3): Quaternion {
  const w = 1 + from[0] * to[0] + from[1] * to[1] + from[2] * to[2]
  if (w < 1e-9) {
    const side: Vector3 = Math.abs(from[0]) > 0.9 ? [from[2], 0, -from[0]] : [0, -from[2], from[1]]
    const axis = normalize(side)
    return [axis[0], axis[1], axis[2], 0]
  }
  return normalizeQuaternion([
    from[1] * to[2] - from[2] * to[1],
    from[2] * to[0] - from[0] * to[2],
    from[0] * to[1] - from[1] * to[0],
    w,
  ])
}
