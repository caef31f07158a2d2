import {
  FLEET_PROTOCOL_VERSION,
  FleetHeartbeatAnswer,
  FleetLease as FleetLeaseAnswer,
  type FleetOrder,
  type FleetReport,
} from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import * as z from 'zod'

export interface FleetLeaseOptions {
  /** `http(s)://host:port` of the session server. */
  readonly sessionServer: string
  /** The session server's `fleetKey`. */
  readonly key: string
  /** Public address of this simulation server: `host:port`, or `host/port` behind a proxy. */
  readonly entry: string
  /** What this server tells of itself, asked before each heartbeat. */
  readonly report: () => FleetReport
  readonly log: Logger
  /** What an operator wants of this server, when that changes. */
  readonly onOrder?: (order: FleetOrder['order']) => void
}

const TIMEOUT_MS = 2000
const LEAVE_TIMEOUT_MS = 500
const FIRST_RETRY_MS = 250
const LAST_RETRY_MS = 10_000
/** Two servers with the same address take it from each other; ever more seldom, until an operator reads the log. */
const LAST_CONFLICT_MS = 60_000

/**
 * Keeps this simulation server in the fleet of a session server: registers, renews the lease, registers anew when it was
 * lost or the session server was started again, and leaves in the end. See docs/protocol/fleet-v1.md.
 */
export class FleetLease {
  private epoch: number | undefined
  private renewMs = 1000
  private retryMs = FIRST_RETRY_MS
  private conflictMs = FIRST_RETRY_MS
  private registeredAtMs = 0
  private order: FleetOrder['order'] = 'return'
  private timer: NodeJS.Timeout | undefined
  private beating: Promise<void> | undefined
  private news = false
  private troubled = false
  private closed = false

  constructor(private readonly options: FleetLeaseOptions) {
    this.renew()
  }

  /** Whether the session server knows this one. */
  get registered(): boolean {
    return this.epoch !== undefined
  }

  /** A heartbeat now, because there is news: the server drains, or has got its port. */
  renew(): void {
    if (this.closed) return
    // A heartbeat that is under way may have left before the news.
    this.news = this.beating !== undefined
    if (this.news) return
    clearTimeout(this.timer)
    this.beating = this.beat().then((waitMs) => {
      this.beating = undefined
      if (!this.closed) this.timer = setTimeout(() => this.renew(), this.news && !this.troubled ? 0 : waitMs)
    })
  }

  /** Resolves to the time until the next one. */
  private async beat(): Promise<number> {
    const { log, sessionServer, entry } = this.options
    try {
      const known = this.epoch !== undefined
      const order = known ? await this.heartbeat(this.epoch!) : await this.register()
      if (this.closed) return 0
      if (!known) log.info({ sessionServer, entry }, `Registered with the session server as ${entry}.`)
      else if (this.troubled) log.info({ sessionServer }, 'The session server answers again.')
      this.troubled = false
      this.retryMs = FIRST_RETRY_MS
      if (!known) this.registeredAtMs = performance.now()
      else if (performance.now() - this.registeredAtMs > LAST_CONFLICT_MS) this.conflictMs = FIRST_RETRY_MS
      if (order !== this.order) this.options.onOrder?.(order)
      this.order = order
      return this.renewMs
    } catch (error) {
      const lost = error instanceof Refused && (error.status === 409 || error.status === 410)
      if (lost) {
        this.epoch = undefined
        // Another server took the address: if it is still there, the two must not take it from each other in turns.
        if (error.status === 410) return 0
      }
      if (!this.troubled && !this.closed)
        log.warn(
          { sessionServer, err: error },
          `The session server does not keep the lease: ${(error as Error).message}`,
        )
      this.troubled = true
      const spread = 0.75 + Math.random() / 2
      if (lost) {
        this.conflictMs = Math.min(2 * this.conflictMs, LAST_CONFLICT_MS)
        return this.conflictMs * spread
      }
      this.retryMs = Math.min(2 * this.retryMs, LAST_RETRY_MS)
      return this.retryMs * spread
    }
  }

  private async register(): Promise<FleetOrder['order']> {
    const { entry, report } = this.options
    const body = { version: FLEET_PROTOCOL_VERSION, entry, report: report() }
    const lease = await this.post('nodes', body, FleetLeaseAnswer)
    this.epoch = lease.epoch
    this.renewMs = lease.renewMs
    return lease.order
  }

  private async heartbeat(epoch: number): Promise<FleetOrder['order']> {
    const { entry, report } = this.options
    return (await this.post('heartbeat', { entry, epoch, report: report() }, FleetHeartbeatAnswer)).order
  }

  private async post<Schema extends z.ZodType>(
    what: string,
    body: unknown,
    schema: Schema,
    timeoutMs = TIMEOUT_MS,
  ): Promise<z.infer<Schema>> {
    const response = await fetch(new URL(`/api/v1/fleet/${what}`, this.options.sessionServer), {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${this.options.key}` },
      body: JSON.stringify(body),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const text = await response.text()
    if (!response.ok) throw new Refused(response.status, reasonIn(text) ?? `it answers with status ${response.status}`)
    return schema.parse(JSON.parse(text))
  }

  /** Leaves the fleet, so that nobody is sent here any more; waits no longer than half a second. */
  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    clearTimeout(this.timer)
    await Promise.race([this.beating, new Promise((resolve) => setTimeout(resolve, LEAVE_TIMEOUT_MS))])
    if (this.epoch === undefined) return
    const body = { entry: this.options.entry, epoch: this.epoch }
    // Without an answer the lease ends by itself.
    await this.post('leave', body, z.unknown(), LEAVE_TIMEOUT_MS).catch(() => undefined)
    this.epoch = undefined
  }
}

class Refused extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message)
  }
}

function reasonIn(text: string): string | undefined {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: string } }
    return error?.message
  } catch {
    return undefined
  }
}
