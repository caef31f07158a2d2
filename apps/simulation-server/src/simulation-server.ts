import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type { ErrorReport, StreamDialect } from '@simyard/protocol'
import {
  field,
  type HttpPart,
  type Logger,
  type MonitorPage,
  notFound,
  refuseUpgrade,
  sendJson,
  sendMonitorPage,
  sendText,
  type TlsFiles,
} from '@simyard/service-host'
import { WebSocketServer } from 'ws'
import type { ClientSession } from './client/client-session.js'
import { type Opened, type StartRequest, Visit } from './client/visit.js'
import type { SimulationServerConfig } from './config.js'
import type { Instance, InstanceEvents } from './instance/instance.js'
import { type MachineFacts, readMachineFacts } from './machine/machine-facts.js'
import { MachineLoad } from './machine/machine-load.js'
import { MonitorLog } from './machine/monitor-log.js'
import { monitorPage } from './monitor/monitor-page.js'
import { ServerMetrics } from './monitor/server-metrics.js'
import type { ServerStatus } from './monitor/server-status.js'
import { UsageMeter } from './monitor/usage-meter.js'
import { choosePlacement } from './placement/choose-placement.js'
import type { Placement } from './placement/placement.js'
import { ProjectLibrary } from './project/project-library.js'
import type { PreparedProject, ProjectSource } from './project/project-source.js'
import { visitorLogFields } from './project/session-file.js'
import { Registration } from './registration/registration.js'
import type { SandboxReport } from './sandbox/open-sandbox.js'
import { TestedSandbox } from './sandbox/tested-sandbox.js'
import { Seats } from './seats.js'
import { Stage, type StageSources } from './stage.js'
import { InstancePorts } from './stream/instance-ports.js'
import { StreamDoor } from './stream/stream-door.js'

export interface SimulationServerOptions {
  readonly config: SimulationServerConfig
  readonly log: Logger
  readonly sources: StageSources
  /** Folder whose `protos/` worlds may read. */
  readonly assetsDir: string
  /** Sources beside those of the configuration, asked first. */
  readonly projectSources?: readonly ProjectSource[]
  /**
   * Streams are served by `handle` and `upgrade` under `/2001/` instead of on ports of their own; the public address
   * is then made from the Host that the visitor used.
   */
  readonly behindOnePort?: boolean
  /** Folder of `monitor.csv`; not written when absent. */
  readonly monitorLogDir?: string
  /** The ports of streams speak TLS with these files. */
  readonly tls?: TlsFiles
}

const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024

interface Entry extends Opened {
  readonly openedAt: number
}

export class SimulationServer implements HttpPart {
  private readonly stage: Stage
  private readonly sandbox: TestedSandbox
  private relay: string | undefined
  private readonly placement: Placement
  private readonly seats: Seats
  private readonly load: MachineLoad
  private readonly monitorLog: MonitorLog | undefined
  private readonly instances = new Map<number, Entry>()
  private readonly ports: InstancePorts
  private readonly door = new StreamDoor()
  private readonly returning = new Map<string, Visit>()
  private readonly clientSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_BYTES })
  private readonly projects: ProjectLibrary
  private readonly metrics = new ServerMetrics(() => this.status())
  private readonly usage = new UsageMeter(() => [...this.instances.values()].map(({ instance }) => instance))
  private machine: MachineFacts | undefined
  private registration: Registration | undefined
  private openedCount = 0
  readonly startedAt = new Date()

  constructor(private readonly options: SimulationServerOptions) {
    const { config, log } = options
    this.stage = new Stage(options.sources)
    const docker = {
      socketPath: config.container.socket,
      ...(config.sandboxImage ? { image: config.sandboxImage } : {}),
    }
    this.sandbox = new TestedSandbox(
      { stageDir: this.stage.root, driver: config.sandbox, docker },
      config.selfTestDelay * 1000,
      log,
    )
    this.seats = new Seats(config.maxConnections)
    this.ports = new InstancePorts(
      {
        host: config.host,
        open: !options.behindOnePort,
        count: config.maxConnections,
        find: (port) => this.instances.get(port)?.instance,
        tls: options.tls,
        log,
      },
      config.port,
    )
    this.relay = options.config.relay
    this.placement = choosePlacement({
      config,
      log,
      stage: this.stage,
      openSandbox: this.sandbox.opened,
      door: this.door,
      meter: this.metrics.stream,
      assetsDir: options.assetsDir,
      relay: () => this.relay,
    })
    this.projects = new ProjectLibrary({
      config,
      sites: options.projectSources ?? [],
      workDir: join(this.stage.root, 'projects'),
      confined: this.placement.confined,
      load: () => this.loadPercent,
    })
    if (options.monitorLogDir && config.monitorLogEnabled) this.monitorLog = new MonitorLog(options.monitorLogDir, log)
    this.load = new MachineLoad({
      formula: config.generation,
      counts: () => ({ running: this.running, idle: this.clientSockets.clients.size - this.running }),
      sampled: (sample) => this.monitorLog?.add(sample),
    })
    void readMachineFacts().then((machine) => {
      this.machine = machine
    })
    log.info({ driver: this.placement.driver }, this.placement.description)
  }

  get sandboxReport(): SandboxReport {
    return this.sandbox.report
  }

  /** Tries to break out of the sandbox; resolves when that is done. */
  async trySandbox(): Promise<void> {
    await this.sandbox.test()
  }

  private get running(): number {
    let running = 0
    for (const { instance } of this.instances.values()) if (instance.running) running++
    return running
  }

  /** Load in percent, as /load answers it; a server without a free seat is full whatever its processors say. */
  get loadPercent(): number {
    return this.seats.draining || this.seats.full ? Math.max(100, this.load.percent) : this.load.percent
  }

  /** Share of the seats that are taken, in percent: on one's own machine a busy processor is no reason to refuse. */
  get seatPercent(): number {
    return this.seats.draining ? 100 : (100 * this.seats.takenCount) / this.seats.total
  }

  /** When the port was chosen by the system, instances count from it. */
  setBasePort(port: number): void {
    this.ports.setBase(port)
  }

  // ---- HTTP ---------------------------------------------------------------------------------------------------

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    const stream = this.streamPath(path)
    if (stream) return stream.instance.handle(request, response, stream.path)
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'Only GET works here.')
    switch (pathname) {
      case '/load':
        return sendText(response, 200, this.loadPercent.toFixed(1))
      case '/monitor':
        return sendMonitorPage(response, this.monitor())
      case '/metrics':
        return this.metrics.send(response)
      case '/status':
        return sendJson(response, 200, this.status())
      case '/healthz':
        return sendText(response, 200, 'ok')
      default:
        return notFound(response, path)
    }
  }

  status(): ServerStatus {
    const now = performance.now()
    const { warm, driver, description } = this.placement
    return {
      startedAt: this.startedAt.toISOString(),
      load: Number(this.loadPercent.toFixed(1)),
      seats: { taken: this.seats.takenCount, total: this.seats.total },
      running: this.running,
      idle: this.instances.size - this.running,
      warm: warm ?? { ready: 0, size: 0 },
      draining: this.seats.draining,
      placement: { driver, description },
      sandbox: this.sandboxReport,
      selfTest: this.sandbox.tested ?? null,
      opened: this.openedCount,
      allowedRepositories: this.options.config.allowedRepositories,
      shareIdleTime: this.options.config.shareIdleTime,
      instances: [...this.instances.values()].map(({ instance, openedAt }) => ({
        instance: instance.port,
        project: instance.project,
        world: instance.world,
        running: instance.running,
        viewers: instance.viewers ?? null,
        viewersBehind: instance.viewersBehind ?? null,
        usage: this.usage.of(instance) ?? null,
        age: Math.round((now - openedAt) / 1000),
      })),
    }
  }

  private monitor(): MonitorPage {
    const { config } = this.options
    return monitorPage({
      title: config.title,
      description: config.description,
      status: this.status(),
      samples: this.load.samples,
      machine: this.machine,
      allowedRepositories: config.allowedRepositories,
      blockedRepositories: config.blockedRepositories,
      shareIdleTime: config.shareIdleTime,
      notify: config.notify,
      timeoutSeconds: config.timeout,
      controllerLimits: config.controllerLimits,
      simulatorLimits: config.simulatorLimits,
      nowMs: Date.now(),
    })
  }

  /** `/2001/…` on the main port (path form) as an instance and the path below it, with its query. */
  private streamPath(path: string): { instance: Instance; path: string } | undefined {
    const match = /^\/(\d{1,5})(?=[/?]|$)/.exec(path)
    const entry = match && this.instances.get(Number(match[1]))
    if (!entry) return undefined
    const below = path.slice(match[0].length)
    return { instance: entry.instance, path: below.startsWith('/') ? below : `/${below}` }
  }

  // ---- WebSocket ----------------------------------------------------------------------------------------------

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    if (path.split('?')[0] === '/client') {
      this.clientSockets.handleUpgrade(request, socket, head, (webSocket) => {
        new Visit(webSocket, {
          open: (start, session, events, gone) => this.open(start, request, session, events, gone),
          failed: (error) => {
            this.metrics.refused(error.code)
            this.options.log.warn({ [field.code]: error.code }, error.message)
          },
          timeoutSeconds: this.options.config.timeout,
          returning: this.returning,
        })
      })
      return
    }
    const stream = this.streamPath(path)
    if (stream) return stream.instance.upgrade(request, socket, head, stream.path)
    refuseUpgrade(socket, 404, 'There is no simulation at this address. It may have ended: start it again.')
  }

  private async open(
    start: StartRequest,
    request: IncomingMessage,
    session: ClientSession,
    events: InstanceEvents,
    gone: AbortSignal,
  ): Promise<Opened> {
    const startedAt = performance.now()
    const dialect: StreamDialect = start.type === 'init' ? '2019' : '2022'
    session.step({ name: 'seat', state: 'active' })
    const wanted = await this.projects.find(start)
    const { project, world } = wanted.reference
    const leaveSeat = this.seats.take()
    session.step({ name: 'seat', state: 'done' })
    session.step({ name: 'process', state: 'active' })
    const ports: number[] = []
    let prepared: Promise<PreparedProject> | undefined
    try {
      const port = await this.ports.take(this.programOpensPort ? 'program' : 'server')
      ports.push(port)
      const programPort =
        this.placement.streamBy === 'server' || this.programOpensPort ? port : await this.ports.take('program')
      if (programPort !== port) ports.push(programPort)
      const streamUrl = this.publicUrl(port, request)
      prepared = wanted.prepare({ signal: gone, progress: (line) => session.progress(line) })
      const instance = await this.placement.start({
        port,
        programPort,
        project,
        world,
        prepared,
        dialect,
        mode: start.type === 'start' ? start.mode : undefined,
        mayEditControllers: start.visitor.user1Id === '' || start.visitor.user1Authentication !== '',
        streamUrl,
        events,
      })
      const release = () => {
        if (this.instances.get(port)?.instance === instance) this.instances.delete(port)
        for (const taken of ports) this.ports.release(taken)
        leaveSeat()
        this.registration?.renew()
        const seconds = Math.round((performance.now() - startedAt) / 1000)
        this.options.log.info({ [field.instance]: port }, `Simulation ${port} ended after ${seconds} s`)
      }
      const entry: Entry = { instance, streamUrl, openedAt: performance.now(), release }
      if (!gone.aborted) this.instances.set(port, entry)
      const durationMs = Math.round(performance.now() - startedAt)
      this.metrics.opened(durationMs)
      this.openedCount++
      this.registration?.renew()
      this.options.log.info(
        {
          [field.instance]: port,
          [field.project]: project,
          [field.world]: world,
          ...visitorLogFields(start.visitor),
          [field.durationMs]: durationMs,
        },
        `Simulation ${port} opened: ${project}, ${world}`,
      )
      return entry
    } catch (error) {
      for (const taken of ports) this.ports.release(taken)
      leaveSeat()
      prepared?.then(
        (came) => came.release(),
        // Told already, or not as important as why the program did not start.
        () => undefined,
      )
      throw error
    }
  }

  /** Programs with a stream of their own open its port, unless we have to put TLS before it. */
  private get programOpensPort(): boolean {
    return this.placement.streamBy === 'program' && !this.options.tls && !this.options.behindOnePort
  }

  private publicUrl(port: number, request: IncomingMessage): string {
    const { config } = this.options
    const host = request.headers.host ?? 'localhost'
    if (this.options.behindOnePort) {
      const secure = request.headers['x-forwarded-proto'] === 'https'
      return `${secure ? 'wss' : 'ws'}://${host}/${port}`
    }
    const name = config.server ?? config.fullyQualifiedDomainName ?? host.replace(/:\d+$/, '')
    return `${this.secure ? 'wss' : 'ws'}://${name}${config.portRewrite ? '/' : ':'}${port}`
  }

  private get secure(): boolean {
    return this.options.config.ssl || this.options.tls !== undefined
  }

  /** Tells others where this server is; to be called when its port is open. */
  register(port: number): void {
    const { config, log } = this.options
    this.registration = new Registration({
      config,
      port,
      secure: this.secure,
      log,
      status: () => this.status(),
      obey: (order) => {
        if (order === 'return') this.seats.reopen()
        else this.cordon('The operator of this simulation server takes no new simulations on it. Try again.')
      },
    })
  }

  /** Simulations that start from now on have rooms at this relay. */
  setRelay(address: string): void {
    this.relay = address
  }

  /** Takes no new simulations, and tells visitors why. */
  cordon(reason: string): void {
    this.seats.drain(reason)
  }

  /** Takes no new simulations; the present ones go on. Resolves when the last one has ended. */
  drain(): Promise<void> {
    this.seats.drain(
      'This simulation server is being shut down and takes no new simulations. Try again: another one will take it.',
    )
    this.registration?.renew()
    return this.seats.whenEmpty()
  }

  async close(): Promise<void> {
    void this.drain()
    this.sandbox.close()
    this.usage.close()
    await this.registration?.close()
    this.placement.close()
    for (const client of this.clientSockets.clients) client.close(1001, 'the server is shutting down')
    const reason: ErrorReport = { code: 'NODE_DRAINING', message: 'The simulation server was shut down.' }
    for (const { instance } of this.instances.values()) instance.close(reason)
    this.instances.clear()
    this.door.close()
    await this.ports.close()
    this.load.close()
    await this.monitorLog?.close()
    await this.projects.close()
    this.stage.remove()
  }
}
