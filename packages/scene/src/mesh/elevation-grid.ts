import type { Vector2, Vector3 } from '@simyard/geometry'
import type { SceneNode } from '../node.js'
import { getNumber, getNumbers } from '../readers.js'
import { buildMesh, type Face, type TriangleMesh } from './triangle-mesh.js'

/** The surface of an ElevationGrid; missing heights are 0. In files from before R2022a it lies in x and z with y up. */
export function elevationGridMesh(node: SceneNode): TriangleMesh {
  const yUp = node.primitiveAxis === 'y'
  const columns = getNumber(node, 'xDimension')
  const rows = getNumber(node, yUp ? 'zDimension' : 'yDimension')
  const dx = getNumber(node, 'xSpacing')
  const dy = getNumber(node, yUp ? 'zSpacing' : 'ySpacing')
  const heights = getNumbers(node, 'height')
  const points: Vector3[] = []
  const uvs: Vector2[] = []
  for (let j = 0; j < rows; j++) {
    for (let i = 0; i < columns; i++) {
      const height = heights[j * columns + i] ?? 0
      points.push(yUp ? [i * dx, height, j * dy] : [i * dx, j * dy, height])
      uvs.push([i / Math.max(1, columns - 1), j / Math.max(1, rows - 1)])
    }
  }
  const faces: Face[] = []
  const face = (...positions: number[]) => {
    const corners = positions.map((position) => ({ position, uv: uvs[position]! }))
    faces.push({ corners: yUp ? corners.reverse() : corners })
  }
  for (let j = 0; j + 1 < rows; j++) {
    for (let i = 0; i + 1 < columns; i++) {
      const at = j * columns + i
      face(at, at + 1, at + columns + 1)
      face(at, at + columns + 1, at + columns)
    }
  }
  return buildMesh(points, faces, 0.9)
}
