export type Vector2 = readonly [number, number]
export type Vector3 = readonly [number, number, number]

export const ZERO: Vector3 = [0, 0, 0]

export function add(a: Vector3, b: Vector3): Vector3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]]
}

export function subtract(a: Vector3, b: Vector3): Vector3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

export function scale(a: Vector3, factor: number): Vector3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor]
}

/** Component by component. */
export function multiply(a: Vector3, b: Vector3): Vector3 {
  return [a[0] * b[0], a[1] * b[1], a[2] * b[2]]
}

export function dot(a: Vector3, b: Vector3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

export function cross(a: Vector3, b: Vector3): Vector3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

export function length(a: Vector3): number {
  return Math.sqrt(dot(a, a))
}

export function distance(a: Vector3, b: Vector3): number {
  return length(subtract(a, b))
}

/** The zero vector stays the zero vector. */
export function normalize(a: Vector3): Vector3 {
  const norm = length(a)
  return norm === 0 ? ZERO : scale(a, 1 / norm)
}

export function lerp(a: Vector3, b: Vector3, t: number): Vector3 {
  return [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t, a[2] + (b[2] - a[2]) * t]
}
