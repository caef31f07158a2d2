import { add, cross, dot, matrixFromQuaternion, type Pose, scale, subtract, type Vector3 } from '@simyard/geometry'

/** Mass in kg, centre in m, inertia about the centre in kg·m² (row-major 3 × 3), all in one frame. */
export interface MassProperties {
  readonly mass: number
  readonly center: Vector3
  readonly inertia: readonly number[]
}

export const NO_MASS: MassProperties = { mass: 0, center: [0, 0, 0], inertia: [0, 0, 0, 0, 0, 0, 0, 0, 0] }

const diagonal = (x: number, y: number, z: number): readonly number[] => [x, 0, 0, 0, y, 0, 0, 0, z]

/** A solid box of density 1 about its centre; textbook moments of inertia, like the next ones. */
export function boxMass([x, y, z]: Vector3): MassProperties {
  const mass = x * y * z
  const inertia = diagonal((mass * (y * y + z * z)) / 12, (mass * (x * x + z * z)) / 12, (mass * (x * x + y * y)) / 12)
  return { mass, center: [0, 0, 0], inertia }
}

export function sphereMass(radius: number): MassProperties {
  const mass = (4 / 3) * Math.PI * radius * radius * radius
  const moment = 0.4 * mass * radius * radius
  return { mass, center: [0, 0, 0], inertia: diagonal(moment, moment, moment) }
}

/** Along z. */
export function cylinderMass(radius: number, height: number): MassProperties {
  const mass = Math.PI * radius * radius * height
  const across = (mass * (3 * radius * radius + height * height)) / 12
  return { mass, center: [0, 0, 0], inertia: diagonal(across, across, 0.5 * mass * radius * radius) }
}

/** Along z; `height` without the two half spheres. */
export function capsuleMass(radius: number, height: number): MassProperties {
  const middle = cylinderMass(radius, height)
  const ball = sphereMass(radius)
  const offset = height / 2 + (3 / 8) * radius
  const half = ball.mass / 2
  const own = (83 / 320) * half * radius * radius
  const across = (middle.inertia[0] ?? 0) + 2 * (own + half * offset * offset)
  const mass = middle.mass + ball.mass
  const along = (middle.inertia[8] ?? 0) + (ball.inertia[8] ?? 0)
  return { mass, center: [0, 0, 0], inertia: diagonal(across, across, along) }
}

/**
 * A closed triangle mesh of density 1, as a sum of signed tetrahedra from the origin. An open or inside-out mesh gives
 * the box around it instead.
 */
export function meshMass(positions: ArrayLike<number>, indices: ArrayLike<number>): MassProperties {
  let volume = 0
  let moment: Vector3 = [0, 0, 0]
  const second = [0, 0, 0, 0, 0, 0]
  const vertex = (index: number): Vector3 => [
    positions[3 * index] ?? 0,
    positions[3 * index + 1] ?? 0,
    positions[3 * index + 2] ?? 0,
  ]
  for (let i = 0; i + 2 < indices.length; i += 3) {
    const a = vertex(indices[i] ?? 0)
    const b = vertex(indices[i + 1] ?? 0)
    const c = vertex(indices[i + 2] ?? 0)
    const part = dot(a, cross(b, c)) / 6
    const sum = add(add(a, b), c)
    volume += part
    moment = add(moment, scale(sum, part / 4))
    let k = 0
    for (let p = 0; p < 3; p++) {
      for (let q = p; q < 3; q++) {
        const products = (a[p] ?? 0) * (a[q] ?? 0) + (b[p] ?? 0) * (b[q] ?? 0) + (c[p] ?? 0) * (c[q] ?? 0)
        second[k] = (second[k] ?? 0) + (part / 20) * (products + (sum[p] ?? 0) * (sum[q] ?? 0))
        k++
      }
    }
  }
  if (volume < 0) {
    volume = -volume
    moment = scale(moment, -1)
    for (let k = 0; k < 6; k++) second[k] = -(second[k] ?? 0)
  }
  const [low, high] = meshBounds(positions)
  const size = subtract(high, low)
  if (volume < 1e-3 * size[0] * size[1] * size[2] || volume === 0) {
    const thick: Vector3 = [Math.max(size[0], 1e-4), Math.max(size[1], 1e-4), Math.max(size[2], 1e-4)]
    return { ...boxMass(thick), center: scale(add(low, high), 0.5) }
  }
  const center = scale(moment, 1 / volume)
  const [xx = 0, xy = 0, xz = 0, yy = 0, yz = 0, zz = 0] = second
  const [cx, cy, cz] = center
  const dxx = xx - volume * cx * cx
  const dyy = yy - volume * cy * cy
  const dzz = zz - volume * cz * cz
  const dxy = -(xy - volume * cx * cy)
  const dxz = -(xz - volume * cx * cz)
  const dyz = -(yz - volume * cy * cz)
  return {
    mass: volume,
    center,
    inertia: [dyy + dzz, dxy, dxz, dxy, dxx + dzz, dyz, dxz, dyz, dxx + dyy],
  }
}

export function meshBounds(positions: ArrayLike<number>): [Vector3, Vector3] {
  const low: [number, number, number] = [Infinity, Infinity, Infinity]
  const high: [number, number, number] = [-Infinity, -Infinity, -Infinity]
  for (let i = 0; i < positions.length; i++) {
    const axis = (i % 3) as 0 | 1 | 2
    const value = positions[i] ?? 0
    if (value < low[axis]) low[axis] = value
    if (value > high[axis]) high[axis] = value
  }
  return [low, high]
}

export function scaleMass(properties: MassProperties, factor: number): MassProperties {
  return {
    mass: properties.mass * factor,
    center: properties.center,
    inertia: properties.inertia.map((value) => value * factor),
  }
}

/** The same matter seen from the frame in which its own frame stands at `pose`. */
export function placeMass(properties: MassProperties, pose: Pose): MassProperties {
  const r = matrixFromQuaternion(pose.rotation)
  const turned = product(product(r, properties.inertia), transpose(r))
  return {
    mass: properties.mass,
    center: add(product3(r, properties.center), pose.translation),
    inertia: turned,
  }
}

/** Several lumps of matter as one, by the parallel axis theorem. */
export function joinMasses(parts: readonly MassProperties[]): MassProperties {
  const mass = parts.reduce((sum, part) => sum + part.mass, 0)
  if (mass === 0) return NO_MASS
  const center = scale(
    parts.reduce<Vector3>((sum, part) => add(sum, scale(part.center, part.mass)), [0, 0, 0]),
    1 / mass,
  )
  const inertia = [0, 0, 0, 0, 0, 0, 0, 0, 0]
  for (const part of parts) {
    const d = subtract(part.center, center)
    const square = dot(d, d)
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 3; column++) {
        const shift = (row === column ? square : 0) - (d[row] ?? 0) * (d[column] ?? 0)
        const at = 3 * row + column
        inertia[at] = (inertia[at] ?? 0) + (part.inertia[at] ?? 0) + part.mass * shift
      }
    }
  }
  return { mass, center, inertia }
}

function product(a: readonly number[], b: readonly number[]): number[] {
  const result: number[] = []
  for (let row = 0; row < 3; row++) {
    for (let column = 0; column < 3; column++) {
      let sum = 0
      for (let k = 0; k < 3; k++) sum += (a[3 * row + k] ?? 0) * (b[3 * k + column] ?? 0)
      result.push(sum)
    }
  }
  return result
}

function transpose(m: readonly number[]): number[] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m
  return [a, d, g, b, e, h, c, f, i]
}

function product3(m: readonly number[], v: Vector3): Vector3 {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0, i = 0] = m
  return [a * v[0] + b * v[1] + c * v[2], d * v[0] + e * v[1] + f * v[2], g * v[0] + h * v[1] + i * v[2]]
}
