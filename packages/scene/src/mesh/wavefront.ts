import type { Vector2, Vector3 } from '@simyard/geometry'
import { buildMesh, type Corner, type Face, type MeshMaterial, type TriangleMesh } from './triangle-mesh.js'

/** An OBJ file; `materials` are those of its .mtl file by name. */
export function parseObj(text: string, materials: ReadonlyMap<string, MeshMaterial> = new Map()): TriangleMesh {
  const points: Vector3[] = []
  const uvs: Vector2[] = []
  const normals: Vector3[] = []
  const faces: Face[] = []
  let material: MeshMaterial | undefined
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    const numbers = () => words.map(Number)
    if (keyword === 'v') points.push(triple(numbers()))
    else if (keyword === 'vn') normals.push(triple(numbers()))
    else if (keyword === 'vt') uvs.push([Number(words[0] ?? 0), Number(words[1] ?? 0)])
    else if (keyword === 'usemtl') material = materials.get(words.join(' '))
    else if (keyword === 'f') {
      const corners = words.map((word): Corner => {
        const [v, t, n] = word.split('/')
        const normal = n ? normals[place(n, normals.length)] : undefined
        const uv = t ? uvs[place(t, uvs.length)] : undefined
        return { position: place(v!, points.length), ...(normal ? { normal } : {}), ...(uv ? { uv } : {}) }
      })
      if (corners.length >= 3 && corners.every(({ position }) => points[position])) {
        faces.push({ corners, ...(material ? { material } : {}) })
      }
    }
  }
  return buildMesh(points, faces, 0.5)
}

/** The .mtl files an OBJ names. */
export function materialLibraries(text: string): string[] {
  return [...text.matchAll(/^\s*mtllib\s+(.+?)\s*$/gm)].map((match) => match[1]!)
}

/** `resolve` makes URLs of the image names. */
export function parseMtl(text: string, resolve: (name: string) => string): ReadonlyMap<string, MeshMaterial> {
  const found = new Map<string, MeshMaterial>()
  let current: { name: string; color: Vector3; opacity: number; texture?: string } | undefined
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'newmtl') {
      current = { name: words.join(' '), color: [0.8, 0.8, 0.8], opacity: 1 }
      found.set(current.name, current)
    } else if (!current) continue
    else if (keyword === 'Kd') current.color = triple(words.map(Number))
    else if (keyword === 'd') current.opacity = Number(words[0])
    else if (keyword === 'Tr') current.opacity = 1 - Number(words[0])
    else if (keyword === 'map_Kd') current.texture = resolve(words.at(-1)!)
  }
  return found
}

/** Numbers count from 1; negative ones from the end. */
function place(word: string, length: number): number {
  const number = Number.parseInt(word, 10)
  return number < 0 ? length + number : number - 1
}

function triple([x = 0, y = 0, z = 0]: readonly number[]): Vector3 {
  return [x, y, z]
}
