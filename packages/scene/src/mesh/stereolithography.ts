import type { Vector3 } from '@simyard/geometry'
import { buildMesh, type Face, type TriangleMesh } from './triangle-mesh.js'

const CREASE = 0.5
const decoder = new TextDecoder()

/** An STL file, text or binary. Its triangles share nothing, so equal positions are joined here. */
export function parseStl(bytes: Uint8Array): TriangleMesh {
  const points: Vector3[] = []
  const places = new Map<string, number>()
  const corners: { position: number }[] = []
  const add = (x: number, y: number, z: number) => {
    const key = `${x} ${y} ${z}`
    let position = places.get(key)
    if (position === undefined) {
      position = points.length
      places.set(key, position)
      points.push([x, y, z])
    }
    corners.push({ position })
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = bytes.length >= 84 ? view.getUint32(80, true) : -1
  if (count >= 0 && bytes.length >= 84 + count * 50 && !(isText(bytes) && bytes.length !== 84 + count * 50)) {
    for (let triangle = 0; triangle < count; triangle++) {
      for (let corner = 0; corner < 3; corner++) {
        const at = 84 + triangle * 50 + 12 + corner * 12
        add(view.getFloat32(at, true), view.getFloat32(at + 4, true), view.getFloat32(at + 8, true))
      }
    }
  } else {
    const text = decoder.decode(bytes)
    for (const match of text.matchAll(/vertex\s+(\S+)\s+(\S+)\s+(\S+)/g)) {
      add(Number(match[1]), Number(match[2]), Number(match[3]))
    }
  }
  const faces: Face[] = []
  for (let i = 0; i + 2 < corners.length; i += 3) faces.push({ corners: corners.slice(i, i + 3) })
  return buildMesh(points, faces, CREASE)
}

function isText(bytes: Uint8Array): boolean {
  return decoder.decode(bytes.subarray(0, 5)) === 'solid'
}
