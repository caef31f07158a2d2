import type { Fleet, NodeReport } from '@simyard/fleet'
import { type CloudSetup, SimyardError } from '@simyard/protocol'
import { HttpMember } from '../polling/http-member.js'
import type { FleetMember } from '../polling/member.js'
import type { Poller } from '../polling/poller.js'

/** A simulation server of the original that has registered itself. */
export interface Registered {
  readonly id: number
  readonly url: string
  readonly load: number
  /** Load in percent up to which it runs worlds of others. */
  readonly share: number
  readonly startedAt: Date
  readonly updatedAt: Date
}

interface Entry extends Registered {
  readonly member: RegisteredMember
  readonly poller: Poller
}

/** What a server told when it registered is part of every report of it. */
class RegisteredMember implements FleetMember {
  private readonly http: HttpMember
  constructor(
    entry: string,
    secure: boolean,
    public told: Pick<NodeReport, 'allowedRepositories' | 'shareIdleTime'>,
  ) {
    this.http = new HttpMember(entry, secure)
  }

  get entry() {
    return this.http.entry
  }

  get secure() {
    return this.http.secure
  }

  get monitor() {
    return this.http.monitor
  }

  async report(signal: AbortSignal): Promise<NodeReport> {
    return { ...(await this.http.report(signal)), ...this.told }
  }
}

export interface RegisteredOptions {
  readonly fleet: Fleet
  readonly timeoutMs: number
  readonly watch: (member: FleetMember) => Poller
  readonly unwatch: (member: FleetMember) => void
}

const MAX_SERVERS = 1000
/** Anybody may ask how a server is; it is not asked more often than this. */
const FRESH_MS = 1000

/** The simulation servers that registered by their `notify`; they are polled like those of the configuration. */
export class RegisteredServers {
  private readonly entries = new Map<string, Entry>()
  private lastId = 0

  constructor(private readonly options: RegisteredOptions) {}

  /** Asks the server first: only one that answers is taken. */
  async add({ url, shareIdleTime, allowedRepositories }: CloudSetup): Promise<void> {
    const { protocol, host, pathname } = new URL(url)
    const secure = protocol === 'https:'
    const told = { allowedRepositories, shareIdleTime }
    const known = this.entries.get(key(url))
    if (known) {
      known.member.told = told
      return this.replace(known, await this.ask(known.member))
    }
    const rewritten = /^\/\d+/.exec(pathname)
    const entry = rewritten ? `${host}${rewritten[0]}` : host.includes(':') ? host : `${host}:${secure ? 443 : 80}`
    if (this.options.fleet.views().some((view) => view.entry === entry))
      throw new SimyardError('REQUEST_INVALID', `${entry} is in the fleet already.`)
    if (this.entries.size >= MAX_SERVERS)
      throw new SimyardError('FLEET_NO_CAPACITY', 'No more servers can register here.')
    const member = new RegisteredMember(entry, secure, told)
    const { load } = await this.ask(member)
    // The same server may have asked twice meanwhile.
    if (this.entries.has(key(url))) return
    const now = new Date()
    const poller = this.options.watch(member)
    const added = { id: ++this.lastId, url: key(url), load, share: shareIdleTime, startedAt: now, updatedAt: now }
    this.entries.set(key(url), { ...added, member, poller })
  }

  /** Its load now. A server that does not answer is taken out, as webots.cloud does. */
  async refresh(url: string): Promise<Registered | undefined> {
    const entry = this.entries.get(key(url))
    if (!entry) return undefined
    if (Date.now() - entry.updatedAt.getTime() < FRESH_MS) return entry
    try {
      this.replace(entry, await this.ask(entry.member))
      return this.entries.get(key(url))
    } catch {
      entry.poller.close()
      this.entries.delete(key(url))
      this.options.unwatch(entry.member)
      return undefined
    }
  }

  private ask(member: FleetMember): Promise<NodeReport> {
    return member.report(AbortSignal.timeout(this.options.timeoutMs))
  }

  private replace(entry: Entry, { load, shareIdleTime = 0 }: NodeReport): void {
    this.entries.set(entry.url, { ...entry, load, share: shareIdleTime, updatedAt: new Date() })
  }

  all(): Registered[] {
    const loads = new Map(this.options.fleet.views().map(({ entry, load }) => [entry, load]))
    return [...this.entries.values()].map((entry) => ({ ...entry, load: loads.get(entry.member.entry) ?? entry.load }))
  }

  close(): void {
    for (const { poller } of this.entries.values()) poller.close()
  }
}

function key(url: string): string {
  return url.replace(/\/$/, '')
}
