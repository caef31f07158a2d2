import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { type ClientRequest, reportError, SimyardError, type StreamDialect } from '@simyard/protocol'
import { field, type HttpPart, type Logger, notFound, refuseUpgrade, sendJson, sendText } from '@simyard/service-host'
import { type WebSocket, WebSocketServer } from 'ws'
import { ClientSession } from './client/client-session.js'
import type { SimulationServerConfig } from './config.js'
import { Instance } from './instance/instance.js'
import { MachineLoad } from './machine-load.js'
import { monitorPage, type ServerStatus } from './monitor-page.js'
import { ProjectLibrary } from './project/project-library.js'
import type { ProjectSource } from './project/project-source.js'
import { visitorLogFields } from './project/session-file.js'
import { type OpenSandbox, openSandbox, type SandboxReport } from './sandbox/open-sandbox.js'
import { SimulatorProcess } from './simulator/simulator-process.js'
import { WarmPool } from './simulator/warm-pool.js'
import { Slots } from './slots.js'
import { Stage, type StageSources } from './stage.js'
import { StreamDoor } from './stream/stream-door.js'

export interface SimulationServerOptions {
  readonly config: SimulationServerConfig
  readonly log: Logger
  readonly sources: StageSources
  /** Folder whose `protos/` worlds may read. */
  readonly assetsDir: string
  /** Sources beside the websites of the configuration, asked first. */
  readonly projectSources?: readonly ProjectSource[]
  /**
   * Streams are served by `handle` and `upgrade` under `/2001/` instead of on ports of their own; the public address
   * is then made from the Host that the visitor used.
   */
  readonly behindOnePort?: boolean
}

const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024
/** Ports beside those of the seats that are tried when other programs hold some. */
const SPARE_PORTS = 100
const HEARTBEAT_MS = 5000
/** Sockets that are open and have not started anything are closed: they could be opened without end. */
const START_DEADLINE_MS = 60_000

export class SimulationServer implements HttpPart {
  private readonly stage: Stage
  private readonly opened: OpenSandbox
  private readonly slots = new Slots()
  private readonly pool: WarmPool
  private readonly load = new MachineLoad()
  private readonly instances = new Map<number, Instance>()
  private readonly door = new StreamDoor()
  private readonly takenPorts = new Set<number>()
  private readonly clientSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_BYTES })
  private readonly projects: ProjectLibrary
  private reserved = 0
  private draining = false
  private basePort: number
  readonly startedAt = new Date()

  constructor(private readonly options: SimulationServerOptions) {
    const { config, log } = options
    this.basePort = config.port
    this.stage = new Stage(options.sources)
    this.opened = openSandbox({ stageDir: this.stage.root, driver: config.sandbox })
    this.projects = new ProjectLibrary({
      config,
      sites: options.projectSources ?? [],
      workDir: join(this.stage.root, 'projects'),
      confined: this.opened.report.safe,
      load: () => this.loadPercent,
    })
    this.pool = new WarmPool(() => this.startSimulator(), config.warmSimulators, log)
    this.pool.fill()
    log.info({ driver: this.opened.report.driver, safe: this.opened.report.safe }, this.opened.report.message)
  }

  get sandboxReport(): SandboxReport {
    return this.opened.report
  }

  get running(): number {
    return [...this.instances.values()].filter((instance) => instance.hub.running).length
  }

  /** Load in percent, as /load answers it; a server without a free seat is full whatever its processors say. */
  get loadPercent(): number {
    return this.draining || this.seatsTaken >= this.options.config.maxConnections ? 100 : this.load.percent
  }

  /** Share of the seats that are taken, in percent: on one's own machine a busy processor is no reason to refuse. */
  get seatPercent(): number {
    return this.draining ? 100 : (100 * this.seatsTaken) / this.options.config.maxConnections
  }

  get seatsTaken(): number {
    return this.instances.size + this.reserved
  }

  /** When the port was chosen by the system, instances count from it. */
  setBasePort(port: number): void {
    this.basePort = port
  }

  private startSimulator(): SimulatorProcess {
    const slot = this.slots.take()
    const started = this.opened.sandbox.launch({
      label: 'simulator',
      runtime: 'node',
      args: ['--max-old-space-size=384', '/app/simulator.mjs'],
      readOnly: { [this.stage.simulatorDir]: '/app' },
      cwd: '/app',
      env: {},
      limits: this.options.config.simulatorLimits,
      slot,
    })
    void started.exited.then(() => this.slots.free(slot))
    return new SimulatorProcess(started, performance.now())
  }

  // ---- HTTP ---------------------------------------------------------------------------------------------------

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'Only GET works here.')
    switch (pathname) {
      case '/load':
        return sendText(response, 200, this.loadPercent.toFixed(1))
      case '/monitor':
        return sendText(response, 200, monitorPage(this.status()), { 'Content-Type': 'text/html; charset=utf-8' })
      case '/status':
        return sendJson(response, 200, this.status())
      case '/healthz':
        return sendText(response, 200, 'ok')
      default: {
        const stream = this.streamPath(pathname)
        if (stream) return void this.door.serveFile(stream.instance, stream.path, request, response)
        return notFound(response, path)
      }
    }
  }

  status(): ServerStatus {
    const { config } = this.options
    return {
      startedAt: this.startedAt.toISOString(),
      load: Number(this.loadPercent.toFixed(1)),
      seats: { taken: this.seatsTaken, total: config.maxConnections },
      running: this.running,
      idle: this.instances.size - this.running,
      warm: { ready: this.pool.readyCount, size: this.pool.size },
      draining: this.draining,
      sandbox: this.opened.report,
    }
  }

  /** `/2001/…` on the main port (path form) as an instance and the path below it. */
  private streamPath(pathname: string): { instance: Instance; path: string } | undefined {
    const match = /^\/(\d{1,5})(\/.*|$)/.exec(pathname)
    const instance = match && this.instances.get(Number(match[1]))
    return instance ? { instance, path: match[2] || '/' } : undefined
  }

  // ---- WebSocket ----------------------------------------------------------------------------------------------

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (pathname === '/client') {
      this.clientSockets.handleUpgrade(request, socket, head, (webSocket) => this.onClient(webSocket, request))
      return
    }
    const stream = this.streamPath(pathname)
    if (stream) return this.door.upgrade(stream.instance, request, socket, head, { path: stream.path, query: path })
    refuseUpgrade(socket, 404, 'There is no simulation at this address. It may have ended: start it again.')
  }

  private onClient(webSocket: WebSocket, request: IncomingMessage): void {
    const { config, log } = this.options
    let instance: Instance | undefined
    let releaseSeat = () => {}
    const timers: NodeJS.Timeout[] = []
    let gone = false
    const leaving = new AbortController()
    const session = new ClientSession(
      {
        send: (text) => {
          if (webSocket.readyState === webSocket.OPEN) webSocket.send(text)
        },
        close: () => webSocket.close(),
        abort: () => webSocket.terminate(),
      },
      {
        start: (start) => {
          clearTimeout(deadline)
          this.open(start, request, session, leaving.signal)
            .then((opened) => {
              if (!opened) return
              instance = opened.instance
              releaseSeat = opened.release
              if (gone) return this.endInstance(opened.instance, releaseSeat)
              timers.push(setInterval(() => session.heartbeat(), HEARTBEAT_MS))
              timers.push(
                setTimeout(
                  () =>
                    session.fail({
                      code: 'SESSION_TIME_OVER',
                      message: `The simulation was ended after ${config.timeout} s. Start it again to go on.`,
                    }),
                  config.timeout * 1000,
                ),
              )
            })
            .catch((error: unknown) => {
              if (gone) return
              const report = reportError(error)
              log.warn({ [field.code]: report.code }, report.message)
              session.fail(report)
            })
        },
        resetController: async (path) => {
          if (!instance)
            throw new SimyardError('CLIENT_BAD_MESSAGE', 'No simulation runs whose controller could be reset.')
          await instance.restoreController(path)
        },
      },
    )
    const deadline = setTimeout(() => webSocket.close(1008, 'nothing was started'), START_DEADLINE_MS)
    webSocket.on('message', (data, isBinary) => session.receive(isBinary ? '' : String(data)))
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => {
      gone = true
      leaving.abort()
      clearTimeout(deadline)
      for (const timer of timers) clearTimeout(timer)
      if (instance) this.endInstance(instance, releaseSeat)
    })
  }

  private endInstance(instance: Instance, release: () => void): void {
    instance.close()
    release()
  }

  private async open(
    start: Extract<ClientRequest, { type: 'start' | 'init' }>,
    request: IncomingMessage,
    session: ClientSession,
    leaving: AbortSignal,
  ): Promise<{ instance: Instance; release: () => void } | undefined> {
    const { config, log } = this.options
    const startedAt = performance.now()
    const dialect: StreamDialect = start.type === 'init' ? '2019' : '2022'
    session.step({ name: 'seat', state: 'active' })
    const wanted = await this.projects.find(start)
    if (this.draining)
      throw new SimyardError(
        'NODE_DRAINING',
        'This simulation server is being shut down and takes no new simulations. Try again: another one will take it.',
      )
    if (this.seatsTaken >= config.maxConnections) {
      throw new SimyardError(
        'NODE_FULL',
        `All ${config.maxConnections} seats of this simulation server are taken. Try again in a moment.`,
      )
    }
    session.step({ name: 'seat', state: 'done' })
    session.step({ name: 'process', state: 'active' })
    // The seat counts as taken from now on, also while the project comes and the simulator starts.
    this.reserved++
    const coming = wanted.prepare({ signal: leaving, progress: (line) => session.progress(line) })
    const [taken, project] = await together(this.takeSimulator(), coming, {
      first: (unused) => this.giveBack(unused),
      second: (unused) => unused.release(),
    }).finally(() => {
      this.reserved--
    })
    if (leaving.aborted) {
      this.giveBack(taken)
      project.release()
      return undefined
    }
    const { port } = taken
    const streamUrl = this.publicUrl(port, request)
    session.step({ name: 'process', state: 'done' })
    session.step({ name: 'world', state: 'active' })
    const instance = new Instance(
      {
        openSandbox: this.opened,
        stage: this.stage,
        slots: this.slots,
        controllerLimits: config.controllerLimits,
        assetsDir: this.options.assetsDir,
        log,
        hangLimitMs: config.controllerHangSeconds * 1000,
      },
      {
        port,
        world: wanted.reference.world,
        project,
        simulator: taken.simulator,
        dialect,
        streamUrl,
        onEnded: (error) => session.fail(error),
        onLoaded: () => session.step({ name: 'world', state: 'done' }),
        onLoadFailed: (error) => {
          session.step({ name: 'world', state: 'failed', error })
          session.tell(error)
        },
      },
    )
    this.instances.set(port, instance)
    const release = () => {
      this.instances.delete(port)
      this.releasePort(port)
    }
    session.streamReady(streamUrl, config.timeout)
    log.info(
      {
        [field.instance]: port,
        [field.project]: wanted.reference.project,
        [field.world]: wanted.reference.world,
        ...visitorLogFields(start.visitor),
        warm: taken.warm,
        [field.durationMs]: Math.round(performance.now() - startedAt),
      },
      'instance opened',
    )
    void instance.open()
    return { instance, release }
  }

  private async takeSimulator(): Promise<{ simulator: SimulatorProcess; warm: boolean; port: number }> {
    const port = await this.takePort()
    try {
      return { ...(await this.pool.take()), port }
    } catch (cause) {
      this.releasePort(port)
      const reason = (cause as Error).message
      throw new SimyardError('SIMULATOR_START_FAILED', `The simulator could not be started. ${reason}`, { cause })
    }
  }

  private giveBack({ simulator, port }: { simulator: SimulatorProcess; port: number }): void {
    this.pool.keep(simulator)
    this.releasePort(port)
  }

  private releasePort(port: number): void {
    this.takenPorts.delete(port)
    this.door.closePort(port)
  }

  /** A number for an instance: a port of its own that is open now, or a number of the path form. */
  private async takePort(): Promise<number> {
    const { config } = this.options
    const ownPorts = !this.options.behindOnePort && !config.portRewrite
    const last = this.basePort + config.maxConnections + (ownPorts ? SPARE_PORTS : 0)
    for (let port = this.basePort + 1; port <= last; port++) {
      if (this.takenPorts.has(port)) continue
      this.takenPorts.add(port)
      if (!ownPorts || (await this.door.openPort(port, config.host, () => this.instances.get(port)))) return port
      this.takenPorts.delete(port)
    }
    throw new SimyardError(
      'NODE_FULL',
      'This simulation server finds no free port for another simulation. Try again in a moment.',
    )
  }

  private publicUrl(port: number, request: IncomingMessage): string {
    const { config } = this.options
    if (this.options.behindOnePort) {
      const secure = request.headers['x-forwarded-proto'] === 'https'
      return `${secure ? 'wss' : 'ws'}://${request.headers.host ?? 'localhost'}/${port}`
    }
    return `${config.ssl ? 'wss' : 'ws'}://${config.server}${config.portRewrite ? '/' : ':'}${port}`
  }

  /** Takes no new simulations; the present ones go on. */
  drain(): void {
    this.draining = true
  }

  async close(): Promise<void> {
    this.draining = true
    this.pool.close()
    for (const client of this.clientSockets.clients) client.close(1001, 'the server is shutting down')
    for (const instance of this.instances.values()) {
      instance.close({ code: 'NODE_DRAINING', message: 'The simulation server was shut down.' })
    }
    this.instances.clear()
    await this.door.close()
    this.load.close()
    await this.projects.close()
    this.stage.remove()
  }
}

/** Waits for both; when one fails, that is told at once, and what the other brings is given back. */
async function together<A, B>(
  first: Promise<A>,
  second: Promise<B>,
  giveBack: { first(value: A): void; second(value: B): void },
): Promise<[A, B]> {
  try {
    return await Promise.all([first, second])
  } catch (error) {
    first.then(giveBack.first, () => undefined)
    second.then(giveBack.second, () => undefined)
    throw error
  }
}
