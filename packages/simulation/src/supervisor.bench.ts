import { readFileSync } from 'node:fs'
import { type Diagnostic, encodeLine, type SimulationToController, SimyardError } from '@simyard/protocol'
import { exportNodeX3d, exportX3d, type FileSource, loadScene, type Scene, type SceneNode } from '@simyard/scene'
import { expect } from 'vitest'
import { type SceneChange, Simulation } from './index.js'

const root = new URL('../../../', import.meta.url)
const running: Simulation[] = []

/** After each test. */
export function closeBenches(): void {
  for (const simulation of running.splice(0)) simulation.close()
}

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
export const CAMERA = [{ set: 'enable', device: 'camera', periodMs: 16 }]

/** What a viewer of the stream has: the ids of nodes, and the newest value of each of their fields. */
export class View {
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

/** A world whose robots are driven from here, with a viewer who checks what it is told. */
export class SupervisorBench {
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

  static async open(world: string, setUp: readonly object[] = WHEELS): Promise<SupervisorBench> {
    const bench = new SupervisorBench()
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

export const WORLD = `WorldInfo { basicTimeStep 16 }
DEF SKY Background { skyColor [ 0.6 0.6 0.6 ] }
DEF FLOOR Solid { name "floor" boundingObject Plane { size 20 20 } children [
  Shape { geometry Plane { size 20 20 } appearance DEF PAINT PBRAppearance { baseColor 0.5 0.5 0.5 } } ] }
`
export const BALL = (name: string, x = 0, z = 0.5) => `Solid { name "${name}" translation ${x} 0 ${z}
  children [ Shape { geometry Sphere { radius 0.1 } appearance PBRAppearance { baseColor 1 0 0 } } ]
  boundingObject Sphere { radius 0.1 } physics Physics { density -1 mass 1 } }`
export const E_PUCK = (name: string, y = 0) => `E-puck { name "${name}" controller "drive" translation 0 ${y} 0 }`
