import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { Fleet, type FleetEvent, LOAD_THRESHOLD, leaseTimes } from '@simyard/fleet'
import { cloudText, reportError, sessionText } from '@simyard/protocol'
import {
  type HttpPart,
  type Logger,
  notFound,
  refuseUpgrade,
  sendError,
  sendJson,
  sendMonitorPage,
  sendText,
} from '@simyard/service-host'
import { FleetApi, type FleetKeys } from './api/fleet-api.js'
import { SESSIONS_PATH, VisitorApi } from './api/visitor-api.js'
import { AvailabilityClients } from './availability-clients.js'
import { CloudApi } from './cloud/cloud-api.js'
import { RegisteredServers } from './cloud/registered-servers.js'
import { History } from './monitor/history.js'
import { monitorPage } from './monitor/monitor-page.js'
import { type NoticeOptions, Notices } from './notices/notices.js'
import type { FleetMember } from './polling/member.js'
import { Poller } from './polling/poller.js'
import { SessionMetrics } from './session-metrics.js'
import type { SessionStatus } from './status.js'

export interface SessionServerOptions {
  readonly members: readonly FleetMember[]
  /** Whether servers that register are given out as `wss:`. */
  readonly ssl: boolean
  readonly log: Logger
  readonly pollIntervalMs?: number
  /** For a whole answer. */
  readonly pollTimeoutMs?: number
  /** Percent; the default is that of the original. */
  readonly loadThreshold?: number
  /** Percent that /status shows for a server that does not answer. */
  readonly unreachableLoad?: number
  readonly reservationMs?: number
  /** How old what a node has told may be; without it that of polls or leases. */
  readonly reportLagMs?: number
  readonly keys?: FleetKeys
  readonly allowRegistration?: boolean
  readonly trustedProxies?: readonly string[]
  readonly notices?: NoticeOptions
}

const POLL_INTERVAL_MS = 1000
const POLL_TIMEOUT_MS = 2000
const UNREACHABLE_LOAD = 1000
/** Leases, reservations and tickets end by themselves within this time. */
const TICK_MS = 250

const sessionCors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'x-requested-with',
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
}
const visitorCors = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'content-type',
  'Access-Control-Allow-Methods': 'GET, POST, DELETE, OPTIONS',
  'Cache-Control': 'no-store',
}
const html = { 'Content-Type': 'text/html; charset=UTF-8' }
const fresh = { 'Cache-Control': 'no-store' }

/** Tells visitors which simulation server to use, and whether any is free. */
export class SessionServer implements HttpPart {
  private readonly fleet: Fleet
  private readonly members = new Map<string, FleetMember>()
  private readonly pollers: Poller[] = []
  private readonly clients: AvailabilityClients
  private readonly notices: Notices
  private readonly history: History
  private readonly counts: SessionMetrics
  private readonly fleetApi: FleetApi
  private readonly visitorApi: VisitorApi
  private readonly registered: RegisteredServers
  private readonly cloudApi: CloudApi | undefined
  private readonly startedAt = new Date()
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: SessionServerOptions) {
    const { log, loadThreshold, reservationMs, keys = {} } = options
    this.fleet = new Fleet({
      loadThreshold,
      reservationMs,
      reportLagMs:
        options.reportLagMs ??
        Math.max(
          leaseTimes.silentMs,
          (options.pollIntervalMs ?? POLL_INTERVAL_MS) + (options.pollTimeoutMs ?? POLL_TIMEOUT_MS),
        ),
      // Later than any number that a server before this one has given.
      firstEpoch: this.startedAt.getTime(),
      on: (event) => this.onEvent(event),
    })
    this.clients = new AvailabilityClients(log)
    this.notices = new Notices(options.notices ?? { webhooks: [] }, log)
    this.history = new History(this.fleet)
    this.counts = new SessionMetrics(this.fleet, {
      clients: () => this.clients.count,
      notDelivered: () => this.notices.waiting.mails + this.notices.waiting.webhooks,
    })
    this.fleetApi = new FleetApi(this.fleet, keys, () => this.status())
    this.visitorApi = new VisitorApi(this.fleet, (entry, request) => this.address(entry, request))
    this.registered = new RegisteredServers({
      fleet: this.fleet,
      timeoutMs: options.pollTimeoutMs ?? POLL_TIMEOUT_MS,
      watch: (member) => {
        const poller = this.watch(member)
        void poller.start()
        return poller
      },
      unwatch: ({ entry }) => {
        this.members.delete(entry)
        this.fleet.removeStatic(entry, performance.now())
        this.push()
      },
    })
    this.cloudApi = options.allowRegistration ? new CloudApi(this.registered, options.trustedProxies ?? []) : undefined
    for (const member of options.members) this.pollers.push(this.watch(member))
    this.timer = setInterval(() => this.push(), TICK_MS)
  }

  private watch(member: FleetMember): Poller {
    this.members.set(member.entry, member)
    this.fleet.addStatic(member.entry)
    return new Poller(member, this.fleet, {
      intervalMs: this.options.pollIntervalMs ?? POLL_INTERVAL_MS,
      timeoutMs: this.options.pollTimeoutMs ?? POLL_TIMEOUT_MS,
      polled: () => this.push(),
    })
  }

  /** One poll of every server, so that the first visitor already gets an answer. Bounded by the time-out of a poll. */
  get metrics(): SessionMetrics['metrics'] {
    return this.counts.metrics
  }

  async open(): Promise<void> {
    await Promise.all(this.pollers.map((poller) => poller.start()))
  }

  /** Where mails and webhooks say that people find more. */
  setMonitor(address: string): void {
    this.notices.setMonitor(address)
  }

  private onEvent(event: FleetEvent): void {
    this.counts.count(event)
    this.notices.tell(event)
  }

  private get available(): boolean {
    return this.fleet.available(performance.now())
  }

  private push(): void {
    this.clients.push(this.available)
  }

  /** The answer to /session for a visitor who used this Host. */
  private session(request: IncomingMessage, url?: string): string {
    const entry = this.fleet.allocate(performance.now(), url)
    this.counts.visitor(entry === undefined ? 'none' : 'server')
    this.push()
    return entry === undefined ? sessionText.noServer : this.address(entry, request)
  }

  private address(entry: string, request: IncomingMessage): string {
    const secure = this.members.get(entry)?.secure ?? this.options.ssl
    if (!entry.startsWith('/')) return sessionText.server(secure, entry)
    const forwarded = request.headers['x-forwarded-proto'] === 'https'
    return sessionText.server(secure || forwarded, `${request.headers.host ?? 'localhost'}${entry}`)
  }

  // ---- HTTP -----------------------------------------------------------------------------------------------------

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    const isGet = request.method === 'GET' || request.method === 'HEAD'
    if (pathname.startsWith('/api/') || pathname.startsWith('/ajax/')) return this.handleApi(request, response, path)
    if (!isGet) {
      const headers = pathname === '/session' ? { ...html, ...sessionCors } : html
      return sendText(response, 405, sessionText.failed(405, 'Method Not Allowed'), headers)
    }
    switch (pathname) {
      case '/session':
        return sendText(response, 200, this.session(request), { ...html, ...sessionCors, ...fresh })
      case '/load':
        return sendText(response, 200, String(this.fleet.meanLoad), { ...html, ...fresh })
      case '/':
        return sendText(response, 200, this.available ? sessionText.available : sessionText.unavailable, fresh)
      case '/monitor':
        return sendMonitorPage(response, this.monitor())
      case '/status':
        return sendJson(response, 200, this.status(), fresh)
      case '/metrics':
        return this.metrics.send(response)
      case '/healthz':
        return sendText(response, 200, 'ok')
      default:
        return sendText(response, 404, sessionText.failed(404, 'Not Found'), html)
    }
  }

  private handleApi(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/', query] = path.split('?')
    if (pathname === cloudText.paths.session && request.method === 'GET') {
      const url = new URLSearchParams(query).get('url') ?? undefined
      return sendText(response, 200, this.session(request, url), { ...html, ...fresh })
    }
    const cloud = this.cloudApi?.answer(request, pathname)
    if (cloud) {
      const json = { 'Content-Type': 'application/json', ...fresh }
      return this.whenDone(cloud, response, {}, (text) => sendText(response, 200, text, json))
    }
    const isForVisitors = pathname === SESSIONS_PATH || pathname.startsWith(`${SESSIONS_PATH}/`)
    if (isForVisitors && request.method === 'OPTIONS') return sendText(response, 204, '', visitorCors)
    const visitor = isForVisitors ? this.visitorApi.answer(request, pathname) : undefined
    if (visitor) {
      return this.whenDone(visitor, response, visitorCors, (answer) => {
        if (request.method === 'POST') this.counts.visitor(answer && 'server' in answer ? 'server' : 'none')
        this.push()
        if (answer) sendJson(response, 'ticket' in answer ? 202 : 200, answer, visitorCors)
        else sendText(response, 204, '', visitorCors)
      })
    }
    const answer = this.fleetApi.answer(request, pathname)
    if (!answer) return notFound(response, path)
    this.whenDone(answer, response, {}, (body) => {
      this.push()
      sendJson(response, 200, body, fresh)
    })
  }

  private whenDone<T>(
    answer: Promise<T>,
    response: ServerResponse,
    headers: Record<string, string>,
    send: (value: T) => void,
  ): void {
    answer.then(send).catch((error: unknown) => {
      const report = reportError(error)
      if (report.code === 'INTERNAL') this.options.log.error({ err: error }, 'A request failed.')
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
      sendError(response, report)
    })
  }

  status(): SessionStatus {
    const available = this.available
    const views = this.fleet.views()
    const unreachable = this.options.unreachableLoad ?? UNREACHABLE_LOAD
    return {
      startedAt: this.startedAt.toISOString(),
      available,
      load: this.fleet.meanLoad,
      seats: this.fleet.seats,
      reservations: views.reduce((sum, { reservations }) => sum + reservations, 0),
      waiting: this.fleet.waiting,
      meanSeatSeconds: Math.round(this.fleet.meanSeatMs / 1000),
      clients: this.clients.count,
      notDelivered: this.notices.waiting,
      servers: views.map(({ entry, kind, state, reason, load, seats, warm, reservations, available: free }) => ({
        entry,
        kind,
        state,
        reason,
        load: load ?? unreachable,
        seats,
        warm,
        reservations,
        available: free,
      })),
    }
  }

  private monitor() {
    this.history.sample()
    return monitorPage({
      status: this.status(),
      views: this.fleet.views(),
      history: this.history,
      recent: this.notices.recent,
      loadThreshold: this.options.loadThreshold ?? LOAD_THRESHOLD,
      monitorOf: (entry) => {
        if (entry.startsWith('/')) return `${entry}/monitor`
        return this.members.get(entry)?.monitor ?? `${this.options.ssl ? 'https' : 'http'}://${entry}/monitor`
      },
      startedAt: this.startedAt,
    })
  }

  // ---- WebSocket ------------------------------------------------------------------------------------------------

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    if (path.split('?')[0] !== '/') return refuseUpgrade(socket, 404, 'There is no WebSocket here.')
    const { available } = this
    this.clients.push(available)
    this.clients.upgrade(request, socket, head, available)
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    for (const poller of this.pollers) poller.close()
    this.registered.close()
    this.history.close()
    this.clients.close()
    this.notices.close()
  }
}
