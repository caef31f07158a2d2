import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorReport, reportError, SimyardError, type StreamDialect } from '@simyard/protocol'
import {
  field,
  type HttpPart,
  type Listening,
  type Logger,
  listen,
  notFound,
  refuseUpgrade,
  sendError,
  sendJson,
  sendText,
} from '@simyard/service-host'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import { ClientSession } from './client/client-session.js'
import type { SimulationServerConfig } from './config.js'
import { contentTypeOf } from './content-type.js'
import { Instance } from './instance/instance.js'
import { MachineLoad } from './machine-load.js'
import { monitorPage, type ServerStatus } from './monitor-page.js'
import { HttpProjectSource, type ProjectSource, parseWorldUrl } from './project/project-source.js'
import { type OpenSandbox, openSandbox, type SandboxReport } from './sandbox/open-sandbox.js'
import { SimulatorProcess } from './simulator/simulator-process.js'
import { WarmPool } from './simulator/warm-pool.js'
import { Slots } from './slots.js'
import { Stage, type StageSources } from './stage.js'

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
/** A page's largest message is a controller's file. */
const MAX_STREAM_MESSAGE_BYTES = 2 * 1024 * 1024
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
  private readonly listeners = new Map<number, Listening>()
  private readonly clientSockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_BYTES })
  private readonly streamSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_STREAM_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 4096, concurrencyLimit: 2 },
  })
  private readonly sources: readonly ProjectSource[]
  private reserved = 0
  private draining = false
  private basePort: number
  readonly startedAt = new Date()

  constructor(private readonly options: SimulationServerOptions) {
    const { config, log } = options
    this.basePort = config.port
    this.stage = new Stage(options.sources)
    this.opened = openSandbox({ stageDir: this.stage.root, driver: config.sandbox })
    this.sources = [...(options.projectSources ?? []), new HttpProjectSource(config.websites)]
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
        if (stream) return void this.serveStreamFile(stream.instance, stream.path, request, response)
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

  /** Files of a running simulation for its viewers: textures, meshes, robot windows. */
  async serveStreamFile(
    instance: Instance,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const cors = { 'Access-Control-Allow-Origin': '*' }
    try {
      const relative = decodeURIComponent(path).replace(/^\/+/, '')
      const bytes = await instance.serveFile(relative)
      const etag = createHash('md5').update(bytes).digest('hex')
      const headers = { ...cors, 'Cache-Control': 'public, max-age=3600', etag, 'X-Content-Type-Options': 'nosniff' }
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304, headers).end()
        return
      }
      response.writeHead(200, { ...headers, 'Content-Type': contentTypeOf(relative), 'Content-Length': bytes.length })
      response.end(request.method === 'HEAD' ? undefined : bytes)
    } catch (error) {
      const report: ErrorReport =
        error instanceof URIError
          ? { code: 'FILE_PATH_INVALID', message: 'This path is not well formed.' }
          : reportError(error)
      response.setHeader('Access-Control-Allow-Origin', '*')
      sendError(response, report)
    }
  }

  // ---- WebSocket ----------------------------------------------------------------------------------------------

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (pathname === '/client') {
      this.clientSockets.handleUpgrade(request, socket, head, (webSocket) => this.onClient(webSocket, request))
      return
    }
    const stream = this.streamPath(pathname)
    if (stream) return this.upgradeStream(stream.instance, request, socket, head, stream.path, path)
    refuseUpgrade(socket, 404, 'There is no simulation at this address. It may have ended: start it again.')
  }

  upgradeStream(
    instance: Instance,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    path: string,
    withQuery: string,
  ): void {
    if (path.startsWith('/controller/')) {
      const token = new URL(withQuery, 'http://localhost').searchParams.get('token') ?? ''
      this.streamSockets.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket)
        stream.on('error', () => stream.destroy())
        if (!instance.connectExtern(token, stream)) webSocket.close(1008, 'no robot waits for this controller')
      })
      return
    }
    this.streamSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const viewer = instance.attach({
        send: (text) => {
          if (webSocket.readyState === webSocket.OPEN) webSocket.send(text)
        },
        get queuedBytes() {
          return webSocket.bufferedAmount
        },
        close: (code, reason) => webSocket.close(code, reason),
      })
      webSocket.on('message', (data, isBinary) => viewer.receive(isBinary ? '' : String(data)))
      webSocket.on('close', () => viewer.detach())
      // A message over the limit or a broken frame: ws closes the socket with the right code by itself.
      webSocket.on('error', () => viewer.detach())
    })
  }

  private onClient(webSocket: WebSocket, request: IncomingMessage): void {
    const { config, log } = this.options
    let instance: Instance | undefined
    let releaseSeat = () => {}
    const timers: NodeJS.Timeout[] = []
    let gone = false
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
          this.open(start, request, session, () => gone)
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
              const report = reportError(error)
              log.warn({ [field.code]: report.code }, report.message)
              session.fail(report)
            })
        },
        resetController: async () => {
          throw new SimyardError('FILE_PATH_INVALID', 'A controller is restored from the project page here.')
        },
      },
    )
    const deadline = setTimeout(() => webSocket.close(1008, 'nothing was started'), START_DEADLINE_MS)
    webSocket.on('message', (data, isBinary) => session.receive(isBinary ? '' : String(data)))
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => {
      gone = true
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
    start: { type: 'start'; url: string } | { type: 'init'; host: string; project: string; world: string },
    request: IncomingMessage,
    session: ClientSession,
    gone: () => boolean,
  ): Promise<{ instance: Instance; release: () => void } | undefined> {
    const { config, log } = this.options
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
    this.reserved++
    let taken: { simulator: SimulatorProcess; warm: boolean }
    try {
      session.step({ name: 'seat', state: 'done' })
      session.step({ name: 'process', state: 'active' })
      taken = await this.pool.take()
    } catch (cause) {
      throw new SimyardError(
        'SIMULATOR_START_FAILED',
        `The simulator could not be started. ${(cause as Error).message}`,
        { cause },
      )
    } finally {
      this.reserved--
    }
    if (gone()) {
      taken.simulator.kill()
      return undefined
    }
    const port = this.freePort()
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
        reference,
        source,
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
      void this.listeners.get(port)?.close()
      this.listeners.delete(port)
    }
    try {
      if (!this.options.behindOnePort && !config.portRewrite) await this.listenForStream(instance, port)
    } catch (error) {
      this.endInstance(instance, release)
      throw error
    }
    session.streamReady(streamUrl, config.timeout)
    log.info(
      {
        [field.instance]: port,
        [field.project]: reference.project,
        [field.world]: reference.world,
        warm: taken.warm,
        [field.durationMs]: Math.round(performance.now() - startedAt),
      },
      'instance opened',
    )
    void instance.open()
    return { instance, release }
  }

  private async listenForStream(instance: Instance, port: number): Promise<void> {
    const part: HttpPart = {
      handle: (request, response, path) => void this.serveStreamFile(instance, path.split('?')[0]!, request, response),
      upgrade: (request, socket, head, path) =>
        this.upgradeStream(instance, request, socket, head, path.split('?')[0]!, path),
      close: async () => undefined,
    }
    this.listeners.set(port, await listen(part, { host: this.options.config.host, port }))
  }

  private freePort(): number {
    let port = this.basePort + 1
    while (this.instances.has(port)) port++
    return port
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
    await Promise.all([...this.listeners.values()].map((listening) => listening.close()))
    this.load.close()
    this.stage.remove()
  }
}
