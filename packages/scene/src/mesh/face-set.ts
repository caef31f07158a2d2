import type { Vector2, Vector3 } from '@simyard/geometry'
import type { SceneNode } from '../node.js'
import { getBool, getNode, getNumber, getNumbers, getVectors } from '../readers.js'
import { buildMesh, type Corner, type Face, type TriangleMesh } from './triangle-mesh.js'

/** An IndexedFaceSet as triangles. Faces that point at coordinates that are not there are left out. */
export function faceSetMesh(node: SceneNode): TriangleMesh {
  const points = vectors(node, 'coord', 'point') as readonly Vector3[]
  const uvs = vectors(node, 'texCoord', 'point') as unknown as readonly Vector2[]
  const normals = vectors(node, 'normal', 'vector') as readonly Vector3[]
  const polygons = split(getNumbers(node, 'coordIndex'))
  const uvIndex = split(getNumbers(node, 'texCoordIndex'))
  const normalIndex = split(getNumbers(node, 'normalIndex'))
  const perVertex = getBool(node, 'normalPerVertex')
  const clockwise = !getBool(node, 'ccw')
  const faces: Face[] = []
  for (const [f, polygon] of polygons.entries()) {
    if (polygon.length < 3 || polygon.some((position) => !points[position])) continue
    const corners = polygon.map((position, i): Corner => {
      const uv = uvs[uvIndex[f]?.[i] ?? position]
      const number = perVertex ? (normalIndex[f]?.[i] ?? position) : (normalIndex.flat()[f] ?? f)
      const normal = normals[number]
      return { position, ...(normal ? { normal } : {}), ...(uv ? { uv } : {}) }
    })
    faces.push({ corners: clockwise ? corners.reverse() : corners })
  }
  return buildMesh(points, faces, getNumber(node, 'creaseAngle'))
}

function vectors(node: SceneNode, field: string, inside: string): readonly (readonly number[])[] {
  const holder = getNode(node, field)
  return holder ? getVectors(holder, inside) : []
}

function split(indices: readonly number[]): number[][] {
  const polygons: number[][] = []
  let current: number[] = []
  for (const index of indices) {
    if (index >= 0) current.push(index)
    else {
      polygons.push(current)
      current = []
    }
  }
  if (current.length > 0) polygons.push(current)
  return polygons
}
