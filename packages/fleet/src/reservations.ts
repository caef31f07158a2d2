import type { NodeReport } from './node.js'

interface Reservation {
  readonly id: number
  /** Undefined while the visitor does not know of it and so cannot come. */
  readonly expiresMs: number | undefined
  /** The visitor has been seen; the load that follows from it has perhaps not. */
  readonly seated: boolean
}

/** How long a measured load may lag behind a visitor: servers tell the mean of the last five seconds. */
export const LOAD_LAG_MS = 6000

/** What one more visitor is expected to add, in percent, to a machine that does not tell its seats. */
export const LOAD_PER_VISITOR = 6

/**
 * Visitors who were sent to one node and do not show in its numbers yet. Each counts at once and until the node's own
 * numbers show it, so that nobody is counted twice, or until it is clear that nobody comes.
 */
export class Reservations {
  private list: Reservation[] = []
  private last: NodeReport | undefined
  /** The load of which the visitors on the list have not been part. */
  private baseLoad: number | undefined

  add(id: number, expiresMs: number | undefined): void {
    if (this.pending === 0) this.baseLoad = this.last?.load
    this.list.push({ id, expiresMs, seated: false })
  }

  /** Visitors who will need a seat that the node still counts as free. */
  get pending(): number {
    return this.list.filter(({ seated }) => !seated).length
  }

  /** Visitors whose load the node does not tell yet. */
  get unmeasured(): number {
    return this.list.length
  }

  isPending(id: number): boolean {
    return this.list.some((reservation) => reservation.id === id && !reservation.seated)
  }

  release(id: number): void {
    this.list = this.list.filter((reservation) => reservation.id !== id)
  }

  /** The visitor knows of it now and is on the way. */
  tell(id: number, expiresMs: number): void {
    this.list = this.list.map((reservation) =>
      reservation.id === id && reservation.expiresMs === undefined ? { ...reservation, expiresMs } : reservation,
    )
  }

  /** The server behind the address is another process now: its numbers begin anew. */
  restart(): void {
    this.last = undefined
    this.baseLoad = undefined
  }

  /** Takes off whom the node has seen since its last report. Returns how many came and how many left, when it tells seats. */
  report(report: NodeReport, nowMs: number): { arrived: number; left: number } | undefined {
    const before = this.last
    this.last = report
    if (!report.seats) {
      this.takeOffByLoad(report.load)
      return undefined
    }
    if (!before?.seats) return undefined
    const change = report.seats.taken - before.seats.taken
    const counted =
      report.opened !== undefined && before.opened !== undefined && report.opened >= before.opened
        ? report.opened - before.opened
        : undefined
    const arrived = counted ?? Math.max(0, change)
    // The oldest go first: those that stay then end later than they would, which gives no seat away twice.
    let seen = arrived
    this.list = this.list.map((reservation) => {
      if (reservation.seated || reservation.expiresMs === undefined || seen === 0) return reservation
      seen--
      return { ...reservation, seated: true, expiresMs: nowMs + LOAD_LAG_MS }
    })
    return { arrived, left: Math.max(0, arrived - change) }
  }

  /** A node that tells no seats shows its visitors by its load only. */
  private takeOffByLoad(load: number): void {
    if (this.baseLoad === undefined) {
      this.baseLoad = load
      return
    }
    const shown = Math.min(this.list.length, Math.max(0, Math.floor((load - this.baseLoad) / LOAD_PER_VISITOR)))
    this.list = this.list.slice(shown)
    this.baseLoad = this.list.length === 0 ? load : this.baseLoad + shown * LOAD_PER_VISITOR
  }

  /** Ends those whose visitor did not come. Returns how many. */
  expire(nowMs: number): number {
    const before = this.pending
    this.list = this.list.filter(({ expiresMs }) => expiresMs === undefined || nowMs < expiresMs)
    return before - this.pending
  }
}
