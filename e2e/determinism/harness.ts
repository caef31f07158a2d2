import type { EngineOptions } from '@simyard/physics'
import { encodeLine, type WorldFrame } from '@simyard/protocol'
import { type FileSource, loadScene } from '@simyard/scene'
import { Simulation } from '@simyard/simulation'
import { ScriptedController } from './scripted-controller.js'

export interface HarnessRun {
  /** `obstacle-avoidance/worlds/obstacle_avoidance.wbt`: below the folder of projects. */
  readonly world: string
  readonly steps: number
  /** Whether every robot has a controller that drives by a timetable and reads every sensor. */
  readonly driven: boolean
  /** Whether a supervisor adds, removes and pushes things on the way. */
  readonly edited?: boolean
}

export interface HarnessResult {
  /** After every second of simulated time and at the end: tells when two runs parted. */
  readonly hashes: readonly string[]
  readonly lastFrame: WorldFrame
  /** The last answer that each controller got, without pictures' bytes. */
  readonly readings: readonly string[]
}

/** Where a file of a world lies, relative to the repository. */
export function repositoryPath(world: string, url: string): string {
  const [, scheme, path] = /^(project|asset):\/+(.*)$/.exec(url) ?? []
  return scheme === 'project' ? `projects/${world.split('/')[0]}/${path}` : `${path}`
}

/** Runs a world with the same inputs wherever this code runs; nothing in here asks for the time. */
export async function runWorld(run: HarnessRun, files: FileSource, engine?: EngineOptions): Promise<HarnessResult> {
  const url = `project:/${run.world.split('/').slice(1).join('/')}`
  const scene = await loadScene({ url, files })
  const controllers = new Map<number, ScriptedController>()
  const simulation = await Simulation.create({
    scene,
    seed: 7,
    engine,
    host: {
      startController: ({ controller }) => {
        controllers.set(controller, new ScriptedController(controllers.size))
      },
      stopController: () => {},
      sendToController: (controller, bytes) => controllers.get(controller)?.receive(bytes),
      console: () => {},
      diagnostic: () => {},
      controllersChanged: () => {},
    },
  })
  const speak = () => {
    for (const [id, controller] of controllers) {
      const message = controller.next()
      if (message) simulation.robots.receiveFromController(id, encodeLine(message))
    }
  }
  try {
    if (run.driven) simulation.robots.startControllers()
    // hello, and after welcome the first step.
    speak()
    const hashes: string[] = []
    for (let step = 0; step < run.steps; step++) {
      if (run.edited) await edit(simulation, step)
      // A robot that has just come says hello first.
      if (simulation.robots.awaitsStart) speak()
      speak()
      const waiting = simulation.robots.awaited()
      if (waiting.length > 0) throw new Error(`${waiting.join(', ')} did not ask for time`)
      const second = Math.floor(simulation.timeMs / 1000)
      simulation.step()
      if (Math.floor(simulation.timeMs / 1000) > second) hashes.push(simulation.stateHash())
    }
    hashes.push(simulation.stateHash())
    return {
      hashes,
      lastFrame: simulation.frame(true),
      readings: [...controllers.values()].map((controller) => controller.lastAnswer),
    }
  } finally {
    simulation.close()
  }
}

const ball = (
  name: string,
  x: number,
) => `Solid { name "${name}" translation ${x} 0.1 0.4 boundingObject Sphere { radius 0.04 }
  physics Physics { density -1 mass 0.1 } children [ Shape { geometry Sphere { radius 0.04 } } ] }`

/** What a supervisor does before a step: a robot and balls come, are pushed and thrown, and the first robot goes. */
async function edit({ supervisor }: Simulation, step: number): Promise<void> {
  const named = (name: string) => supervisor.scene.nodes.find(({ fields }) => fields.get('name') === name)
  const found = named('thrown')
  if (step === 20) await supervisor.edit({ add: `${ball('thrown', 0.1)} ${ball('still', -0.1)}` })
  if (step === 60) await supervisor.edit({ add: 'E-puck { name "late" controller "late" translation 0.2 0.2 0.02 }' })
  if (step === 100 && found) supervisor.setVelocity(found, { linear: [-0.5, 0.3, 1], angular: [1, 2, 3] })
  if (step === 150 && found) supervisor.setPose(found, { translation: [0.05, 0.05, 0.6], rotation: [0, 0.6, 0, 0.8] })
  const robot = supervisor.physics.robots[0]
  if (step === 200 && robot) await supervisor.edit({ remove: [robot], add: ball('last', 0.2) })
}
