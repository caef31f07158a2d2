import { cross, normalize, subtract, type Vector2, type Vector3 } from '@simyard/geometry'

/** How a part of a mesh looks, as far as mesh files say so. Colours are linear, 0–1. */
export interface MeshMaterial {
  readonly name: string
  readonly color: Vector3
  readonly opacity: number
  /** URL of the image. */
  readonly texture?: string
}

/** Triangles for physics, pictures and export; counter-clockwise seen from outside. */
export interface TriangleMesh {
  /** x, y, z of each vertex. */
  readonly positions: Float32Array
  readonly normals?: Float32Array
  /** u to the right, v up, as in the scene language. */
  readonly uvs?: Float32Array
  readonly indices: Uint32Array
  /** Runs of indices that share a material; absent when all look alike. */
  readonly parts?: readonly { readonly start: number; readonly count: number; readonly material: MeshMaterial }[]
}

/** One corner of a face: a position by its number, so that faces with a common position share it. */
export interface Corner {
  readonly position: number
  readonly normal?: Vector3
  readonly uv?: Vector2
}

export interface Face {
  readonly corners: readonly Corner[]
  readonly material?: MeshMaterial
}

/**
 * Triangulates faces. Corners without a normal get one: the mean of the neighbouring faces that meet them at less than
 * `creaseAngle`. Vertices that agree in all they have become one.
 */
export function buildMesh(points: readonly Vector3[], faces: readonly Face[], creaseAngle: number): TriangleMesh {
  const faceNormals = faces.map((face) => faceNormal(face.corners.map(({ position }) => points[position]!)))
  const neighbours = new Map<number, number[]>()
  for (const [index, face] of faces.entries()) {
    for (const { position } of face.corners) {
      const list = neighbours.get(position)
      if (list) list.push(index)
      else neighbours.set(position, [index])
    }
  }
  const cosine = Math.cos(creaseAngle) + 1e-9
  const smoothNormal = (face: number, position: number): Vector3 => {
    const own = normalize(faceNormals[face]!)
    if (creaseAngle <= 0) return own
    let x = 0
    let y = 0
    let z = 0
    for (const other of neighbours.get(position)!) {
      const area = faceNormals[other]!
      const unit = normalize(area)
      if (own[0] * unit[0] + own[1] * unit[1] + own[2] * unit[2] < cosine - 2e-9) continue
      x += area[0]
      y += area[1]
      z += area[2]
    }
    const mean = normalize([x, y, z])
    return mean[0] === 0 && mean[1] === 0 && mean[2] === 0 ? own : mean
  }

  const vertices = new Map<string, number>()
  const positions: number[] = []
  const normals: number[] = []
  const uvs: number[] = []
  const indices: number[] = []
  const hasUvs = faces.some((face) => face.corners.some((corner) => corner.uv))
  const parts: { start: number; count: number; material: MeshMaterial }[] = []
  const vertex = (corner: Corner, face: number): number => {
    const normal = corner.normal ?? smoothNormal(face, corner.position)
    const uv = corner.uv ?? [0, 0]
    const key = `${corner.position} ${normal.map((n) => Math.round(n * 1e4)).join()} ${hasUvs ? uv.join() : ''}`
    const known = vertices.get(key)
    if (known !== undefined) return known
    const index = vertices.size
    vertices.set(key, index)
    positions.push(...points[corner.position]!)
    normals.push(...normal)
    if (hasUvs) uvs.push(...uv)
    return index
  }
  for (const [index, face] of faces.entries()) {
    const outline = face.corners.map(({ position }) => points[position]!)
    const start = indices.length
    for (const corner of triangulate(outline, faceNormals[index]!)) indices.push(vertex(face.corners[corner]!, index))
    if (!face.material) continue
    const last = parts.at(-1)
    if (last && last.material === face.material) last.count += indices.length - start
    else parts.push({ start, count: indices.length - start, material: face.material })
  }
  return {
    positions: Float32Array.from(positions),
    normals: Float32Array.from(normals),
    ...(hasUvs ? { uvs: Float32Array.from(uvs) } : {}),
    indices: Uint32Array.from(indices),
    ...(parts.length > 0 ? { parts } : {}),
  }
}

/** Newell's normal: right for any flat polygon, its length is twice the area. */
function faceNormal(outline: readonly Vector3[]): Vector3 {
  let x = 0
  let y = 0
  let z = 0
  for (const [i, a] of outline.entries()) {
    const b = outline[(i + 1) % outline.length]!
    x += (a[1] - b[1]) * (a[2] + b[2])
    y += (a[2] - b[2]) * (a[0] + b[0])
    z += (a[0] - b[0]) * (a[1] + b[1])
  }
  return [x, y, z]
}

/** Cuts ears off a polygon, concave ones included; corners by their number in the outline. */
function triangulate(outline: readonly Vector3[], normal: Vector3): number[] {
  if (outline.length < 3) return []
  if (outline.length === 3) return [0, 1, 2]
  const left = outline.map((_, i) => i)
  const triangles: number[] = []
  const side = (a: Vector3, b: Vector3, c: Vector3) => {
    const n = cross(subtract(b, a), subtract(c, a))
    return n[0] * normal[0] + n[1] * normal[1] + n[2] * normal[2]
  }
  while (left.length > 3) {
    const ear = left.findIndex((_, i) => {
      const previous = left[(i + left.length - 1) % left.length]!
      const current = left[i]!
      const next = left[(i + 1) % left.length]!
      const [a, b, c] = [outline[previous]!, outline[current]!, outline[next]!]
      if (side(a, b, c) <= 0) return false
      return !left.some((other) => {
        if (other === previous || other === current || other === next) return false
        const p = outline[other]!
        // A corner on the edge of the ear is in the way, one that lies where an end of it lies is not.
        if (same(p, a) || same(p, b) || same(p, c)) return false
        return side(a, b, p) >= 0 && side(b, c, p) >= 0 && side(c, a, p) >= 0
      })
    })
    const at = ear < 0 ? 1 : ear
    triangles.push(left[(at + left.length - 1) % left.length]!, left[at]!, left[(at + 1) % left.length]!)
    left.splice(at, 1)
  }
  triangles.push(left[0]!, left[1]!, left[2]!)
  return triangles
}

function same(a: Vector3, b: Vector3): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2]
}
