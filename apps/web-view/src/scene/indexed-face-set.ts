import { BufferGeometry, Float32BufferAttribute, Vector3 } from 'three'
import { boolean, number, numbers, type Resolve } from './attribute.js'

interface Corner {
  readonly point: number
  readonly uv: number
  readonly normal: number
}

/** Faces as a flat list of triangles. Without given normals, edges sharper than creaseAngle stay sharp. */
export function indexedFaceSet(element: Element, resolve: Resolve): BufferGeometry {
  const list = (tag: string, field: string): number[] => {
    const child = [...element.children].find((one) => one.tagName === tag)
    return child ? numbers(resolve(child).getAttribute(field)) : []
  }
  const points = list('Coordinate', 'point')
  const texture = list('TextureCoordinate', 'point')
  const normals = list('Normal', 'vector')
  const triangles = triangulate(element)

  const position: number[] = []
  const uv: number[] = []
  const normal: number[] = []
  for (const { point, uv: at, normal: n } of triangles) {
    position.push(points[point * 3] ?? 0, points[point * 3 + 1] ?? 0, points[point * 3 + 2] ?? 0)
    if (texture.length > 0) uv.push(texture[at * 2] ?? 0, texture[at * 2 + 1] ?? 0)
    if (normals.length > 0) normal.push(normals[n * 3] ?? 0, normals[n * 3 + 1] ?? 0, normals[n * 3 + 2] ?? 1)
  }
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(position, 3))
  if (uv.length > 0) geometry.setAttribute('uv', new Float32BufferAttribute(uv, 2))
  const computed = normals.length > 0 ? normal : creasedNormals(position, triangles, number(element, 'creaseAngle', 0))
  geometry.setAttribute('normal', new Float32BufferAttribute(computed, 3))
  return geometry
}

function triangulate(element: Element): Corner[] {
  const pointIndex = numbers(element.getAttribute('coordIndex'))
  const given = (name: string) => {
    const list = numbers(element.getAttribute(name))
    return list.length > 0 ? list : pointIndex
  }
  const uvIndex = given('texCoordIndex')
  const normalIndex = given('normalIndex')
  const clockwise = !boolean(element, 'ccw', true)
  const triangles: Corner[] = []
  let face: Corner[] = []
  const flush = () => {
    for (let i = 2; i < face.length; i++) {
      const [a, b, c] = [face[0]!, face[i - 1]!, face[i]!]
      triangles.push(a, ...(clockwise ? [c, b] : [b, c]))
    }
    face = []
  }
  for (let i = 0; i < pointIndex.length; i++) {
    const point = pointIndex[i]!
    if (point < 0) flush()
    else face.push({ point, uv: uvIndex[i] ?? point, normal: normalIndex[i] ?? point })
  }
  flush()
  return triangles
}

function creasedNormals(position: readonly number[], corners: readonly Corner[], creaseAngle: number): number[] {
  const faceNormals: Vector3[] = []
  const facesOfPoint = new Map<number, number[]>()
  for (let face = 0; face * 3 < corners.length; face++) {
    const [a, b, c] = [0, 1, 2].map((k) => new Vector3().fromArray(position, (face * 3 + k) * 3)) as [
      Vector3,
      Vector3,
      Vector3,
    ]
    faceNormals.push(b.sub(a).cross(c.sub(a)))
    for (let k = 0; k < 3; k++) {
      const { point } = corners[face * 3 + k]!
      const faces = facesOfPoint.get(point)
      if (faces) faces.push(face)
      else facesOfPoint.set(point, [face])
    }
  }
  const units = faceNormals.map((one) => one.clone().normalize())
  const limit = Math.cos(Math.min(creaseAngle, Math.PI)) - 1e-6
  const normals: number[] = []
  const sum = new Vector3()
  for (let i = 0; i < corners.length; i++) {
    const own = units[Math.floor(i / 3)]!
    sum.set(0, 0, 0)
    for (const face of facesOfPoint.get(corners[i]!.point)!) {
      if (units[face]!.dot(own) >= limit) sum.add(faceNormals[face]!)
    }
    if (sum.lengthSq() === 0) sum.copy(own)
    sum.normalize()
    normals.push(sum.x, sum.y, sum.z)
  }
  return normals
}
