import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorReport, SimyardError, type StreamDialect } from '@simyard/protocol'
import { field, type HttpPart, type Logger, notFound, refuseUpgrade, sendJson, sendText } from '@simyard/service-host'
import { WebSocketServer } from 'ws'
import type { ClientSession } from './client/client-session.js'
import { type Opened, type StartRequest, Visit } from './client/visit.js'
import type { SimulationServerConfig } from './config.js'
import type { Instance, InstanceEvents } from './instance/instance.js'
import { MachineLoad } from './machine/machine-load.js'
import { MonitorLog } from './machine/monitor-log.js'
import { monitorPage } from './monitor/monitor-page.js'
import type { ServerStatus } from './monitor/server-status.js'
import { choosePlacement } from './placement/choose-placement.js'
import type { Placement } from './placement/placement.js'
import { HttpProjectSource, type ProjectSource, parseWorldUrl } from './project/project-source.js'
import { type OpenSandbox, openSandbox, type SandboxReport } from './sandbox/open-sandbox.js'
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
}

const MAX_CLIENT_MESSAGE_BYTES = 64 * 1024

interface Entry extends Opened {
  readonly openedAt: number
}

export class SimulationServer implements HttpPart {
  private readonly stage: Stage
  private readonly opened: OpenSandbox
  private readonly placement: Placement
  private readonly seats: Seats
  private readonly load: MachineLoad
  private readonly monitorLog: MonitorLog | undefined
  private readonly instances = new Map<number, Entry>()
  private readonly ports: InstancePorts
  private readonly door = new StreamDoor()
  private readonly clientSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_BYTES })
  private readonly sources: readonly ProjectSource[]
  readonly startedAt = new Date()

  constructor(private readonly options: SimulationServerOptions) {
    const { config, log } = options
    this.stage = new Stage(options.sources)
    this.opened = openSandbox({ stageDir: this.stage.root, driver: config.sandbox })
    this.sources = [...(options.projectSources ?? []), new HttpProjectSource(config.websites)]
    this.seats = new Seats(config.maxConnections)
    this.ports = new InstancePorts(
      {
        host: config.host,
        open: !options.behindOnePort,
        count: config.maxConnections,
        find: (port) => this.instances.get(port)?.instance,
      },
      config.port,
    )
    this.placement = choosePlacement({
      config,
      log,
      stage: this.stage,
      openSandbox: this.opened,
      door: this.door,
      assetsDir: options.assetsDir,
    })
    if (options.monitorLogDir && config.monitorLogEnabled) this.monitorLog = new MonitorLog(options.monitorLogDir, log)
    this.load = new MachineLoad({
      formula: config.generation,
      counts: () => ({ running: this.running, idle: this.clientSockets.clients.size - this.running }),
      sampled: (sample) => this.monitorLog?.add(sample),
    })
    log.info({ driver: this.placement.driver }, this.placement.description)
    log.info({ driver: this.opened.report.driver, safe: this.opened.report.safe }, this.opened.report.message)
  }

  get sandboxReport(): SandboxReport {
    return this.opened.report
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
        return sendText(response, 200, monitorPage(this.status()), { 'Content-Type': 'text/html; charset=utf-8' })
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
      sandbox: this.opened.report,
      instances: [...this.instances.values()].map(({ instance, openedAt }) => ({
        instance: instance.port,
        project: instance.project,
        world: instance.world,
        running: instance.running,
        viewers: instance.viewers ?? null,
        age: Math.round((now - openedAt) / 1000),
      })),
    }
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
          failed: (error) => this.options.log.warn({ [field.code]: error.code }, error.message),
          timeoutSeconds: this.options.config.timeout,
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
    const reference =
      start.type === 'start'
        ? parseWorldUrl(start.url)
        : parseWorldUrl(`${start.host}/projects/${start.project}/worlds/${start.world}`)
    const source = this.sources.find((candidate) => candidate.serves(reference))
    if (!source) {
      throw new SimyardError(
        'START_ORIGIN_REFUSED',
        `This simulation server does not run projects of ${reference.origin}. Its operator can allow it with "websites".`,
      )
    }
    const leaveSeat = this.seats.take()
    session.step({ name: 'seat', state: 'done' })
    session.step({ name: 'process', state: 'active' })
    let port: number | undefined
    try {
      port = await this.ports.take(this.placement.streamBy)
      const streamUrl = this.publicUrl(port, request)
      const instance = await this.placement.start({
        port,
        reference,
        source,
        dialect,
        mode: start.type === 'start' ? start.mode : undefined,
        mayEditControllers: start.type === 'start' || start.user1Id === '' || start.user1Authentication !== '',
        streamUrl,
        events,
      })
      const taken = port
      const release = () => {
        if (this.instances.get(taken)?.instance === instance) this.instances.delete(taken)
        this.ports.release(taken)
        leaveSeat()
      }
      const entry: Entry = { instance, streamUrl, openedAt: performance.now(), release }
      if (!gone.aborted) this.instances.set(port, entry)
      this.options.log.info(
        {
          [field.instance]: port,
          [field.project]: reference.project,
          [field.world]: reference.world,
          [field.durationMs]: Math.round(performance.now() - startedAt),
        },
        'instance opened',
      )
      return entry
    } catch (error) {
      if (port !== undefined) this.ports.release(port)
      leaveSeat()
      throw error
    }
  }

  private publicUrl(port: number, request: IncomingMessage): string {
    const { config } = this.options
    const host = request.headers.host ?? 'localhost'
    if (this.options.behindOnePort) {
      const secure = request.headers['x-forwarded-proto'] === 'https'
      return `${secure ? 'wss' : 'ws'}://${host}/${port}`
    }
    const name = config.server ?? config.fullyQualifiedDomainName ?? host.replace(/:\d+$/, '')
    return `${config.ssl ? 'wss' : 'ws'}://${name}${config.portRewrite ? '/' : ':'}${port}`
  }

  /** Takes no new simulations; the present ones go on. Resolves when the last one has ended. */
  drain(): Promise<void> {
    this.seats.drain(
      'This simulation server is being shut down and takes no new simulations. Try again: another one will take it.',
    )
    return this.seats.whenEmpty()
  }

  async close(): Promise<void> {
    void this.drain()
    this.placement.close()
    for (const client of this.clientSockets.clients) client.close(1001, 'the server is shutting down')
    const reason: ErrorReport = { code: 'NODE_DRAINING', message: 'The simulation server was shut down.' }
    for (const { instance } of this.instances.values()) instance.close(reason)
    this.instances.clear()
    this.door.close()
    await this.ports.close()
    this.load.close()
    await this.monitorLog?.close()
    this.stage.remove()
  }
}
