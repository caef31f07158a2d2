import {
  type ErrorReport,
  encodeFrame,
  FrameDecoder,
  reportError,
  ServerToSimulator,
  SIMULATOR_PROTOCOL_VERSION,
  type SimulatorToServer,
  SimyardError,
} from '@simyard/protocol'
import { exportNodeX3d, exportX3d, type FileSource, loadScene, type Scene } from '@simyard/scene'
import {
  type RunnerClock,
  type SceneChange,
  Simulation,
  type SimulationOptions,
  SimulationRunner,
} from '@simyard/simulation'

export interface SimulatorSessionOptions {
  /** Writes bytes of simulator-v1 to the server. */
  write(bytes: Uint8Array): void
  readonly clock: RunnerClock
  readonly engine?: SimulationOptions['engine']
  /** The server wants this simulator to end. */
  close(): void
}

const DEFAULT_SEED = 1

/** One simulator behind simulator-v1: bytes in, bytes out. It outlives a world that does not load. */
export class SimulatorSession {
  private readonly decoder = new FrameDecoder()
  private readonly files: RemoteFiles
  private scene: Scene | undefined
  private runner: SimulationRunner | undefined
  private simulation: Simulation | undefined
  /** Loads wait for each other; only the newest counts. */
  private generation = 0

  constructor(private readonly options: SimulatorSessionOptions) {
    this.files = new RemoteFiles((message) => this.send(message))
  }

  hello(): void {
    this.send({ type: 'hello', version: SIMULATOR_PROTOCOL_VERSION })
  }

  receive(bytes: Uint8Array): void {
    for (const { header, body } of this.decoder.push(bytes)) {
      const parsed = ServerToSimulator.safeParse(header)
      if (parsed.success) this.handle(parsed.data, body)
      else
        this.send({
          type: 'console',
          stream: 'stderr',
          line: `the simulator does not know this message: ${JSON.stringify(header).slice(0, 200)}`,
        })
    }
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
        this.simulation?.receiveFromController(message.controller, body)
        return
      case 'controller-ended':
        this.simulation?.controllerEnded(message.controller, message)
        return
      case 'robot-message':
        this.simulation?.inputLog.add({
          timeMs: this.simulation.timeMs,
          type: 'robot-message',
          robot: message.robot,
          message: message.message,
        })
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
      this.send({
        type: 'loaded',
        world,
        title: simulation.title,
        info: simulation.info,
        basicTimeStepMs: simulation.basicTimeStepMs,
        fps: simulation.fps,
        robots: simulation.robotList,
        diagnostics: scene.diagnostics,
      })
      this.runner.sendFrame(true)
      this.runner.setMode('pause')
      simulation.startControllers()
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
      controllersChanged: () => this.runner?.controllersChanged(),
      sceneChanged: (change) => {
        if (generation === this.generation) this.tellSceneChange(change)
      },
      touched: () => this.runner?.worldTouched(),
    }
  }

  private runnerHost() {
    return {
      frame: (frame: Extract<SimulatorToServer, { type: 'frame' }>['frame'], full: boolean) =>
        this.send({ type: 'frame', frame, full }),
      mode: (change: Omit<Extract<SimulatorToServer, { type: 'mode' }>, 'type'>) =>
        this.send({ type: 'mode', ...change }),
      speed: (speed: { realTimeFactor: number; reason?: string }) => this.send({ type: 'speed', ...speed }),
      failed: (error: ErrorReport) => {
        this.send({ type: 'diagnostic', diagnostic: { severity: 'error', ...error } })
        this.send({ type: 'console', stream: 'stderr', line: `${error.message} [${error.code}]` })
      },
    }
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
    if (robots) this.send({ type: 'robots', robots })
  }

  private exportScene(request: number, dialect: 'x3d' | 'x3d-2019'): void {
    if (!this.scene) return
    this.send({ type: 'scene', request }, new TextEncoder().encode(exportX3d(this.scene, { dialect })))
  }

  private unload(): void {
    this.runner?.close()
    this.runner = undefined
    this.simulation = undefined
    this.scene = undefined
  }

  private send(message: SimulatorToServer, body?: Uint8Array): void {
    this.options.write(encodeFrame(message, body))
  }
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
  private nextRequest = 1

  constructor(private readonly send: (message: SimulatorToServer) => void) {}

  read(url: string): Promise<Uint8Array> {
    const match = /^(project|asset):\/+(.*)$/.exec(url)
    if (!match) return Promise.reject(new SimyardError('SCENE_FILE_MISSING', `${url} is not a file of this project.`))
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
