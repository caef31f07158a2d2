import { numberField, vectorField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'

/** Triangles with texture coordinates, in metres in the geometry's frame. */
export interface SurfaceMesh {
  readonly positions: Float32Array
  readonly uvs?: Float32Array
  readonly indices: Uint32Array
}

const SIDES = 24

/** Box, Plane, Sphere, Cylinder, Cone and Capsule as triangles; undefined for other geometries. */
export function primitiveMesh(geometry: SceneNode): SurfaceMesh | undefined {
  const upright = geometry.primitiveAxis === 'y'
  switch (geometry.type) {
    case 'Box':
      return box(vectorField(geometry, 'size', [2, 2, 2]))
    case 'Plane':
      return plane(geometry, upright)
    case 'Sphere': {
      const radius = numberField(geometry, 'radius', 1)
      const steps = Array.from({ length: 13 }, (_, i) => (Math.PI * i) / 12)
      return turned(
        steps.map((angle) => [radius * Math.sin(angle), -radius * Math.cos(angle)]),
        false,
      )
    }
    case 'Cylinder': {
      const radius = numberField(geometry, 'radius', 1)
      const half = numberField(geometry, 'height', 2) / 2
      return turned(
        [
          [0, -half],
          [radius, -half],
          [radius, half],
          [0, half],
        ],
        upright,
      )
    }
    case 'Cone': {
      const half = numberField(geometry, 'height', 2) / 2
      return turned(
        [
          [0, -half],
          [numberField(geometry, 'bottomRadius', 1), -half],
          [0, half],
        ],
        upright,
      )
    }
    case 'Capsule': {
      const radius = numberField(geometry, 'radius', 1)
      const half = numberField(geometry, 'height', 2) / 2
      const steps = Array.from({ length: 7 }, (_, i) => (Math.PI * i) / 12)
      const low = steps.map((angle) => [radius * Math.sin(angle), -half - radius * Math.cos(angle)])
      const high = steps.map((angle) => [radius * Math.cos(angle), half + radius * Math.sin(angle)])
      return turned([...low, ...high], upright)
    }
    default:
      return undefined
  }
}

function box(size: readonly [number, number, number]): SurfaceMesh {
  const positions: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  for (let axis = 0; axis < 3; axis++) {
    for (const side of [-1, 1]) {
      const first = positions.length / 3
      const p = (axis + 1) % 3
      const q = (axis + 2) % 3
      for (const [a, b] of [
        [-1, -1],
        [1, -1],
        [1, 1],
        [-1, 1],
      ] as const) {
        const corner = [0, 0, 0]
        corner[axis] = (side * (size[axis] ?? 0)) / 2
        corner[p] = (a * side * (size[p] ?? 0)) / 2
        corner[q] = (b * (size[q] ?? 0)) / 2
        positions.push(...corner)
        uvs.push((a + 1) / 2, (b + 1) / 2)
      }
      indices.push(first, first + 1, first + 2, first, first + 2, first + 3)
    }
  }
  return mesh(positions, uvs, indices)
}

function plane(geometry: SceneNode, upright: boolean): SurfaceMesh {
  const value = geometry.fields.get('size')
  const [x, y] = Array.isArray(value) ? [Number(value[0] ?? 1), Number(value[1] ?? 1)] : [1, 1]
  const corners = [
    [-x / 2, -y / 2],
    [x / 2, -y / 2],
    [x / 2, y / 2],
    [-x / 2, y / 2],
  ] as const
  const positions = corners.flatMap(([a, b]) => (upright ? [a, 0, -b] : [a, b, 0]))
  return mesh(positions, [0, 0, 1, 0, 1, 1, 0, 1], [0, 1, 2, 0, 2, 3])
}

/** A profile of (radius, height) turned round z, or round y. */
function turned(profile: readonly (readonly number[])[], upright: boolean): SurfaceMesh {
  const positions: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  profile.forEach(([radius = 0, height = 0], row) => {
    for (let i = 0; i <= SIDES; i++) {
      const angle = (2 * Math.PI * i) / SIDES
      const x = radius * Math.cos(angle)
      const y = radius * Math.sin(angle)
      positions.push(...(upright ? [x, height, -y] : [x, y, height]))
      uvs.push(i / SIDES, row / (profile.length - 1))
      if (row === 0 || i === SIDES) continue
      const here = row * (SIDES + 1) + i
      const below = here - SIDES - 1
      indices.push(below, below + 1, here + 1, below, here + 1, here)
    }
  })
  return mesh(positions, uvs, indices)
}

function mesh(positions: number[], uvs: number[], indices: number[]): SurfaceMesh {
  return { positions: Float32Array.from(positions), uvs: Float32Array.from(uvs), indices: Uint32Array.from(indices) }
}
