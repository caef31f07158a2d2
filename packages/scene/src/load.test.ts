import { SimyardError } from '@simyard/protocol'
import { describe, expect, test } from 'vitest'
import {
  findByDef,
  getNode,
  getNodes,
  getNumber,
  getRotation,
  getString,
  getStrings,
  getVec3,
  type LoadSceneOptions,
  loadScene,
  memoryFiles,
} from './index.js'

const NEW = '#VRML_SIM R2025a utf8\n'
const WORLD = 'project:/worlds/w.wbt'

function load(text: string, files: Record<string, string> = {}, options: Partial<LoadSceneOptions> = {}) {
  const header = text.startsWith('#') ? '' : NEW
  return loadScene({ url: WORLD, files: memoryFiles({ [WORLD]: header + text, ...files }), ...options })
}

const proto = (name: string, fields: string, body: string) => `${NEW}PROTO ${name} [\n${fields}\n]\n{\n${body}\n}\n`

async function failure(loading: Promise<unknown>): Promise<SimyardError> {
  const error = await loading.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (error instanceof SimyardError) return error
  throw new Error('expected a SimyardError', { cause: error })
}

describe('values', () => {
  test('every kind of field, comments, commas and hidden fields', async () => {
    const scene = await load(`WorldInfo { title "a \\"b\\"" info [ "x", "y" ] gravity 0 -9.81 0 } # gravity as it was
      Solid {
        hidden linearVelocity_0 0 1 2
        translation 1, 2, 3e-1 rotation 0 1 0 0.5
        children [ Shape { geometry IndexedFaceSet { coord Coordinate { point [ 0 0 0, 1 0 0, 0 1 0 ] } coordIndex [ 0 1 2 -1 ] } } ]
        boundingObject NULL locked TRUE
        recognitionColors [ 1 0 0 0 1 0 ]
      }`)
    const solid = scene.nodes[1]!
    expect(getString(scene.worldInfo, 'title')).toBe('a "b"')
    expect(getStrings(scene.worldInfo, 'info')).toEqual(['x', 'y'])
    expect(getNumber(scene.worldInfo, 'gravity')).toBeCloseTo(9.81)
    expect(getVec3(solid, 'translation')).toEqual([1, 2, 0.3])
    expect(solid.fields.get('recognitionColors')).toEqual([[1, 0, 0], [0, 1, 0]]) // biome-ignore format: a table
    expect(getString(solid, 'name')).toBe('solid')
    expect(scene.diagnostics).toEqual([])
  })

  test.each([
    ['Solid { translation 1 2 }', 'SCENE_WRONG_TYPE', 2, 21],
    ['Solid { name 3 }', 'SCENE_WRONG_TYPE', 2, 14],
    ['Solid { children "a" }', 'SCENE_WRONG_TYPE', 2, 18],
    ['Solid {\n  name "x"', 'SCENE_SYNTAX', 3, 11],
    ['Solid [ ]', 'SCENE_SYNTAX', 2, 7],
    ['Solid { name "x }', 'SCENE_SYNTAX', 2, 14],
    ['Group { children [ USE A ] }', 'SCENE_UNKNOWN_DEF', 2, 20],
    ['Solid { name IS x }', 'SCENE_UNKNOWN_FIELD', 2, 14],
    ['EXTERNPROTO "https://example.org/Epuck.proto"\nEpuck { }', 'SCENE_UNKNOWN_PROTO', 3, 1],
  ])('%j is %s at %i:%i', async (text, code, line, column) => {
    const error = await failure(load(text))
    expect(error).toMatchObject({ code, location: { file: WORLD, line, column } })
    expect(error.message).toContain(`${line}:${column}`)
  })

  test('a file without the first line of the language', async () => {
    const files = memoryFiles({ [WORLD]: 'Solid { }' })
    expect((await failure(loadScene({ url: WORLD, files }))).code).toBe('SCENE_SYNTAX')
  })

  test('unknown nodes and fields are kept or left out with a warning', async () => {
    const scene = await load('Gizmo { size 3 parts [ Solid { colour 1 } ] }')
    expect(scene.nodes[0]!.fields.get('size')).toBe(3)
    expect(scene.diagnostics.map(({ code, location }) => [code, location?.line, location?.column])).toEqual([
      ['SCENE_UNKNOWN_NODE', 2, 1],
      ['SCENE_UNKNOWN_FIELD', 2, 32],
    ])
  })

  test('limits', async () => {
    const many = `Group { children [ ${'Group {} '.repeat(50)} ] }`
    expect((await failure(load(many, {}, { limits: { maxNodes: 20 } }))).code).toBe('SCENE_TOO_LARGE')
    expect((await failure(load(many, {}, { limits: { maxFileBytes: 20 } }))).code).toBe('SCENE_TOO_LARGE')
    const deep = `${'Group { children ['.repeat(300)}${']}'.repeat(300)}`
    expect((await failure(load(deep))).code).toBe('SCENE_SYNTAX')
  })
})

test('a USE is a node of its own that shares the fields', async () => {
  const scene =
    await load(`DEF A Solid { name "a" children [ DEF S Shape { geometry DEF G Box { size 1 2 3 } } ] boundingObject USE G }
    Solid { children [ USE S ] }`)
  const [first, second] = scene.nodes
  const used = getNode(first!, 'boundingObject')!
  expect(used.useOf).toBe(scene.byDef.get('G'))
  expect(used.id).not.toBe(used.useOf!.id)
  expect(getVec3(used, 'size')).toEqual([1, 2, 3])
  expect(getNodes(second!, 'children')[0]!.useOf).toBe(scene.byDef.get('S'))
  expect([...scene.byId.keys()]).toEqual([1, 2, 3, 4, 5, 6, 7])
})

describe('PROTO', () => {
  const wheel = proto(
    'Wheel',
    'field SFFloat radius 0.1\nfield SFVec3f at 0 0 0',
    'Solid { translation IS at children [ DEF S Shape { geometry Sphere { radius IS radius } } ] boundingObject USE S }',
  )
  const car = proto(
    'Car',
    'field SFFloat r 0.5\nfield MFNode extra [ ]\nfield SFString{"a", "b"} kind "a"',
    'Robot { name IS kind children [ DEF LEFT Wheel { radius IS r } Group { children IS extra } ] }',
  )
  const files = { 'project:/protos/Wheel.proto': wheel, 'asset:/protos/Car.proto': car }

  test('expands, one inside another, with fields from outside', async () => {
    const scene = await load('DEF CAR Car { r 0.25 extra [ DEF LAMP LED { } ] }', files)
    const robot = scene.nodes[0]!
    expect(robot).toMatchObject({ type: 'Robot', def: 'CAR', proto: { name: 'Car', url: 'asset:/protos/Car.proto' } })
    const left = findByDef(scene, 'CAR.LEFT')!
    expect(left.proto?.name).toBe('Wheel')
    const shape = getNodes(left, 'children')[0]!
    expect(getNumber(getNode(shape, 'geometry')!, 'radius')).toBe(0.25)
    expect(getNode(left, 'boundingObject')!.useOf).toBe(shape)
    expect(scene.byDef.get('LAMP')?.type).toBe('LED')
    expect(scene.byDef.has('LEFT')).toBe(false)
  })

  test('derives from another PROTO and keeps the outermost name', async () => {
    const derived = proto('FastCar', 'field SFString kind "b"', 'Car { kind IS kind }')
    const scene = await load('FastCar { }', { ...files, 'project:/protos/FastCar.proto': derived })
    expect(scene.nodes[0]!).toMatchObject({ type: 'Robot', proto: { name: 'FastCar' } })
    expect(getString(scene.nodes[0]!, 'name')).toBe('b')
  })

  test('the project’s own file wins over an address on the internet', async () => {
    const scene = await load(
      'EXTERNPROTO "https://raw.githubusercontent.com/x/projects/y/Wheel.proto"\nWheel { at 1 2 3 }',
      files,
    )
    expect(scene.nodes[0]!.proto?.url).toBe('project:/protos/Wheel.proto')
    expect(getVec3(scene.nodes[0]!, 'translation')).toEqual([1, 2, 3])
  })

  test('a value outside the restriction', async () => {
    expect(await failure(load('Car { kind "c" }', files))).toMatchObject({
      code: 'SCENE_WRONG_TYPE',
      location: { line: 2 },
    })
  })

  test('one made of itself', async () => {
    const error = await failure(
      load('Loop { }', { 'project:/protos/Loop.proto': proto('Loop', '', 'Group { children [ Loop { } ] }') }),
    )
    expect(error).toMatchObject({ code: 'SCENE_PROTO_CYCLE' })
    expect(error.message).toContain('Loop.proto → Loop.proto')
  })

  test('the nearest name that we have', async () => {
    const error = await failure(
      load('#VRML_SIM R2021b utf8\nEpuck { }', { 'asset:/protos/index.json': '["E-puck", "Wall"]' }),
    )
    expect(error).toMatchObject({ code: 'SCENE_UNKNOWN_PROTO', location: { line: 2, column: 1 } })
    expect(error.message).toContain('E-puck')
  })

  test('file names are relative to where they are written', async () => {
    const textured = proto('Paint', 'field MFString url "textures/own.png"', 'ImageTexture { url IS url }')
    const scene = await load('Appearance { texture Paint { } }\nAppearance { texture Paint { url "../my.png" } }', {
      'asset:/protos/Paint.proto': textured,
    })
    const urls = scene.nodes.slice(0, 2).map((node) => getStrings(getNode(node, 'texture')!, 'url')[0])
    expect(urls).toEqual(['asset:/protos/textures/own.png', 'project:/my.png'])
  })

  test('a texture of the internet is ours of the same name, or a warning', async () => {
    const base = 'https://raw.githubusercontent.com/a/projects/b/textures'
    const text = `ImageTexture { url "${base}/sky/x.jpg" } ImageTexture { url "${base}/no.png" }`
    const scene = await load(text, { 'asset:/protos/textures/sky/x.png': '' })
    expect(getStrings(scene.nodes[0]!, 'url')).toEqual(['asset:/protos/textures/sky/x.png'])
    expect(scene.diagnostics).toMatchObject([{ severity: 'warning', code: 'SCENE_FILE_MISSING' }])
  })
})

describe('templates', () => {
  const run = (
    body: string,
    world = 'T { }',
    fields = 'field SFVec3f size 1 2 3\nfield MFFloat list [ 1 2 ]\nfield SFNode shape NULL',
    options = {},
  ) => load(world, { 'project:/protos/T.proto': proto('T', fields, body) }, options)

  test('fields, defaults, loops and helper modules', async () => {
    const scene = await run(
      `%<
        import * as wbrandom from 'wbrandom.js'
        import {norm as length} from 'wbvector3.js';
        wbrandom.seed(3);
        const n = fields.list.value.length + wbrandom.integer(1, 1);
      >%
      Group { children [
        %< for (let i = 0; i < n; i++) { >% Pose { translation %<= i >% %<= fields.size.defaultValue.y >% %<= length({x: 3, y: 4, z: 0}) >% } %< } >%
        %< if (fields.shape.value) { >% DEF %<= fields.shape.value.node_name >% Pose { translation 0 0 %<= fields.shape.value.fields.radius.value >% } %< } >%
      ] }`,
      'T { size 9 9 9 shape Sphere { } }',
    )
    const poses = getNodes(scene.nodes[0]!, 'children')
    expect(poses.map((pose) => getVec3(pose, 'translation'))).toEqual([[0, 2, 5], [1, 2, 5], [2, 2, 5], [0, 0, 1]]) // biome-ignore format: a table
    expect(poses[3]!.def).toBe('Sphere')
  })

  test('an endless loop is stopped', async () => {
    const error = await failure(run('Group { %< while (true) {} >% }'))
    expect(error).toMatchObject({ code: 'SCENE_TEMPLATE_TIMEOUT' })
    expect(error.message).toContain('PROTO T')
  })

  test('with a clock the limit is time', async () => {
    let clock = 0
    const templates = { now: () => (clock += 100), timeoutMs: 500 }
    expect((await failure(run('Group { %< while (true) {} >% }', undefined, undefined, { templates }))).code).toBe(
      'SCENE_TEMPLATE_TIMEOUT',
    )
  })

  test('a mistake is reported with its line', async () => {
    const error = await failure(run('Group {\n  %<\n    missing()\n  >%\n}'))
    expect(error).toMatchObject({
      code: 'SCENE_TEMPLATE_FAILED',
      location: { file: 'project:/protos/T.proto', line: 10 },
    })
  })

  test('memory is bounded and nothing outside can be reached', async () => {
    const error = await failure(run('Group { %< let a = []; while (true) a.push(new Array(1000).fill(1)) >% }'))
    expect(error.message).toContain('out of memory')
    expect(error.code).toBe('SCENE_TEMPLATE_FAILED')
    const scene = await run(
      'Group { children [ Pose { translation %<= typeof process === "undefined" && typeof fetch === "undefined" ? 1 : 0 >% 0 0 } ] }',
    )
    expect(getVec3(getNodes(scene.nodes[0]!, 'children')[0]!, 'translation')[0]).toBe(1)
  })

  test('Lua templates are turned away', async () => {
    const error = await failure(run('%{ local x = 1 }%\nGroup { }'))
    expect(error.message).toContain('Lua')
  })
})

describe('axes', () => {
  test.each([
    ['#VRML_SIM R2019b utf8\nWorldInfo { }', 'NUE', 'y'],
    ['#VRML_SIM R2021b utf8\nWorldInfo { coordinateSystem "ENU" }', 'ENU', 'y'],
    ['#VRML_SIM R2023b utf8\nWorldInfo { }', 'ENU', 'z'],
    ['#VRML_SIM R2022a utf8\nWorldInfo { coordinateSystem "NUE" }', 'NUE', 'z'],
    ['#VRML_SIM V8.6.0 utf8\nWorldInfo { }', 'NUE', 'y'],
  ])('%j', async (text, coordinateSystem, primitiveAxis) => {
    expect(await load(text)).toMatchObject({ coordinateSystem, primitiveAxis })
  })

  test('a z-up PROTO stands upright in a y-up world', async () => {
    const files = {
      'asset:/protos/Thing.proto': proto(
        'Thing',
        'field SFRotation rotation 0 0 1 0',
        'Solid { rotation IS rotation boundingObject Cylinder { } }',
      ),
    }
    const scene = await load('#VRML_SIM R2021b utf8\nThing { }', files)
    expect(getRotation(scene.nodes[0]!, 'rotation').map((n) => Number(n.toFixed(4)))).toEqual([-1, 0, 0, 1.5708])
    expect(getNode(scene.nodes[0]!, 'boundingObject')!.primitiveAxis).toBe('z')
  })
})

test('nodes imported later have ids of their own and see the DEF names', async () => {
  const scene = await load('DEF A Solid { }')
  const prepared = await scene.prepareNodes('DEF B Solid { children [ USE A ] }')
  const [node] = prepared.roots
  expect(node!.id).toBe(3)
  expect(scene.byId.has(3)).toBe(false)
  scene.edit({ add: prepared })
  expect(scene.nodes.at(-1)).toBe(node)
  expect(scene.byDef.get('B')).toBe(node)
})
