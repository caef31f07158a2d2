import type { TriangleMesh } from '../mesh/triangle-mesh.js'
import { formatNumbers } from './attribute.js'

/** Triangles as an IndexedFaceSet; `from` and `count` pick a run of indices. */
export function meshText(mesh: TriangleMesh, attributes: string, from = 0, count = mesh.indices.length): string {
  const index: number[] = []
  for (let i = from; i + 2 < from + count; i += 3) {
    index.push(mesh.indices[i]!, mesh.indices[i + 1]!, mesh.indices[i + 2]!, -1)
  }
  const list = index.join(' ')
  const uvIndex = mesh.uvs ? ` texCoordIndex='${list}'` : ''
  const normalIndex = mesh.normals ? ` normalIndex='${list}'` : ''
  return (
    `<IndexedFaceSet${attributes} coordIndex='${list}'${normalIndex}${uvIndex}>` +
    `<Coordinate point='${formatNumbers(mesh.positions)}'></Coordinate>` +
    (mesh.uvs ? `<TextureCoordinate point='${formatNumbers(mesh.uvs)}'></TextureCoordinate>` : '') +
    (mesh.normals ? `<Normal vector='${formatNumbers(mesh.normals)}'></Normal>` : '') +
    '</IndexedFaceSet>'
  )
}
