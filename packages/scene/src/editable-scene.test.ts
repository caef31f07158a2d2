import { SimyardError } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { childNodes, type FileSource, loadScene, type Scene } from './index.js'

const BALL = `#VRML_SIM R2025a utf8
PROTO Ball [ field SFString name "ball" ] { Solid { name IS name children [ DEF INNER Shape { geometry Sphere { } } ] } }`
const TRIANGLE = 'v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n'

/** A scene of the text, and how often each file was read. */
async function open(text: string): Promise<{ scene: Scene; reads: Map<string, number> }> {
  const texts: Record<string, string> = {
    'project:/worlds/w.wbt': text,
    'asset:/protos/Ball.proto': BALL,
    'project:/worlds/a.obj': TRIANGLE,
    'project:/worlds/b.obj': TRIANGLE,
  }
  const reads = new Map<string, number>()
  const files: FileSource = {
    async read(url) {
      const found = texts[url]
      if (found === undefined) throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
      reads.set(url, (reads.get(url) ?? 0) + 1)
      return new TextEncoder().encode(found)
    },
  }
  return { scene: await loadScene({ url: 'project:/worlds/w.wbt', files }), reads }
}

async function add(scene: Scene, text: string) {
  const prepared = await scene.prepareNodes(text)
  scene.edit({ add: prepared })
  return prepared.roots
}

const mesh = (file: string) => `Shape { geometry Mesh { url "${file}.obj" } }`

test('a PROTO that ships with Simyard needs no EXTERNPROTO, and is read once', async () => {
  const { scene, reads } = await open('#VRML_SIM R2025a utf8\nWorldInfo { }')
  for (let k = 0; k < 3; k++) {
    const [ball] = await add(scene, `Ball { name "b${k}" }`)
    expect(ball).toMatchObject({ type: 'Solid', proto: { name: 'Ball' } })
    scene.edit({ remove: [ball!] })
  }
  expect(reads.get('asset:/protos/Ball.proto')).toBe(1)
  expect([...scene.byId.values()].map(({ type }) => type)).toEqual(['WorldInfo'])
})

test('a root leaves with all that is in it: ids, names, meshes; and ids go up', async () => {
  const { scene } = await open(`#VRML_SIM R2025a utf8
WorldInfo { } DEF A Solid { children [ DEF PART Pose { children [ ${mesh('a')} ] } ] } DEF B Solid { children [ ${mesh('b')} ] }`)
  const a = scene.byDef.get('A')!
  const highest = Math.max(...scene.byId.keys())
  const inside = [a, ...childNodes(a), ...childNodes(childNodes(a)[0]!)].map(({ id }) => id)
  const gone = scene.edit({ remove: [a] })
  for (const id of inside) expect([gone.has(id), scene.byId.has(id)]).toEqual([true, false])
  expect([...scene.byDef.keys()]).toEqual(['B'])
  expect([...scene.meshes.keys()]).toEqual(['project:/worlds/b.obj'])
  const [again] = await add(scene, `DEF A Solid { children [ ${mesh('a')} ${mesh('b')} ] }`)
  expect(again!.id).toBe(highest + 1)
  expect(scene.byDef.get('A')).toBe(again)
  expect(scene.meshes.size).toBe(2)
})

test('of two nodes with one DEF the other is found when the first leaves', async () => {
  const { scene } = await open('#VRML_SIM R2025a utf8\nWorldInfo { } DEF A Solid { name "1" } DEF A Solid { name "2" }')
  const [, first, second] = scene.nodes
  expect(scene.byDef.get('A')).toBe(first)
  scene.edit({ remove: [first!] })
  expect(scene.byDef.get('A')).toBe(second)
})

test('nodes that were prepared and not added leave no traces', async () => {
  const { scene } = await open('#VRML_SIM R2025a utf8\nWorldInfo { }')
  await scene.prepareNodes('DEF X Ball { }')
  await expect(
    scene.prepareNodes(`DEF Y Solid { children [ ${mesh('a')} ] } Solid { children [ USE X ] }`),
  ).rejects.toThrow(/USE X/)
  expect([scene.byId.size, scene.byDef.size, scene.meshes.size]).toEqual([1, 0, 0])
  const [ball] = await add(scene, 'Ball { }')
  expect(ball!.id).toBe(2)
})

test('warnings of an import are its own', async () => {
  const { scene } = await open('#VRML_SIM R2025a utf8\nWorldInfo { }')
  const prepared = await scene.prepareNodes('Solid { colour 1 }')
  expect(prepared.diagnostics.map(({ code }) => code)).toEqual(['SCENE_UNKNOWN_FIELD'])
  expect(scene.diagnostics).toEqual([])
})

test('a reset brings the first nodes back in their order, and later ids begin anew', async () => {
  const { scene } = await open('#VRML_SIM R2025a utf8\nWorldInfo { } DEF A Solid { } DEF B Solid { }')
  const [info, a, b] = scene.nodes
  const ids = [...scene.byId.keys()]
  scene.edit({ remove: [a!] })
  const [c] = await add(scene, 'DEF C Ball { }')
  expect(scene.nodes).toEqual([info, b, c])
  const gone = scene.reset()
  expect(gone.has(c!.id)).toBe(true)
  expect(scene.nodes).toEqual([info, a, b])
  expect([...scene.byId.keys()]).toEqual(ids)
  expect([...scene.byDef.keys()]).toEqual(['A', 'B'])
  expect((await add(scene, 'Solid { }'))[0]!.id).toBe(c!.id)
})
