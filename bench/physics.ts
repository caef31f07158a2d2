import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadPhysicsEngine } from '@simyard/physics'
import { encodeLine, SimyardError } from '@simyard/protocol'
import { type FileSource, loadScene } from '@simyard/scene'
import { Simulation } from '@simyard/simulation'
import { repositoryRoot } from '@simyard/testkit'
import { ScriptedController } from '../e2e/determinism/scripted-controller.js'
import type { Bench } from './figure.js'

const MEASURE_MS = 2000
const INNER_STEP_MS = 2
const WORLD = 'project:/worlds/bench.wbt'

/** How fast the world goes without processes around it: the engine alone, the simulation, the simulation with sensors. */
export const physics: Bench = {
  name: 'physics',
  async run(tell) {
    const bar = { atLeast: 40 }
    const unit = '× real time'
    const fixed = await simulate({ basicTimeStepMs: 16, driven: false, movable: false })
    tell({ name: 'robot, ten fixed boxes', value: fixed.realTimeFactor, unit, bar })
    tell({ name: 'robot, ten fixed boxes: inner steps', value: fixed.innerStepsPerSecond, unit: '/s' })
    const fixedRaw = await engineAlone(fixed.mjcf)
    tell({ name: 'engine alone, same model', value: fixedRaw, unit })
    tell({ name: 'world / engine alone', value: fixed.realTimeFactor / fixedRaw, unit: '' })
    const driven = await simulate({ basicTimeStepMs: 16, driven: true, movable: false })
    tell({ name: 'the same, driven, 8 sensors each 16 ms', value: driven.realTimeFactor, unit, bar })
    const fine = await simulate({ basicTimeStepMs: INNER_STEP_MS, driven: true, movable: false })
    tell({ name: 'the same, driven, 8 sensors each 2 ms', value: fine.realTimeFactor, unit, bar })
    const movable = await simulate({ basicTimeStepMs: 16, driven: false, movable: true })
    tell({ name: 'robot, ten boxes that can be pushed', value: movable.realTimeFactor, unit, bar })
    const movableRaw = await engineAlone(movable.mjcf)
    tell({ name: 'engine alone, same model', value: movableRaw, unit })
    tell({ name: 'world / engine alone', value: movable.realTimeFactor / movableRaw, unit: '' })
  },
}

interface SimulateOptions {
  readonly basicTimeStepMs: number
  /** Whether a controller in this process drives and reads the distance sensors. */
  readonly driven: boolean
  /** Whether the boxes have a mass, each on four contacts, or stand for ever. */
  readonly movable: boolean
}

interface Simulated {
  readonly realTimeFactor: number
  readonly innerStepsPerSecond: number
  readonly mjcf: string
}

async function simulate(options: SimulateOptions): Promise<Simulated> {
  const engine = await loadPhysicsEngine()
  // The peer has to step the very same model, and nothing else hands out its text.
  const { MjModel } = engine
  const fromText = MjModel.from_xml_string
  let mjcf = ''
  MjModel.from_xml_string = new Proxy(fromText, {
    apply(target, self, args) {
      mjcf = String(args[0])
      return Reflect.apply(target, self, args)
    },
  })
  const controllers = new Map<number, ScriptedController>()
  const scene = await loadScene({ url: WORLD, files: worldFiles(options) })
  const simulation = await Simulation.create({
    scene,
    seed: 1,
    host: {
      startController: ({ controller }) => {
        controllers.set(controller, new ScriptedController(0, /^DistanceSensor$/))
      },
      stopController: () => {},
      sendToController: (controller, bytes) => controllers.get(controller)?.receive(bytes),
      console: () => {},
      diagnostic: () => {},
      controllersChanged: () => {},
    },
  })
  MjModel.from_xml_string = fromText
  const speak = () => {
    for (const [id, controller] of controllers) {
      const message = controller.next()
      if (message) simulation.robots.receiveFromController(id, encodeLine(message))
    }
  }
  try {
    if (options.driven) simulation.robots.startControllers()
    speak()
    const step = () => {
      speak()
      simulation.step()
    }
    while (simulation.timeMs < 4000) step()
    const simulatedMs = simulation.timeMs
    const startedAt = performance.now()
    while (performance.now() - startedAt < MEASURE_MS) step()
    const wallMs = performance.now() - startedAt
    const realTimeFactor = (simulation.timeMs - simulatedMs) / wallMs
    return { realTimeFactor, innerStepsPerSecond: (realTimeFactor * 1000) / INNER_STEP_MS, mjcf }
  } finally {
    simulation.close()
  }
}

/** mj_step in a loop: the same WebAssembly, model and inner step, without Simyard. */
async function engineAlone(mjcf: string): Promise<number> {
  const engine = await loadPhysicsEngine()
  const model = engine.MjModel.from_xml_string(mjcf)
  const data = new engine.MjData(model)
  try {
    for (let i = 0; i < 2000; i++) engine.mj_step(model, data)
    const simulated: number = data.time
    const startedAt = performance.now()
    while (performance.now() - startedAt < MEASURE_MS) engine.mj_step(model, data)
    return ((data.time - simulated) * 1000) / (performance.now() - startedAt)
  } finally {
    data.delete()
    model.delete()
  }
}

function worldFiles({ basicTimeStepMs, movable }: SimulateOptions): FileSource {
  const boxes = Array.from({ length: 10 }, (_, i) => {
    const [x, y] = [0.45 - 0.3 * (i % 4), 0.45 - 0.4 * Math.floor(i / 4)]
    const place = `translation ${x} ${y} 0.05 rotation 0 0 1 ${i / 3} name "box ${i}" size 0.1 0.1 0.1`
    return movable ? `WoodenBox { ${place} mass 0.3 }` : `SolidBox { ${place} }`
  })
  const world = `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep ${basicTimeStepMs} }
Viewpoint { }
RectangleArena { floorSize 1.5 1.5 }
${boxes.join('\n')}
E-puck { translation 0 -0.55 0 controller "script" }
`
  return {
    async read(url) {
      if (url === WORLD) return new TextEncoder().encode(world)
      const path = /^asset:\/+(.*)$/.exec(url)?.[1]
      if (path === undefined) throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
      return readFile(join(repositoryRoot, path)).catch((cause: unknown) => {
        throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`, { cause })
      })
    },
  }
}
