import { readdir, readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import {
  type ErrorReport,
  FOSSBOT_MODEL,
  reportError,
  type SimulatorToServer,
  SimyardError,
  type StreamDialect,
} from '@simyard/protocol'
import { field, type Logger } from '@simyard/service-host'
import { Feed, MadeFiles, StreamHub, type StreamMeter, type ViewerLink } from '@simyard/stream'
import { checkRelativePath, listWorlds, readInside, replaceInside } from '../project/project-files.js'
import type { PreparedProject } from '../project/project-source.js'
import { isSessionFile } from '../project/session-file.js'
import type { SandboxLimits } from '../sandbox/limits.js'
import type { OpenSandbox } from '../sandbox/open-sandbox.js'
import type { SimulatorProcess } from '../simulator/simulator-process.js'
import type { Slots } from '../slots.js'
import type { Stage } from '../stage.js'
import type { StreamDoor } from '../stream/stream-door.js'
import { WindowFiles } from '../window/window-files.js'
import { Controllers } from './controllers.js'
import { type Instance, type InstanceEvents, sessionEnded } from './instance.js'
import { InstanceRoom } from './instance-room.js'
import { ProjectFolder } from './project-folder.js'

export interface HostedInstanceContext {
  readonly openSandbox: OpenSandbox
  readonly stage: Stage
  readonly slots: Slots
  readonly controllerLimits: SandboxLimits
  /** Folder with the assets that ship with Simyard: its `protos/` is what worlds may read. */
  readonly assetsDir: string
  readonly log: Logger
  /** A controller that owes an answer for longer is ended. */
  readonly hangLimitMs: number
  readonly door: StreamDoor
  readonly meter?: StreamMeter
  /** Address of the relay at which simulations have rooms; undefined without one. */
  relay(): string | undefined
}

export interface HostedInstanceOptions {
  readonly port: number
  /** Its name, for logs and the monitor page. */
  readonly project: string
  /** Project-relative: `worlds/x.wbt`. */
  readonly world: string
  readonly prepared: Promise<PreparedProject>
  readonly simulator: SimulatorProcess
  /** Another one, for a simulator that was ready, waited for long, and died before it said a word. */
  replaceSimulator?(): Promise<SimulatorProcess>
  readonly dialect: StreamDialect
  /** Seed of the sensors' noise; the simulator's default when absent. */
  readonly seed?: number
  /** Public address of the stream, `ws://host/2001`, for extern controllers. */
  readonly streamUrl: string
  readonly events: InstanceEvents
}

/** A simulation whose simulator speaks simulator-v1: the server starts its controllers and serves its stream. */
export class HostedInstance implements Instance {
  readonly port: number
  readonly project: string
  readonly hub: StreamHub
  private readonly folder: ProjectFolder
  private readonly controllers: Controllers
  private readonly room: InstanceRoom | undefined
  private readonly feed: Feed
  private title = ''
  private readonly madeFiles = new MadeFiles()
  private worlds: string[] = []
  private readonly hangTimer: NodeJS.Timeout
  private closed = false
  private lastWorld: string
  private simulator: SimulatorProcess
  /** The simulator has been asked to load, and it has answered anything. */
  private loading = false
  private heard = false
  private replaced = false

  constructor(
    private readonly context: HostedInstanceContext,
    private readonly options: HostedInstanceOptions,
  ) {
    this.port = options.port
    this.project = options.project
    this.lastWorld = options.world
    this.folder = new ProjectFolder(context.stage, options.port, options.prepared)
    this.simulator = options.simulator
    this.feed = new Feed({
      toSimulator: (message) => void this.simulator.send(message),
      now: () => performance.now(),
    })
    this.hub = new StreamHub(
      {
        toSimulator: (message) => this.feed.fromHost(message),
        worlds: () => this.worlds,
        readController: (name) => this.readController(name),
        writeController: (name, file, content) => this.writeController(name, file, content),
        loadWorld: (world) => void this.load(world || this.lastWorld),
      },
      options.dialect,
      () => Date.now(),
      context.meter,
    )
    const { report } = context.openSandbox
    this.hub.announce('sandbox', { type: 'sandbox', driver: report.driver, safe: report.safe, message: report.message })
    this.controllers = new Controllers({
      sandbox: context.openSandbox.sandbox,
      stage: context.stage,
      slots: context.slots,
      limits: context.controllerLimits,
      projectDir: this.projectDir,
      pythonFound: report.python !== undefined,
      now: () => performance.now(),
      toSimulator: (message, body) => this.simulator.send(message, body),
      onSimulatorDrained: (resume) => this.simulator.onceDrained(resume),
      console: (robot, stream, line) => {
        this.hub.console(robot, stream, line)
        this.feed.take({ type: 'console', robot, stream, line }, new Uint8Array(0))
      },
      externWaits: (robot, token) => this.externWaits(robot, token),
    })
    const relay = context.relay()
    this.room = relay === undefined ? undefined : this.openRoom(relay)
    this.adopt(options.simulator)
    this.hangTimer = setInterval(() => {
      if (this.hub.running) this.controllers.endHanging(context.hangLimitMs)
    }, 1000)
  }

  private openRoom(relay: string): InstanceRoom {
    const files = `${this.options.streamUrl.replace(/^ws/, 'http')}/`
    return new InstanceRoom(
      relay,
      {
        command: (message) => void this.simulator.send({ type: 'room-message', message }),
        state: (room) => this.hub.announce('room', room),
        failed: (error) => this.hub.announce('room error', { type: 'error', error }),
        mended: () => this.hub.withdraw('room error'),
      },
      {
        offer: () => ({ host: 'server', title: this.title, project: files, assets: `${files}assets/` }),
        begin: (send) => this.feed.begin(send),
        end: () => this.feed.end(),
        request: (message) => this.feed.request(message),
      },
    )
  }

  private adopt(simulator: SimulatorProcess): void {
    this.simulator = simulator
    simulator.listen({
      message: (message, body) => {
        this.heard = true
        this.onSimulator(message, body)
      },
      exited: (reason) => this.onExit(reason),
    })
  }

  private onExit(reason: SimyardError): void {
    const { replaceSimulator } = this.options
    if (this.closed || this.heard || this.replaced || !replaceSimulator) return this.end(reason.toJSON())
    this.replaced = true
    replaceSimulator().then(
      (simulator) => {
        if (this.closed) return simulator.kill()
        this.adopt(simulator)
        if (this.loading) void this.load(this.lastWorld)
      },
      () => this.end(reason.toJSON()),
    )
  }

  get world(): string {
    return this.lastWorld
  }

  get running(): boolean {
    return this.hub.running
  }

  get viewers(): number {
    return this.hub.viewerCount
  }

  get viewersBehind(): number {
    return this.hub.viewersBehind
  }

  get pids(): readonly number[] {
    return [this.simulator.pid, ...this.controllers.pids]
  }

  private get projectDir(): string {
    return this.folder.path
  }

  /** The stream's address is told before the project is there: the page connects while it is fetched. */
  async open(): Promise<void> {
    const { events } = this.options
    events.started()
    events.ready()
    try {
      await this.folder.fill()
      this.worlds = await listWorlds(this.projectDir)
    } catch (error) {
      if (this.closed) return
      const report = reportError(error)
      this.hub.onSimulator({ type: 'load-failed', error: report, diagnostics: [] }, new Uint8Array(0))
      return events.loadFailed(report)
    }
    if (!this.closed) await this.load(this.lastWorld)
  }

  private async load(world: string): Promise<void> {
    this.lastWorld = world
    this.hub.worldLeaves()
    this.controllers.stopAll()
    this.worlds = await listWorlds(this.projectDir)
    this.loading = true
    this.feed.fromHost({ type: 'load', world, seed: this.options.seed })
  }

  private onSimulator(message: SimulatorToServer, body: Uint8Array): void {
    switch (message.type) {
      case 'read-file':
        void this.answerFile(message)
        return
      case 'start-controller':
        return this.controllers.start(message)
      case 'stop-controller':
        return this.controllers.stop(message.controller)
      case 'controller-data':
        return this.controllers.deliver(message.controller, body)
      case 'room-reply':
        this.room?.reply(message.event, message.payload)
        return
      case 'made-file':
        this.madeFiles.keep(message.path, body)
        return this.feed.take(message, body)
      case 'loaded':
        this.options.events.loaded()
        this.title = message.title.slice(0, 200)
        if (message.robots.some(({ model }) => model === FOSSBOT_MODEL)) this.room?.open()
        break
      case 'load-failed':
        this.options.events.loadFailed(message.error)
        break
    }
    if (!this.feed.isOnlyForWatchers(message)) this.hub.onSimulator(message, body)
    this.feed.take(message, body)
  }

  private async answerFile(message: Extract<SimulatorToServer, { type: 'read-file' }>): Promise<void> {
    const { simulator } = this
    try {
      const bytes = await this.readFile(message.scope, message.path)
      simulator.send({ type: 'file', request: message.request, found: true }, bytes)
    } catch (error) {
      simulator.send({ type: 'file', request: message.request, found: false, error: reportError(error).message })
    }
  }

  private readFile(scope: 'project' | 'asset', path: string): Promise<Buffer> {
    if (scope === 'project') return readInside(this.projectDir, path)
    const relative = checkRelativePath(path)
    if (!relative.startsWith('protos/')) throw new SimyardError('FILE_NOT_FOUND', `There is no asset ${relative}.`)
    return readInside(this.context.assetsDir, relative)
  }

  /** A file for the stream's HTTP side: `assets/…` ships with Simyard, everything else is the project's or the run's. */
  serveFile(path: string): Promise<Buffer> {
    const made = this.madeFiles.read(path)
    if (made) return Promise.resolve(Buffer.from(made))
    if (isSessionFile(path)) return Promise.reject(new SimyardError('FILE_NOT_FOUND', `There is no file ${path}.`))
    const window = new WindowFiles(this.projectDir, this.context.assetsDir).read(path)
    if (window) return window
    const asset = /^assets\/(.*)$/.exec(path)
    return asset ? this.readFile('asset', asset[1]!) : this.readFile('project', path)
  }

  private async readController(name: string): Promise<{ file: string; content: string }[]> {
    const folder = this.controllerFolder(name)
    const names = await readdir(join(this.projectDir, folder)).catch(() => [])
    if (names.length === 0) throw new SimyardError('CONTROLLER_MISSING', `The project has no controller ${name}.`)
    const main = names.filter((file) => file.startsWith(`${name}.`))
    const others = names.filter(
      (file) => !main.includes(file) && file !== 'runtime.ini' && /\.(py|js|mjs|json|txt|csv)$/.test(file),
    )
    const files: { file: string; content: string }[] = []
    for (const file of [...main, ...others]) {
      files.push({ file, content: await readFile(join(this.projectDir, folder, file), 'utf8') })
    }
    return files
  }

  private async writeController(name: string, file: string, content: string): Promise<void> {
    if (file === 'runtime.ini' || file.includes('..'))
      throw new SimyardError('FILE_PATH_INVALID', `The file ${file} cannot be changed.`)
    if (content.length > 1024 * 1024) throw new SimyardError('FILE_TOO_LARGE', `${file} is larger than 1 MB.`)
    await replaceInside(this.projectDir, `${this.controllerFolder(name)}/${file}`, content)
  }

  private controllerFolder(name: string): string {
    if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name))
      throw new SimyardError('FILE_PATH_INVALID', `${JSON.stringify(name)} is not a controller's name.`)
    return `controllers/${name}`
  }

  private externWaits(robot: string, token: string): void {
    const url = `${this.options.streamUrl}/controller/${encodeURIComponent(robot)}?token=${token}`
    this.hub.announce(`extern ${robot}`, { type: 'extern-controller', robot, url })
    this.hub.console(
      robot,
      'stdout',
      `Waiting for an extern controller. Start your program with SIMYARD_CONTROLLER_URL=${url}`,
    )
  }

  connectExtern(token: string, stream: Duplex): boolean {
    return this.controllers.connectExtern(token, stream)
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    void this.context.door.serveFile(this, path.split('?')[0]!, request, response)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    this.context.door.upgrade(this, request, socket, head, path)
  }

  resetController(path: string): Promise<void> {
    return this.folder.restore(path)
  }

  attach(link: ViewerLink): { receive(text: string): void; detach(): void } {
    return this.hub.attach(link)
  }

  private end(error: ErrorReport): void {
    if (this.closed) return
    this.context.log.warn({ [field.instance]: this.port, [field.code]: error.code }, error.message)
    this.close(error)
    this.options.events.ended(error)
  }

  close(reason: ErrorReport = sessionEnded): void {
    if (this.closed) return
    this.closed = true
    clearInterval(this.hangTimer)
    this.controllers.stopAll()
    this.room?.close()
    this.simulator.kill()
    this.hub.end(reason)
    this.folder.remove()
  }
}
