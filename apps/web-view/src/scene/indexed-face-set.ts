import { BufferGeometry, Float32BufferAttribute, ShapeUtils, Vector2, Vector3 } from 'three'
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
  const triangles = triangulate(element, points)

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
  const computed =
    normals.length > 0
      ? normal
      : creasedNormals(
          position,
          triangles,
          boolean(element, 'normalPerVertex', true) ? number(element, 'creaseAngle', 0) : 0,
        )
  geometry.setAttribute('normal', new Float32BufferAttribute(computed, 3))
  return geometry
}

function triangulate(element: Element, points: readonly number[]): Corner[] {
  const pointIndex = numbers(element.getAttribute('coordIndex'))
  const given = (name: string) => {
    const list = numbers(element.getAttribute(name))
    return list.length > 0 ? list : pointIndex
  }
  const uvIndex = given('texCoordIndex')
  const normalIndex = given('normalIndex')
  // Without normalPerVertex there is one normal for each face.
  const perFace = !boolean(element, 'normalPerVertex', true)
  const faceNormals = numbers(element.getAttribute('normalIndex')).filter((one) => one >= 0)
  const clockwise = !boolean(element, 'ccw', true)
  const triangles: Corner[] = []
  let face: Corner[] = []
  let faces = 0
  const flush = () => {
    for (const [a, b, c] of split(face, points)) triangles.push(a, ...(clockwise ? [c, b] : [b, c]))
    if (face.length > 0) faces++
    face = []
  }
  for (let i = 0; i < pointIndex.length; i++) {
    const point = pointIndex[i]!
    if (point < 0) flush()
    else {
      const normal = perFace ? (faceNormals[faces] ?? faces) : (normalIndex[i] ?? point)
      face.push({ point, uv: uvIndex[i] ?? point, normal })
    }
  }
  flush()
  return triangles
}

/** A fan does for faces without dents; others are cut in their own plane. */
function split(face: readonly Corner[], points: readonly number[]): (readonly [Corner, Corner, Corner])[] {
  const fan = Array.from(
    { length: Math.max(face.length - 2, 0) },
    (_, at) => [face[0]!, face[at + 1]!, face[at + 2]!] as const,
  )
  if (face.length < 4) return fan
  const corners = face.map(({ point }) => new Vector3().fromArray(points as number[], point * 3))
  const normal = new Vector3()
  corners.forEach((one, at) => {
    normal.add(new Vector3().crossVectors(one, corners[(at + 1) % corners.length]!))
  })
  if (normal.lengthSq() < 1e-18 || isConvex(corners, normal)) return fan
  const right = new Vector3().subVectors(corners[1]!, corners[0]!)
  right.addScaledVector(normal, -right.dot(normal) / normal.lengthSq()).normalize()
  const up = new Vector3().crossVectors(normal, right).normalize()
  const flat = corners.map((one) => new Vector2(one.dot(right), one.dot(up)))
  const cut = ShapeUtils.triangulateShape(flat, [])
  return cut.length === 0 ? fan : cut.map(([a, b, c]) => [face[a!]!, face[b!]!, face[c!]!] as const)
}

function isConvex(corners: readonly Vector3[], normal: Vector3): boolean {
  const count = corners.length
  return corners.every((one, at) => {
    const before = new Vector3().subVectors(one, corners[(at + count - 1) % count]!)
    const after = new Vector3().subVectors(corners[(at + 1) % count]!, one)
    return before.cross(after).dot(normal) >= -1e-12
  })
}

function creasedNormals(position: readonly number[], corners: readonly Corner[], creaseAngle: number): number[] {
  const units: Vector3[] = []
  // By the angle at the point, so that it does not matter how a face is cut into triangles.
  const facesOfPoint = new Map<number, { face: number; angle: number }[]>()
  for (let face = 0; face * 3 < corners.length; face++) {
    const points = [0, 1, 2].map((k) => new Vector3().fromArray(position, (face * 3 + k) * 3))
    const side = (from: number, to: number) => points[to % 3]!.clone().sub(points[from % 3]!)
    units.push(side(0, 1).cross(side(0, 2)).normalize())
    for (let k = 0; k < 3; k++) {
      const { point } = corners[face * 3 + k]!
      const one = { face, angle: side(k, k + 1).angleTo(side(k, k + 2)) }
      const faces = facesOfPoint.get(point)
      if (faces) faces.push(one)
      else facesOfPoint.set(point, [one])
    }
  }
  const limit = Math.cos(Math.min(creaseAngle, Math.PI)) - 1e-6
  const normals: number[] = []
  const sum = new Vector3()
  for (let i = 0; i < corners.length; i++) {
    const own = units[Math.floor(i / 3)]!
    sum.set(0, 0, 0)
    for (const { face, angle } of facesOfPoint.get(corners[i]!.point)!) {
      if (units[face]!.dot(own) >= limit) sum.addScaledVector(units[face]!, angle)
    }
    if (sum.lengthSq() === 0) sum.copy(own)
    sum.normalize()
    normals.push(sum.x, sum.y, sum.z)
  }
  return normals
}
