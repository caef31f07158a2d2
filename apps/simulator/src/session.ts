import { type FossbotHost, FossbotWorld } from '@simyard/fossbot'
import {
  type DeviceCommand,
  type ErrorReport,
  reportError,
  ServerToSimulator,
  SIMULATOR_PROTOCOL_VERSION,
  type SimulatorToServer,
  SimyardError,
  type Surroundings,
} from '@simyard/protocol'
import { exportNodeX3d, exportX3d, type FileSource, loadScene, type Scene } from '@simyard/scene'
import {
  type RunnerClock,
  type SceneChange,
  Simulation,
  type SimulationOptions,
  SimulationRunner,
} from '@simyard/simulation'
import { Watcher } from './watcher.js'

export interface SimulatorSessionOptions {
  /** To the server, or the page, that this simulator belongs to. */
  send(message: SimulatorToServer, body: Uint8Array): void
  readonly clock: RunnerClock
  readonly engine?: SimulationOptions['engine']
  /** The server wants this simulator to end. */
  close(): void
}

const DEFAULT_SEED = 1
/** Functions that only ask, hundreds of times a second, and change nothing. */
const QUESTION = /^(get_|dist_|deg_|check_)/
/** What everybody takes for granted until told otherwise. */
const AT_FIRST: Surroundings = { noise: false, brightness: 50, timer: { running: false, seconds: 0 } }
const MADE_FILES = 32
const NO_BODY = new Uint8Array(0)

/** One simulator behind simulator-v1, whatever carries its messages. It outlives a world that does not load. */
export class SimulatorSession {
  private readonly files: RemoteFiles
  private scene: Scene | undefined
  private runner: SimulationRunner | undefined
  private simulation: Simulation | undefined
  private fossbot: FossbotWorld | undefined
  private watcher: Watcher | undefined
  /** Pens have drawn something in this world. */
  private drawn = false
  /** Programs are told of a pause once. */
  private toldOfPause = false
  /** Loads wait for each other; only the newest counts. */
  private generation = 0

  constructor(private readonly options: SimulatorSessionOptions) {
    this.files = new RemoteFiles((message) => this.send(message))
  }

  hello(): void {
    this.send({ type: 'hello', version: SIMULATOR_PROTOCOL_VERSION })
  }

  receive(message: unknown, body: Uint8Array): void {
    const parsed = ServerToSimulator.safeParse(message)
    if (parsed.success) return this.handle(parsed.data, body)
    this.send({
      type: 'console',
      stream: 'stderr',
      line: `the simulator does not know this message: ${JSON.stringify(message).slice(0, 200)}`,
    })
  }

  private handle(message: ServerToSimulator, body: Uint8Array): void {
    switch (message.type) {
      case 'load':
        void this.load(message.world, message.seed ?? DEFAULT_SEED)
        return
      case 'mode':
        this.runner?.setMode(message.mode, message.untilMs)
        return
      case 'reset':
        if (!this.runner) return
        this.runner.reset()
        this.send({ type: 'reset-finished' })
        return
      case 'file':
        return this.files.answer(message, body)
      case 'export-scene':
        return this.exportScene(message.request, message.dialect)
      case 'controller-started':
        return
      case 'controller-data':
        this.simulation?.robots.receiveFromController(message.controller, body)
        return
      case 'controller-ended':
        this.simulation?.robots.controllerEnded(message.controller, message)
        return
      case 'room-message':
        return this.onRoomMessage(message.message)
      case 'surroundings':
        this.simulation?.inputLog.add({ ...message, timeMs: this.simulation.timeMs })
        this.fossbot?.control(message)
        return
      case 'watch':
        this.watcher?.set(message)
        return
      case 'drive':
        this.simulation?.robots.driveByHand(message.robot, motorCommands(message))
        return
      case 'robot-message':
        this.simulation?.robots.receiveWindowText(message.robot, message.message)
        return
      case 'close':
        this.unload()
        this.options.close()
    }
  }

  private async load(world: string, seed: number): Promise<void> {
    const generation = ++this.generation
    this.unload()
    try {
      const scene = await loadScene({
        url: `project:/${world}`,
        files: this.files,
        onProgress: (phase, percent) => this.send({ type: 'loading', phase, percent }),
        templates: { now: this.options.clock.now },
      })
      if (generation !== this.generation) return
      const simulation = await Simulation.create({
        scene,
        seed,
        engine: this.options.engine,
        host: this.simulationHost(generation),
      })
      if (generation !== this.generation) return simulation.close()
      this.scene = scene
      this.simulation = simulation
      this.runner = new SimulationRunner({ simulation, clock: this.options.clock, host: this.runnerHost() })
      this.watcher = new Watcher(simulation, (told, body) => this.send(told, body), this.options.clock.now)
      this.fossbot = new FossbotWorld(simulation.supervisor, this.fossbotHost(generation))
      this.send({
        type: 'loaded',
        world,
        title: simulation.title,
        info: simulation.info,
        basicTimeStepMs: simulation.basicTimeStepMs,
        fps: simulation.fps,
        robots: simulation.robots.list,
        diagnostics: scene.diagnostics,
      })
      this.runner.sendFrame(true)
      this.runner.setMode('pause')
      simulation.robots.startControllers()
    } catch (error) {
      if (generation !== this.generation) return
      this.unload()
      this.send({ type: 'load-failed', error: publicError(error), diagnostics: [] })
    }
  }

  private simulationHost(generation: number): SimulationOptions['host'] {
    const current = (message: SimulatorToServer, body?: Uint8Array) => {
      if (generation === this.generation) this.send(message, body)
    }
    return {
      startController: (request) => current({ type: 'start-controller', ...request }),
      stopController: (controller) => this.send({ type: 'stop-controller', controller }),
      sendToController: (controller, bytes) => current({ type: 'controller-data', controller }, bytes),
      console: (line) => current({ type: 'console', ...line }),
      diagnostic: (diagnostic) => current({ type: 'diagnostic', diagnostic }),
      windowText: (robot, text) => current({ type: 'robot-message', robot, message: text }),
      controllersChanged: () => this.runner?.controllersChanged(),
      sceneChanged: (change) => {
        if (generation === this.generation) this.tellSceneChange(change)
      },
      touched: () => this.runner?.worldTouched(),
    }
  }

  private fossbotHost(generation: number): FossbotHost {
    const current = (message: SimulatorToServer, body?: Uint8Array) => {
      if (generation === this.generation) this.send(message, body)
    }
    let told = JSON.stringify(AT_FIRST)
    return {
      nowMs: this.options.clock.now,
      reply: (payload) => current({ type: 'room-reply', event: 'godotMessage', payload }),
      error: (payload) => current({ type: 'room-reply', event: 'godotError', payload }),
      sound: (robot, name) => current({ type: 'sound', robot, name }),
      surroundings: (surroundings) => {
        const now = JSON.stringify(surroundings)
        if (now !== told) current({ type: 'surroundings', surroundings })
        told = now
      },
      madeFile: (path, bytes) => {
        this.files.keep(path, bytes)
        current({ type: 'made-file', path }, bytes)
      },
      console: (line, robot) => current({ type: 'console', stream: 'stderr', line, ...(robot ? { robot } : {}) }),
      restart: () => this.runner?.reset(),
    }
  }

  private onRoomMessage(message: Readonly<Record<string, unknown>>): void {
    const { simulation } = this
    if (!QUESTION.test(String(message.func))) {
      simulation?.inputLog.add({ timeMs: simulation.timeMs, type: 'room-message', message })
    }
    this.fossbot?.receive(message)
    if (this.runner?.currentMode !== 'pause') {
      this.toldOfPause = false
    } else if (!this.toldOfPause && typeof message.fossbot_name === 'string') {
      this.toldOfPause = true
      const line = `A program drives ${message.fossbot_name}, but the simulation is paused: run it.`
      this.send({ type: 'console', stream: 'stderr', line })
    }
  }

  private runnerHost() {
    return {
      frame: (frame: Extract<SimulatorToServer, { type: 'frame' }>['frame'], full: boolean) => {
        this.send({ type: 'frame', frame, full })
        this.tellInk(full)
        this.watcher?.tell()
      },
      mode: (change: Omit<Extract<SimulatorToServer, { type: 'mode' }>, 'type'>) =>
        this.send({ type: 'mode', ...change }),
      speed: (speed: { realTimeFactor: number; reason?: string }) => this.send({ type: 'speed', ...speed }),
      failed: (error: ErrorReport) => {
        this.send({ type: 'diagnostic', diagnostic: { severity: 'error', ...error } })
        this.send({ type: 'console', stream: 'stderr', line: `${error.message} [${error.code}]` })
      },
    }
  }

  /** A full frame is of a world that begins, or begins anew: nothing has been drawn in it. */
  private tellInk(clear: boolean): void {
    const strokes = this.simulation?.robots.takeStrokes() ?? []
    if (strokes.length > 0 || (clear && this.drawn)) this.send({ type: 'ink', strokes, clear })
    this.drawn = strokes.length > 0 || (this.drawn && !clear)
  }

  private tellSceneChange({ removed, added, robots }: SceneChange): void {
    const { scene } = this
    if (!scene) return
    for (const { id, inside } of removed) this.send({ type: 'node-removed', id, inside })
    for (const node of added) {
      const xml = {
        x3d: exportNodeX3d(scene, node, { dialect: 'x3d' }),
        'x3d-2019': exportNodeX3d(scene, node, { dialect: 'x3d-2019' }),
      }
      if (xml.x3d !== '' || xml['x3d-2019'] !== '') this.send({ type: 'node-added', parentId: 0, xml })
    }
    if (!robots) return
    this.send({ type: 'robots', robots })
    this.watcher?.robotsChanged()
  }

  private exportScene(request: number, dialect: 'x3d' | 'x3d-2019'): void {
    if (!this.scene) return
    this.send({ type: 'scene', request }, new TextEncoder().encode(exportX3d(this.scene, { dialect })))
  }

  private unload(): void {
    this.runner?.close()
    this.runner = undefined
    this.simulation = undefined
    this.fossbot = undefined
    this.watcher = undefined
    this.drawn = false
    this.files.forget()
    this.scene = undefined
  }

  private send(message: SimulatorToServer, body?: Uint8Array): void {
    this.options.send(message, body ?? NO_BODY)
  }
}

/** A speed alone turns the motor on and on; a position is where it stops. */
function motorCommands({
  device,
  position,
  velocity,
}: Extract<ServerToSimulator, { type: 'drive' }>): readonly DeviceCommand[] {
  if (position === undefined && velocity === undefined) return []
  return [
    { set: 'position', device, value: position ?? 'inf' },
    ...(velocity === undefined ? [] : [{ set: 'velocity', device, value: velocity } as const]),
  ]
}

/** Locations name files as their author knows them: without the scheme. */
function publicError(error: unknown): ErrorReport {
  const report = reportError(error)
  const message = report.message.replaceAll('project:/', '')
  if (!report.location) return { ...report, message }
  return { ...report, message, location: { ...report.location, file: report.location.file.replace('project:/', '') } }
}

/** Files of the project and of Simyard, asked for over the channel. */
class RemoteFiles implements FileSource {
  private readonly waiting = new Map<
    number,
    { resolve(bytes: Uint8Array): void; reject(error: Error): void; url: string }
  >()
  private readonly made = new Map<string, Uint8Array>()
  private nextRequest = 1

  constructor(private readonly send: (message: SimulatorToServer) => void) {}

  /** Files that came about in the run are read like those of the project. */
  keep(path: string, bytes: Uint8Array): void {
    this.made.set(path, bytes)
    for (const oldest of this.made.keys()) {
      if (this.made.size <= MADE_FILES) return
      this.made.delete(oldest)
    }
  }

  forget(): void {
    this.made.clear()
  }

  read(url: string): Promise<Uint8Array> {
    const match = /^(project|asset):\/+(.*)$/.exec(url)
    if (!match) return Promise.reject(new SimyardError('SCENE_FILE_MISSING', `${url} is not a file of this project.`))
    const made = match[1] === 'project' ? this.made.get(match[2]!) : undefined
    if (made) return Promise.resolve(made)
    const request = this.nextRequest++
    return new Promise((resolve, reject) => {
      this.waiting.set(request, { resolve, reject, url })
      this.send({ type: 'read-file', request, scope: match[1] as 'project' | 'asset', path: match[2]! })
    })
  }

  answer(message: Extract<ServerToSimulator, { type: 'file' }>, body: Uint8Array): void {
    const waiting = this.waiting.get(message.request)
    if (!waiting) return
    this.waiting.delete(message.request)
    if (message.found) waiting.resolve(body)
    else
      waiting.reject(
        new SimyardError(
          'SCENE_FILE_MISSING',
          `There is no file ${waiting.url.replace(/^project:\/+/, '')}. ${message.error ?? ''}`.trim(),
        ),
      )
  }
}
