import { readFileSync } from 'node:fs'
import { type Diagnostic, encodeLine, type SimulationToController, SimyardError } from '@simyard/protocol'
import {
  childNodes,
  exportNodeX3d,
  exportX3d,
  type FileSource,
  loadScene,
  type Scene,
  type SceneNode,
} from '@simyard/scene'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type SceneChange, Simulation } from './index.js'

const root = new URL('../../../', import.meta.url)
const running: Simulation[] = []
afterEach(() => {
  for (const simulation of running.splice(0)) simulation.close()
})

/** The project's files, which may come about while the world runs, and what ships with Simyard. */
class Files implements FileSource {
  readonly made = new Map<string, Uint8Array>()

  async read(url: string): Promise<Uint8Array> {
    const made = this.made.get(url)
    if (made) return made
    try {
      if (url.startsWith('asset:/')) return readFileSync(new URL(url.replace('asset:/', ''), root))
    } catch {
      // As for a file of the project.
    }
    throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
  }
}

/** A controller inside this process: drives its motors and keeps the newest picture of its camera. */
class Puppet {
  picture: Uint8Array = new Uint8Array(0)
  quit = ''
  answers = 0
  private owes: 'hello' | 'first step' | 'step' | 'nothing' = 'hello'

  constructor(
    private readonly say: (message: object) => void,
    private readonly setUp: readonly object[],
  ) {}

  receive(bytes: Uint8Array): void {
    const end = bytes.indexOf(10)
    const message = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end))) as SimulationToController
    if (message.type === 'quit') this.quit = message.reason
    else this.owes = message.type === 'welcome' ? 'first step' : 'step'
    if (message.type !== 'stepped') return
    this.answers++
    if (message.attachments) this.picture = bytes.slice(end + 1)
  }

  /** Says what it owes, until it waits. */
  speak(): void {
    while (this.owes !== 'nothing' && this.quit === '') {
      const { owes } = this
      this.owes = 'nothing'
      if (owes === 'hello') this.say({ type: 'hello', version: 1, language: 'test' })
      else this.say({ type: 'step', ms: 16, commands: owes === 'step' ? [] : this.setUp })
    }
  }

  get brightness(): number {
    let sum = 0
    for (let i = 0; i < this.picture.length; i++) if (i % 4 < 3) sum += this.picture[i] ?? 0
    return sum / (this.picture.length * 0.75)
  }
}

const WHEELS = [
  { set: 'position', device: 'left wheel motor', value: 'inf' },
  { set: 'position', device: 'right wheel motor', value: 'inf' },
  { set: 'velocity', device: 'left wheel motor', value: 4 },
  { set: 'velocity', device: 'right wheel motor', value: 3 },
]
const CAMERA = [{ set: 'enable', device: 'camera', periodMs: 16 }]

/** What a viewer of the stream has: the ids of nodes, and the newest value of each of their fields. */
class View {
  ids: Set<number>
  readonly values = new Map<number, Record<string, unknown>>()

  constructor(private readonly scene: Scene) {
    this.ids = idsIn(exportX3d(scene, { dialect: 'x3d' }))
  }

  change({ removed, added }: SceneChange): void {
    for (const { id, inside } of removed) {
      for (const gone of [id, ...inside]) {
        this.ids.delete(gone)
        this.values.delete(gone)
      }
    }
    for (const node of added) {
      for (const id of idsIn(exportNodeX3d(this.scene, node, { dialect: 'x3d' }))) {
        if (this.ids.has(id)) throw new Error(`the viewer has ${id} already`)
        this.ids.add(id)
      }
    }
  }

  frame({ updates }: ReturnType<Simulation['frame']>): void {
    for (const { id, ...fields } of updates) {
      if (!this.ids.has(id)) throw new Error(`a frame names ${id}, which the viewer does not have`)
      this.values.set(id, { ...this.values.get(id), ...fields })
    }
  }
}

const idsIn = (xml: string) => new Set([...xml.matchAll(/ id='n(\d+)'/g)].map(([, id]) => Number(id)))

class Bench {
  simulation!: Simulation
  scene!: Scene
  view!: View
  readonly files = new Files()
  readonly puppets = new Map<number, Puppet>()
  readonly started: string[] = []
  readonly stopped: number[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly changes: SceneChange[] = []
  touches = 0

  static async open(world: string, setUp: readonly object[] = WHEELS): Promise<Bench> {
    const bench = new Bench()
    bench.files.made.set('project:/worlds/w.wbt', new TextEncoder().encode(`#VRML_SIM R2025a utf8\n${world}`))
    const scene = await loadScene({ url: 'project:/worlds/w.wbt', files: bench.files })
    bench.scene = scene
    bench.view = new View(scene)
    bench.simulation = await Simulation.create({
      scene,
      seed: 3,
      host: {
        startController: ({ controller, name }) => {
          bench.started.push(name)
          const say = (message: object) =>
            bench.simulation.robots.receiveFromController(controller, encodeLine(message as never))
          bench.puppets.set(controller, new Puppet(say, setUp))
        },
        stopController: (controller) => bench.stopped.push(controller),
        sendToController: (controller, bytes) => bench.puppets.get(controller)?.receive(bytes),
        console: ({ line }) => {
          throw new Error(line)
        },
        diagnostic: (diagnostic) => bench.diagnostics.push(diagnostic),
        controllersChanged: () => {},
        sceneChanged: (change) => {
          bench.changes.push(change)
          bench.view.change(change)
        },
        touched: () => bench.touches++,
      },
    })
    running.push(bench.simulation)
    bench.view.frame(bench.simulation.frame(true))
    bench.simulation.robots.startControllers()
    return bench
  }

  get supervisor() {
    return this.simulation.supervisor
  }

  run(steps: number): void {
    for (let step = 0; step < steps; step++) {
      for (const [id, puppet] of this.puppets) {
        if (!this.stopped.includes(id)) puppet.speak()
      }
      expect(this.simulation.robots.awaited()).toEqual([])
      this.simulation.step()
      this.view.frame(this.simulation.frame(false))
    }
  }

  named(name: string): SceneNode {
    const node = this.scene.nodes.find(({ fields }) => fields.get('name') === name)
    if (!node) throw new Error(`no ${name}`)
    return node
  }

  at(name: string) {
    return this.supervisor.physics.worldPose(this.named(name).id)!.translation
  }
}

const WORLD = `WorldInfo { basicTimeStep 16 }
DEF SKY Background { skyColor [ 0.6 0.6 0.6 ] }
DEF FLOOR Solid { name "floor" boundingObject Plane { size 20 20 } children [
  Shape { geometry Plane { size 20 20 } appearance DEF PAINT PBRAppearance { baseColor 0.5 0.5 0.5 } } ] }
`
const BALL = (name: string, x = 0, z = 0.5) => `Solid { name "${name}" translation ${x} 0 ${z}
  children [ Shape { geometry Sphere { radius 0.1 } appearance PBRAppearance { baseColor 1 0 0 } } ]
  boundingObject Sphere { radius 0.1 } physics Physics { density -1 mass 1 } }`
const E_PUCK = (name: string, y = 0) => `E-puck { name "${name}" controller "drive" translation 0 ${y} 0 }`

describe('robots', () => {
  test('one that is added is driven by its controller; one that is removed is forgotten', async () => {
    const bench = await Bench.open(`${WORLD}${E_PUCK('first')}`)
    bench.run(30)
    const before = bench.at('first')
    const [added] = await bench.supervisor.edit({ add: E_PUCK('second', 1) })
    expect(added?.fields.get('name')).toBe('second')
    expect(bench.simulation.robots.list.map(({ name, nodeId }) => [name, nodeId])).toEqual([
      ['first', bench.named('first').id],
      ['second', added?.id],
    ])
    expect(bench.changes.at(-1)?.robots).toHaveLength(2)
    expect(bench.started).toEqual(['drive', 'drive'])
    expect(bench.simulation.robots.awaited()).toContain('second')
    bench.run(60)
    expect(bench.at('second')[0]).toBeGreaterThan(0.05)
    expect(bench.at('first')[0]).toBeGreaterThan(before[0] + 0.05)

    await bench.supervisor.edit({ remove: [bench.named('first')] })
    expect([...bench.puppets.values()].map(({ quit }) => quit)).toEqual(['close', ''])
    expect(bench.stopped).toEqual([1])
    bench.simulation.robots.controllerEnded(1, { exitCode: 0 })
    expect(bench.simulation.robots.list.map(({ name }) => name)).toEqual(['second'])
    const answers = bench.puppets.get(2)!.answers
    bench.run(20)
    expect(bench.puppets.get(2)!.answers).toBe(answers + 20)
  })

  test('a name and a DEF are free again at once', async () => {
    const bench = await Bench.open(WORLD)
    const [first] = await bench.supervisor.edit({ add: `DEF ME ${BALL('me')}` })
    const [second] = await bench.supervisor.edit({ remove: [first!], add: `DEF ME ${BALL('me', 1)}` })
    expect(bench.scene.byDef.get('ME')).toBe(second)
    expect(second!.id).toBeGreaterThan(first!.id)
    await bench.supervisor.edit({ remove: [second!] })
    expect(bench.scene.byDef.has('ME')).toBe(false)
    await expect(bench.supervisor.edit({ add: 'Group { children [ USE ME ] }' })).rejects.toMatchObject({
      code: 'SCENE_UNKNOWN_DEF',
    })
  })

  test('what others USE of a node that leaves stays with them', async () => {
    const bench = await Bench.open(
      `${WORLD}DEF A Solid { name "a" children [ DEF LOOK Shape { geometry DEF S Sphere { } } ] }
       Solid { name "b" translation 1 0 0 children [ USE LOOK ] }`,
    )
    const sphere = bench.scene.byDef.get('S')!
    await bench.supervisor.edit({ remove: [bench.named('a')] })
    expect(bench.scene.byId.get(sphere.id)).toBe(sphere)
    expect(bench.scene.byDef.has('A')).toBe(false)
    expect(exportX3d(bench.scene, { dialect: 'x3d' })).toContain("radius='1'")
  })
})

describe('an edit that is not accepted changes nothing', () => {
  test.each([
    ['a word that nobody knows', { add: 'Blob { }' }, 'SCENE_UNKNOWN_PROTO'],
    ['text that is no scene', { add: 'Solid { translation 1 2 }' }, 'SCENE_WRONG_TYPE'],
    ['a second node that is wrong', { add: `${BALL('x')} Solid { name 5 }` }, 'SCENE_WRONG_TYPE'],
    [
      'a body that the physics refuses',
      {
        add: `${BALL('x')} Solid { name "y" boundingObject Sphere { radius 0.1 } physics Physics { density -1 mass 1 centerOfMass [ 0 0 0 ] inertiaMatrix [ -1 1 1, 0 0 0 ] } }`,
      },
      'PHYSICS_MODEL_REJECTED',
    ],
    ['a second WorldInfo', { add: 'WorldInfo { }' }, 'EDIT_REFUSED'],
  ])('%s', async (_, edit, code) => {
    const bench = await Bench.open(`${WORLD}${BALL('ball', 0, 2)}`)
    bench.run(5)
    const state = () => [
      bench.simulation.stateHash(),
      [...bench.scene.byId.keys()],
      bench.scene.nodes.map(({ id }) => id),
      [...bench.scene.byDef.keys()],
      bench.simulation.inputLog.entries.length,
    ]
    const before = state()
    await expect(bench.supervisor.edit({ ...edit, remove: [bench.named('ball')] })).rejects.toMatchObject({ code })
    expect(state()).toEqual(before)
    expect(bench.changes).toEqual([])
    bench.run(5)
    const [added] = await bench.supervisor.edit({ add: BALL('next') })
    expect(added!.id).toBe(Math.max(...(before[1] as number[])) + 1)
  })

  test('nodes that are not roots, are gone, or are the WorldInfo', async () => {
    const bench = await Bench.open(`${WORLD}${BALL('ball')}`)
    const ball = bench.named('ball')
    const inner = childNodes(ball)[0]!
    for (const node of [inner, bench.scene.worldInfo]) {
      await expect(bench.supervisor.edit({ remove: [node] })).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    }
    await bench.supervisor.edit({ remove: [ball] })
    await expect(bench.supervisor.edit({ remove: [ball] })).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    const still = { linear: [0, 0, 0], angular: [0, 0, 0] } as const
    expect(() => bench.supervisor.setVelocity(ball, still)).toThrow(/not in the world/)
    expect(() => bench.supervisor.setVelocity(bench.named('floor'), still)).toThrow(/cannot be moved/)
    expect(() => bench.supervisor.setField(bench.named('floor'), 'name', 'x')).toThrow(/cannot be set/)
    expect(() => bench.supervisor.setField(bench.scene.byDef.get('PAINT')!, 'baseColor', [1, 0])).toThrow(/SFColor/)
  })
})

test('edits are made in the order of the calls, while the world goes on', async () => {
  const bench = await Bench.open(`${WORLD}${BALL('ball')}`)
  const order: string[] = []
  const names = ['a', 'b', 'c']
  // The first is the slowest to read.
  const edits = names.map((name, i) =>
    bench.supervisor.edit({ add: i === 0 ? `${BALL(name, 1)} ${E_PUCK('slow', 2)}` : BALL(name, 2 + i) }).then(() => {
      order.push(name)
    }),
  )
  const bad = bench.supervisor.edit({ add: 'Nobody { }' }).catch(() => order.push('refused'))
  bench.run(3)
  expect(bench.scene.nodes.some(({ fields }) => fields.get('name') === 'a')).toBe(false)
  await Promise.all([...edits, bad])
  expect(order).toEqual(['a', 'b', 'c', 'refused'])
  expect(bench.simulation.inputLog.entries.filter(({ type }) => type === 'edit').map(({ timeMs }) => timeMs)).toEqual([
    48, 48, 48,
  ])
})

describe('reset', () => {
  const play = async (bench: Bench) => {
    bench.run(50)
    return bench.simulation.stateHash()
  }

  test('brings back the world as it was loaded: nodes, robots, fields, motion, ids', async () => {
    const bench = await Bench.open(`${WORLD}${E_PUCK('robot')} ${BALL('ball', 1)}`)
    const roots = [...bench.scene.nodes]
    const ids = [...bench.scene.byId.keys()]
    const seen = [...bench.view.ids].sort()
    const first = await play(bench)
    const paint = bench.scene.byDef.get('PAINT')!
    bench.supervisor.setField(paint, 'baseColor', [1, 0, 0])
    bench.supervisor.setField(paint, 'transparency', 0.5)
    await bench.supervisor.edit({ remove: [bench.named('robot'), bench.named('floor')], add: BALL('new', -1, 3) })
    await bench.supervisor.edit({ add: E_PUCK('newer', 3) })
    bench.run(10)
    const late = bench.supervisor.edit({ add: BALL('too late') })
    bench.simulation.reset()
    bench.view.frame(bench.simulation.frame(true))
    await expect(late).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    expect(bench.scene.nodes).toEqual(roots)
    expect([...bench.scene.byId.keys()]).toEqual(ids)
    expect([...bench.view.ids].sort()).toEqual(seen)
    expect(paint.fields.get('baseColor')).toEqual([0.5, 0.5, 0.5])
    expect(paint.fields.has('transparency')).toBe(false)
    expect(bench.view.values.get(paint.id)).toMatchObject({ baseColor: '0.5 0.5 0.5', transparency: '0' })
    expect(bench.simulation.robots.list.map(({ name }) => name)).toEqual(['robot'])
    expect(bench.simulation.inputLog.entries).toHaveLength(1)
    expect(await play(bench)).toBe(first)
    const [again] = await bench.supervisor.edit({ add: BALL('again') })
    expect(again!.id).toBe(Math.max(...ids) + 1)
  })

  test('tells those who listen, after the world is back', async () => {
    const bench = await Bench.open(`${WORLD}${BALL('ball')}`)
    const heard: string[] = []
    bench.supervisor.listen({
      beforeStep: (ms) => heard.push(`before ${ms} at ${bench.simulation.timeMs}`),
      afterStep: (ms) => heard.push(`after ${ms} at ${bench.simulation.timeMs}`),
      reset: () => heard.push(`reset at ${bench.simulation.timeMs}, ${bench.scene.nodes.length} roots`),
    })
    const count = bench.scene.nodes.length
    await bench.supervisor.edit({ add: BALL('other', 3) })
    bench.run(1)
    bench.simulation.reset()
    expect(heard).toEqual(['before 16 at 0', 'after 16 at 16', `reset at 0, ${count} roots`])
  })
})

describe('looks', () => {
  const SEEING = `${WORLD}${E_PUCK('eye')}`

  test('a wall that comes, its paint and the daylight are in the camera’s picture', async () => {
    const bench = await Bench.open(SEEING, CAMERA)
    const eye = () => bench.puppets.get(1)!
    bench.run(3)
    const empty = eye().picture
    const [wall] = await bench.supervisor.edit({
      add: `Solid { name "wall" translation 0.3 0 0.1 children [ Shape { geometry Box { size 0.02 1 1 }
        appearance PBRAppearance { baseColor 0.5 0.5 0.5 } } ] }`,
    })
    bench.run(2)
    expect(eye().picture).not.toEqual(empty)
    const plain = eye().brightness
    const paint = childNodes(childNodes(wall!)[0]!).find(({ type }) => type === 'PBRAppearance')!
    bench.supervisor.setField(paint, 'baseColor', [0.1, 0.1, 0.1])
    bench.run(2)
    const dark = eye().brightness
    expect(dark).toBeLessThan(plain * 0.7)
    expect(bench.view.values.get(paint.id)).toEqual({ baseColor: '0.1 0.1 0.1' })
    bench.supervisor.setField(paint, 'emissiveColor', [0, 0.2, 0])
    bench.run(2)
    const glowing = eye().brightness
    expect(glowing).toBeGreaterThan(dark + 5)

    const sky = bench.scene.byDef.get('SKY')!
    const light = (luminosity: number) => {
      bench.supervisor.setField(sky, 'luminosity', luminosity)
      bench.run(2)
      return eye().brightness
    }
    light(0)
    // Without daylight there is only what glows: a fifth of green.
    expect(Math.max(...eye().picture.filter((_, i) => i % 4 < 3))).toBe(51)
    expect(Math.max(...eye().picture.filter((_, i) => i % 4 !== 1 && i % 4 < 3))).toBe(0)
    const pictures = [0, 0.5, 1, 2, 1000].map(light)
    expect(pictures).toEqual([...pictures].sort((a, b) => a - b))
    expect(new Set(pictures).size).toBe(5)
    expect(pictures[2]).toBeCloseTo(glowing, 9)
    expect(eye().brightness).toBeGreaterThan(200)
    await bench.supervisor.edit({ remove: [wall!] })
    bench.supervisor.setField(sky, 'luminosity', 1)
    bench.run(2)
    expect(eye().picture).toEqual(empty)
  })

  test('a texture whose file comes about while the world runs', async () => {
    const bench = await Bench.open(
      `${SEEING} Solid { name "wall" translation 0.3 0 0.1 children [ Shape { geometry Box { size 0.02 1 1 }
        appearance PBRAppearance { baseColorMap DEF PICTURE ImageTexture { url [ ] } } } ] }`,
      CAMERA,
    )
    const texture = bench.scene.byDef.get('PICTURE')!
    const eye = bench.puppets.get(1)!
    bench.run(3)
    const plain = eye.picture
    bench.supervisor.setField(texture, 'url', ['nowhere.png'])
    await bench.supervisor.edit({})
    expect(bench.diagnostics.map(({ code }) => code)).toEqual(['SCENE_FILE_MISSING'])
    expect(texture.fields.get('url')).toEqual([])
    bench.files.made.set('project:/made/floor.png', readFileSync(new URL('protos/textures/wooden_box.png', root)))
    bench.supervisor.setField(texture, 'url', ['../made/floor.png'])
    await bench.supervisor.edit({})
    bench.run(2)
    expect(eye.picture).not.toEqual(plain)
    expect(bench.view.values.get(texture.id)).toEqual({ url: ['made/floor.png'] })
    bench.simulation.reset()
    expect(texture.fields.get('url')).toEqual([])
    bench.run(3)
    expect(bench.puppets.get(2)!.picture).toEqual(plain)
  })
})

test('poses and velocities take effect and are told to viewers of a paused world', async () => {
  const bench = await Bench.open(`${WORLD}${BALL('ball')}`)
  const ball = bench.named('ball')
  bench.run(2)
  const before = bench.touches
  bench.supervisor.setPose(ball, { translation: [3, 2, 1], rotation: [0, 0, 0, 1] })
  expect(bench.touches).toBe(before + 1)
  bench.view.frame(bench.simulation.frame(false))
  expect(bench.view.values.get(ball.id)).toMatchObject({ translation: '3 2 1' })
  bench.supervisor.setVelocity(ball, { linear: [1, 0, 0], angular: [0, 0, 0] })
  bench.run(10)
  expect(bench.at('ball')[0]).toBeCloseTo(3.16, 2)
  bench.supervisor.resetPhysics(ball)
  expect(bench.supervisor.physics.velocity(ball.id)!.linear).toEqual([0, 0, 0])
  expect(() => bench.supervisor.setPose(ball, { translation: [Number.NaN, 0, 0], rotation: [0, 0, 0, 1] })).toThrow()
  expect(bench.simulation.inputLog.entries.map(({ type }) => type)).toEqual([
    'load',
    'pose',
    'velocity',
    'reset-physics',
  ])
})

test('the same changes at the same steps make the same run', async () => {
  const play = async () => {
    const bench = await Bench.open(`${WORLD}${E_PUCK('robot')}`)
    const hashes: string[] = []
    const [ball] = await bench.supervisor.edit({ add: BALL('ball', 0.3, 0.1) })
    for (let round = 0; round < 6; round++) {
      bench.run(12)
      hashes.push(bench.simulation.stateHash())
      if (round === 0) bench.supervisor.setVelocity(ball!, { linear: [-1, 0.1, 0], angular: [0, 1, 0] })
      if (round === 1) await bench.supervisor.edit({ add: `${E_PUCK('more', 0.2)} ${BALL('x', 0.1, 0.3)}` })
      if (round === 2) bench.supervisor.setPose(ball!, { translation: [0.1, 0.2, 0.4], rotation: [0, 0, 0, 1] })
      if (round === 3) await bench.supervisor.edit({ remove: [bench.named('robot')], add: BALL('y', 0, 0.8) })
    }
    return { hashes, log: bench.simulation.inputLog.entries }
  }
  const [first, second] = [await play(), await play()]
  expect(second).toEqual(first)
  expect(new Set(first.hashes).size).toBe(6)
})

test('a log of changes makes the run again', async () => {
  const world = `${WORLD}${BALL('ball')}`
  const bench = await Bench.open(world)
  const [more] = await bench.supervisor.edit({ add: BALL('more', 0.15, 0.9) })
  bench.run(20)
  bench.supervisor.setVelocity(more!, { linear: [0.5, 0, 0], angular: [0, 0, 0] })
  await bench.supervisor.edit({ add: 'Nonsense' }).catch(() => {})
  bench.run(20)
  await bench.supervisor.edit({ remove: [bench.named('ball')], add: BALL('last', 0.5, 0.4) })
  bench.run(20)

  const again = await Bench.open(world)
  for (const input of bench.simulation.inputLog.entries) {
    again.run((input.timeMs - again.simulation.timeMs) / 16)
    const node = (id: number) => again.scene.byId.get(id)!
    if (input.type === 'edit') await again.supervisor.edit({ remove: input.remove.map(node), add: input.add })
    if (input.type === 'velocity') again.supervisor.setVelocity(node(input.node), input.velocity)
  }
  again.run((bench.simulation.timeMs - again.simulation.timeMs) / 16)
  expect(again.simulation.stateHash()).toBe(bench.simulation.stateHash())
})

/** Everything that anybody keeps by id is in the scene, and the viewer has what a late one would get. */
function checkWhole({ scene, simulation, view }: Bench): void {
  const inside = new Set<number>()
  const visit = (node: SceneNode): void => {
    inside.add(node.id)
    for (const child of childNodes(node)) visit(child)
  }
  for (const node of scene.nodes) visit(node)
  expect([...scene.byId.keys()].sort()).toEqual([...inside].sort())
  for (const [def, node] of scene.byDef) expect(scene.byId.get(node.id), def).toBe(node)
  const { physics } = simulation.supervisor
  for (const solid of physics.movingSolids) expect(scene.byId.get(solid.id)).toBe(solid)
  expect(simulation.robots.list.map(({ nodeId }) => nodeId)).toEqual(
    scene.nodes.filter(({ type }) => type === 'Robot').map(({ id }) => id),
  )
  const late = new View(scene)
  expect([...view.ids].sort()).toEqual([...late.ids].sort())
  late.frame(simulation.frame(true))
  for (const id of view.values.keys()) expect(scene.byId.has(id)).toBe(true)
}

test('any series of changes leaves no traces of what has gone', async () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('ball' as const), x: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ kind: fc.constant('robot' as const), y: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('swap' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('wrong' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('paint' as const), red: fc.integer({ min: 0, max: 10 }) }),
    fc.record({ kind: fc.constant('run' as const), steps: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('reset' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const bench = await Bench.open(`${WORLD}${E_PUCK('robot', 6)}`)
      let count = 0
      const some = (at: number) => bench.scene.nodes.filter((node) => node !== bench.scene.worldInfo)[at % 4]
      for (const one of changes) {
        const name = `n${count++}`
        if (one.kind === 'ball') await bench.supervisor.edit({ add: `DEF BALL ${BALL(name, one.x, 1)}` })
        if (one.kind === 'robot') await bench.supervisor.edit({ add: E_PUCK(name, one.y) })
        const target = 'at' in one ? some(one.at) : undefined
        if (target && one.kind === 'remove') await bench.supervisor.edit({ remove: [target] })
        if (target && one.kind === 'swap')
          await bench.supervisor.edit({ remove: [target], add: `DEF BALL ${BALL(name)}` })
        if (target && one.kind === 'wrong') {
          await expect(bench.supervisor.edit({ remove: [target], add: `${BALL(name)} Wrong { }` })).rejects.toThrow()
        }
        const paint = bench.scene.byDef.get('PAINT')
        if (one.kind === 'paint' && paint) bench.supervisor.setField(paint, 'baseColor', [one.red / 10, 0, 0])
        if (one.kind === 'run') bench.run(one.steps)
        if (one.kind === 'reset') {
          bench.simulation.reset()
          bench.view.frame(bench.simulation.frame(true))
        }
        checkWhole(bench)
      }
      bench.simulation.close()
      running.splice(0)
    }),
    { numRuns: 25 },
  )
}, 60_000)
