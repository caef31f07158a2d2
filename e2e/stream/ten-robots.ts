import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeLine, SimyardError, type WorldFrame } from '@simyard/protocol'
import { exportX3d, type FileSource, loadScene } from '@simyard/scene'
import { Simulation } from '@simyard/simulation'
import { repositoryRoot } from '@simyard/testkit'
import { ScriptedController, type Timetable } from '../determinism/scripted-controller.js'

const WORLD = 'project:/worlds/ten-robots.wbt'
export const BASIC_TIME_STEP_MS = 16
const KINDS = ['E-puck', 'Thymio2', 'FourWheelRobot', 'E-puck', 'Pioneer3dx']

/** The world's text; `controller` drives all of them. */
export const tenRobotsWorld = (controller: string) => `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep ${BASIC_TIME_STEP_MS} }
Viewpoint { }
RectangleArena { floorSize 8 8 }
${Array.from({ length: 10 }, (_, i) => {
  const place = `${(i % 5) * 1.4 - 2.8} ${i < 5 ? -1.5 : 1.5} 0.1`
  return `${KINDS[i % KINDS.length]} { translation ${place} rotation 0 0 1 ${i} name "robot ${i}" controller "${controller}" }`
}).join('\n')}
`

const files: FileSource = {
  async read(url) {
    if (url === WORLD) return new TextEncoder().encode(tenRobotsWorld('script'))
    const path = /^asset:\/+(.*)$/.exec(url)?.[1]
    const missing = (cause?: unknown) => new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`, { cause })
    if (path === undefined) throw missing()
    return readFile(join(repositoryRoot, path)).catch((cause: unknown) => {
      throw missing(cause)
    })
  },
}

export interface TenRobots {
  /** What viewers get, at the rate that was asked for; the first is the whole state. */
  readonly frames: readonly WorldFrame[]
  readonly xml: string
}

/** Ten robots of the gallery, driven by programs that change their minds. The same run each time. */
export async function driveTenRobots(options: {
  readonly durationMs: number
  readonly frameMs: number
  /** Whole states instead of changes. */
  readonly full?: boolean
  readonly timetable?: Timetable
}): Promise<TenRobots> {
  const controllers = new Map<number, ScriptedController>()
  const scene = await loadScene({ url: WORLD, files })
  const simulation = await Simulation.create({
    scene,
    seed: 1,
    host: {
      startController: ({ controller }) => {
        controllers.set(controller, new ScriptedController(controllers.size, /^$/, options.timetable))
      },
      stopController: () => undefined,
      sendToController: (controller, bytes) => controllers.get(controller)?.receive(bytes),
      console: () => undefined,
      diagnostic: () => undefined,
      controllersChanged: () => undefined,
    },
  })
  const speak = () => {
    for (const [id, controller] of controllers) {
      const message = controller.next()
      if (message) simulation.robots.receiveFromController(id, encodeLine(message))
    }
  }
  try {
    simulation.robots.startControllers()
    speak()
    const frames = [simulation.frame(true)]
    while (simulation.timeMs < options.durationMs) {
      speak()
      simulation.step()
      if (simulation.timeMs % options.frameMs === 0) frames.push(simulation.frame(options.full === true))
    }
    return { frames, xml: exportX3d(scene, { dialect: 'x3d' }) }
  } finally {
    simulation.close()
  }
}
