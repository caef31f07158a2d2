import { isRepositoryUrl } from '@simyard/protocol'
import type { FleetEvent } from './events.js'
import type { NodeReport, NodeState, NodeView, OperatorOrder } from './node.js'
import { LOAD_PER_VISITOR, Reservations } from './reservations.js'

/** So far below the threshold a full node counts as free again in the events: a load that wavers is not news each second. */
const FREE_AGAIN_MARGIN = 5

/** One simulation server as the fleet knows it. */
export class FleetNode {
  /** The number of its lease; undefined while it is only polled. */
  epoch: number | undefined
  heardMs = 0
  order: OperatorOrder = 'return'
  private report: NodeReport | undefined
  private silence: string | undefined
  /** Whether anybody has been told of it. */
  known = false
  private toldFull = false

  constructor(
    readonly entry: string,
    /** Named by the configuration: it is polled when it has no lease, and never forgotten. */
    public configured: boolean,
    private readonly threshold: number,
    private readonly tell: (event: FleetEvent) => void,
    readonly reservations = new Reservations(),
  ) {}

  get kind(): 'static' | 'leased' {
    return this.epoch === undefined ? 'static' : 'leased'
  }

  hear(report: NodeReport, nowMs: number): { arrived: number; left: number } | undefined {
    const silent = this.report === undefined
    this.report = report
    this.silence = undefined
    this.heardMs = nowMs
    if (silent) this.tell({ type: 'node-answers', entry: this.entry, load: report.load, first: !this.known })
    this.known = true
    const full = report.load >= this.threshold
    if (full && !this.toldFull) this.tell({ type: 'node-full', entry: this.entry, load: report.load })
    const free = report.load < this.threshold - Math.min(FREE_AGAIN_MARGIN, this.threshold / 2)
    if (free && this.toldFull) this.tell({ type: 'node-free', entry: this.entry, load: report.load })
    if (full || free) this.toldFull = full
    return this.reservations.report(report, nowMs)
  }

  fallSilent(reason: string): void {
    const news = this.silence === undefined
    this.report = undefined
    this.silence = reason
    this.toldFull = false
    this.known = true
    if (news) this.tell({ type: 'node-silent', entry: this.entry, reason })
  }

  get state(): NodeState {
    if (this.silence !== undefined) return 'silent'
    if (this.report === undefined) return 'unknown'
    if (this.report.draining || this.order === 'drain') return 'draining'
    return this.order === 'cordon' ? 'cordoned' : 'ready'
  }

  get load(): number | undefined {
    return this.report?.load
  }

  get seats(): NodeReport['seats'] {
    return this.report?.seats
  }

  /** Percent, with the visitors who were sent there: by the machine, or by the seats if those tell more. */
  get expectedLoad(): number {
    if (!this.report) return Number.POSITIVE_INFINITY
    const { load, seats } = this.report
    const { pending, unmeasured } = this.reservations
    if (!seats) return load + pending * LOAD_PER_VISITOR
    const share = 100 / Math.max(1, seats.total)
    return Math.max(load + unmeasured * share, (seats.taken + pending) * share)
  }

  /** Whether one more visitor may be sent there. */
  get available(): boolean {
    if (this.state !== 'ready' || !this.report) return false
    const { load, seats } = this.report
    if (!seats) return this.expectedLoad < this.threshold
    return load < this.threshold && seats.taken + this.reservations.pending < seats.total
  }

  /** How well the node fits a world at this address; undefined when it does not run it. Smaller is better. */
  rank(url: string | undefined): { group: number; load: number } | undefined {
    const load = this.expectedLoad
    const { allowedRepositories, shareIdleTime } = this.report ?? {}
    // Which sites' projects it runs a node does not tell: whoever comes from one knows that it may.
    if (url === undefined || !isRepositoryUrl(url)) return { group: 0, load }
    if (allowedRepositories?.some((repository) => isBelow(url, repository))) return { group: 0, load }
    // A server that tells neither runs everything.
    const share = allowedRepositories === undefined && shareIdleTime === undefined ? 100 : (shareIdleTime ?? 0)
    return share > load ? { group: 1, load: load - share } : undefined
  }

  view(): NodeView {
    return {
      entry: this.entry,
      kind: this.kind,
      state: this.state,
      reason: this.silence,
      load: this.load,
      expectedLoad: this.expectedLoad,
      seats: this.seats,
      warm: this.report?.warm,
      reservations: this.reservations.pending,
      available: this.available,
    }
  }
}

/** A repository is a beginning of the address up to a slash: `…/alice` is not `…/alice2`. */
function isBelow(url: string, repository: string): boolean {
  return url === repository || url.startsWith(repository.endsWith('/') ? repository : `${repository}/`)
}
