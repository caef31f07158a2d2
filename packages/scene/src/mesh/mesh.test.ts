import { describe, expect, test } from 'vitest'
import { elevationGridMesh, faceSetMesh, loadScene, memoryFiles, type TriangleMesh } from '../index.js'

const WORLD = 'project:/worlds/w.wbt'

/** Twice the area that the triangles cover, and the volume they enclose: wrong as soon as one is missing or turned. */
function measure({ positions, indices }: TriangleMesh): { area: number; volume: number } {
  let [area, volume] = [0, 0]
  for (let i = 0; i < indices.length; i += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => positions.subarray(indices[i + k]! * 3, indices[i + k]! * 3 + 3))
    const [u, v] = [b!, c!].map((p) => [p[0]! - a![0]!, p[1]! - a![1]!, p[2]! - a![2]!])
    const n = [u![1]! * v![2]! - u![2]! * v![1]!, u![2]! * v![0]! - u![0]! * v![2]!, u![0]! * v![1]! - u![1]! * v![0]!]
    area += Math.hypot(...n)
    volume += (a![0]! * n[0]! + a![1]! * n[1]! + a![2]! * n[2]!) / 6
  }
  return { area, volume }
}

async function firstNode(text: string) {
  const scene = await loadScene({ url: WORLD, files: memoryFiles({ [WORLD]: `#VRML_SIM R2025a utf8\n${text}` }) })
  return scene.nodes[0]!
}

const CUBE = '0 0 0, 1 0 0, 1 1 0, 0 1 0, 0 0 1, 1 0 1, 1 1 1, 0 1 1'
const SIDES = '3 2 1 0 -1, 4 5 6 7 -1, 0 1 5 4 -1, 1 2 6 5 -1, 2 3 7 6 -1, 3 0 4 7 -1'

describe('IndexedFaceSet', () => {
  test('a cube, with flat and with smooth normals', async () => {
    const flat = faceSetMesh(
      await firstNode(`IndexedFaceSet { coord Coordinate { point [ ${CUBE} ] } coordIndex [ ${SIDES} ] }`),
    )
    expect(flat.positions.length / 3).toBe(24)
    expect(measure(flat).area).toBeCloseTo(12)
    expect(measure(flat).volume).toBeCloseTo(1)
    const smooth = faceSetMesh(
      await firstNode(
        `IndexedFaceSet { creaseAngle 3 coord Coordinate { point [ ${CUBE} ] } coordIndex [ ${SIDES} ] }`,
      ),
    )
    expect(smooth.positions.length / 3).toBe(8)
  })

  test('clockwise faces are turned round', async () => {
    const mesh = faceSetMesh(
      await firstNode(`IndexedFaceSet { ccw FALSE coord Coordinate { point [ ${CUBE} ] } coordIndex [ ${SIDES} ] }`),
    )
    expect(measure(mesh).volume).toBeCloseTo(-1)
  })

  test('a concave L keeps its area, and texture coordinates follow', async () => {
    const outline = '0 0 0, 2 0 0, 2 1 0, 1 1 0, 1 2 0, 0 2 0'
    const mesh = faceSetMesh(
      await firstNode(`IndexedFaceSet { coord Coordinate { point [ ${outline} ] } coordIndex [ 0 1 2 3 4 5 ]
      texCoord TextureCoordinate { point [ 0 0, 2 0, 2 1, 1 1, 1 2, 0 2 ] } convex FALSE }`),
    )
    expect(measure(mesh).area).toBe(6)
    expect(Array.from(mesh.uvs!)).toEqual(Array.from(mesh.positions).filter((_, i) => i % 3 < 2))
  })
})

test('an ElevationGrid faces up', async () => {
  const mesh = elevationGridMesh(await firstNode('ElevationGrid { xDimension 3 yDimension 2 height [ 0 0 0 0 0 0 ] }'))
  expect(measure(mesh).area).toBe(4)
  expect(Array.from(mesh.normals!.subarray(0, 3))).toEqual([0, 0, 1])
})

const TRIANGLE = [0, 0, 0, 1, 0, 0, 0, 1, 0]

function binaryStl(): Uint8Array {
  const bytes = new Uint8Array(84 + 50)
  const view = new DataView(bytes.buffer)
  view.setUint32(80, 1, true)
  TRIANGLE.forEach((value, i) => {
    view.setFloat32(84 + 12 + i * 4, value, true)
  })
  return bytes
}

const DAE = `<?xml version="1.0"?><COLLADA><asset><unit meter="0.01"/><up_axis>Y_UP</up_axis></asset>
<library_effects><effect id="e"><profile_COMMON><technique><lambert><diffuse><color>1 0 0 1</color></diffuse></lambert></technique></profile_COMMON></effect></library_effects>
<library_materials><material id="m"><instance_effect url="#e"/></material></library_materials>
<library_geometries><geometry id="g"><mesh>
<source id="p"><float_array id="pa" count="9">0 0 0 100 0 0 0 100 0</float_array><technique_common><accessor source="#pa" count="3" stride="3"/></technique_common></source>
<vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
<polylist material="s" count="1"><input semantic="VERTEX" source="#v" offset="0"/><vcount>3</vcount><p>0 1 2</p></polylist></mesh></geometry></library_geometries>
<library_visual_scenes><visual_scene id="vs"><node><translate>0 0 200</translate><instance_geometry url="#g"><bind_material><technique_common><instance_material symbol="s" target="#m"/></technique_common></bind_material></instance_geometry></node></visual_scene></library_visual_scenes>
<scene><instance_visual_scene url="#vs"/></scene></COLLADA>`

test.each<[string, Record<string, string | Uint8Array>, number[]]>([
  [
    'a.obj',
    {
      'a.obj': 'mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl red\nf 1/1 -2/1 3/1',
      'a.mtl': 'newmtl red\nKd 1 0 0',
    },
    TRIANGLE,
  ],
  [
    'a.stl',
    {
      'a.stl':
        'solid x\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid x',
    },
    TRIANGLE,
  ],
  ['b.STL', { 'b.STL': binaryStl() }, TRIANGLE],
  ['a.dae', { 'a.dae': DAE }, [0, -2, 0, 1, -2, 0, 0, -2, 1]],
])('%s', async (name, files, expected) => {
  const entries = Object.entries(files).map(([file, text]) => [`project:/worlds/${file}`, text])
  const scene = await loadScene({
    url: WORLD,
    files: memoryFiles({ [WORLD]: `#VRML_SIM R2025a utf8\nMesh { url "${name}" }`, ...Object.fromEntries(entries) }),
  })
  expect(scene.diagnostics).toEqual([])
  const mesh = scene.meshes.get(`project:/worlds/${name}`)!
  expect(Array.from(mesh.positions, (value) => Number(value.toFixed(5)) + 0)).toEqual(expected)
  if (mesh.parts) expect(mesh.parts[0]!.material.color).toEqual([1, 0, 0])
})

test.each([
  ['nothing.obj', 'SCENE_FILE_MISSING'],
  ['w.wbt', 'SCENE_MESH_INVALID'],
])('%s is a diagnostic, not a crash', async (name, code) => {
  const scene = await loadScene({
    url: WORLD,
    files: memoryFiles({ [WORLD]: `#VRML_SIM R2025a utf8\nMesh { url "${name}" }` }),
  })
  expect(scene.diagnostics).toMatchObject([{ severity: 'error', code, location: { line: 2 } }])
})
