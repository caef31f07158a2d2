import type { FleetEvent } from './events.js'
import { FleetNode } from './fleet-node.js'
import type { NodeReport, NodeView, OperatorOrder } from './node.js'
import { LOAD_LAG_MS, type Reservations } from './reservations.js'
import { type Ticket, TicketQueue } from './ticket-queue.js'
import { Turnover } from './turnover.js'

/** A server at or over this load, in percent, gets no visitors, unless an operator sets another threshold. */
export const LOAD_THRESHOLD = 95

const MAX_MISSED = 1000

export const leaseTimes = {
  /** A node renews its lease so often. */
  renewMs: 1000,
  /** Three renewals were missed: nobody is sent there. */
  silentMs: 3500,
  /** The lease is over; a node that returns later has to register anew. */
  endMs: 10_000,
} as const

export interface FleetOptions {
  /** Percent. */
  readonly loadThreshold?: number
  /** A visitor who was sent somewhere and is not seen there within this time will not come. */
  readonly reservationMs?: number
  /**
   * How old what a node has told may be while visitors are sent there. Who arrives at the last moment shows only then, and
   * the seat is kept until it does.
   */
  readonly reportLagMs?: number
  /** A ticket whose holder has not asked for so long is given up. */
  readonly ticketLapseMs?: number
  readonly maxTickets?: number
  /**
   * Epochs count from here. A server that starts again gives a later number, so that no lease of before is taken for
   * one of now.
   */
  readonly firstEpoch?: number
  readonly on?: (event: FleetEvent) => void
}

export type TicketAnswer =
  | { readonly state: 'seat'; readonly entry: string }
  | { readonly state: 'waiting'; readonly place: number; readonly waitMs: number | undefined }

export type HeartbeatAnswer = 'renewed' | 'stale' | 'unknown'

/**
 * All simulation servers, and who is sent where. Decisions only: it neither asks nor tells anybody, and takes the time
 * as an argument, in milliseconds that never go back.
 */
export class Fleet {
  private readonly nodes = new Map<string, FleetNode>()
  /** Stay with the address while the server behind it is started again. */
  private readonly orders = new Map<string, OperatorOrder>()
  /** Of nodes whose lease has ended: a visitor may be on the way to one that registers anew. */
  private readonly orphans = new Map<string, Reservations>()
  /** Nodes that were told as gone and have not come back. */
  private readonly missed = new Set<string>()
  private readonly queue: TicketQueue
  private readonly turnover = new Turnover()
  private readonly threshold: number
  private readonly keepMs: number
  private readonly tell: (event: FleetEvent) => void
  private epochs: number
  private lastReservation = 0

  constructor(options: FleetOptions = {}) {
    this.threshold = options.loadThreshold ?? LOAD_THRESHOLD
    this.keepMs = (options.reservationMs ?? 15_000) + (options.reportLagMs ?? leaseTimes.silentMs)
    this.queue = new TicketQueue(options.ticketLapseMs ?? 10_000, options.maxTickets ?? 1000)
    this.epochs = options.firstEpoch ?? 0
    this.tell = options.on ?? (() => {})
  }

  // ---- What nodes tell ------------------------------------------------------------------------------------------

  /** A node of the configuration, which is polled. */
  addStatic(entry: string): void {
    this.node(entry, true).configured = true
  }

  /** It is not polled any more. */
  removeStatic(entry: string, nowMs: number): void {
    const node = this.nodes.get(entry)
    if (!node) return
    node.configured = false
    // It stays while it keeps itself.
    if (node.epoch !== undefined) return
    this.nodes.delete(entry)
    this.orphans.set(entry, node.reservations)
    this.tell({ type: 'node-left', entry })
    this.tick(nowMs)
  }

  private node(entry: string, configured: boolean): FleetNode {
    const known = this.nodes.get(entry)
    if (known) return known
    const node = new FleetNode(entry, configured, this.threshold, this.tell, this.orphans.get(entry))
    this.orphans.delete(entry)
    node.known = this.missed.delete(entry)
    node.order = this.orders.get(entry) ?? 'return'
    this.nodes.set(entry, node)
    return node
  }

  /** Whether it keeps itself by heartbeats and need not be polled. */
  hasLease(entry: string): boolean {
    return this.nodes.get(entry)?.epoch !== undefined
  }

  /** What a poll of a node without a lease found. */
  report(entry: string, report: NodeReport, nowMs: number): void {
    const node = this.nodes.get(entry)
    if (!node || node.epoch !== undefined) return
    this.hear(node, report, nowMs)
  }

  /** A poll found that it does not answer, or not properly. */
  silence(entry: string, reason: string, nowMs: number): void {
    const node = this.nodes.get(entry)
    if (!node || node.epoch !== undefined) return
    node.fallSilent(reason)
    this.tick(nowMs)
  }

  /** A new lease. Whoever held one for this address before has lost it. Returns the number that its heartbeats carry. */
  register(entry: string, report: NodeReport, nowMs: number): number {
    const node = this.node(entry, false)
    const replaced = node.epoch !== undefined
    const epoch = ++this.epochs
    node.epoch = epoch
    node.reservations.restart()
    this.tell({ type: 'node-registered', entry, epoch, replaced })
    this.hear(node, report, nowMs)
    return epoch
  }

  /** `stale`: somebody else holds the lease now. `unknown`: it has ended. Both have to register anew. */
  heartbeat(entry: string, epoch: number, report: NodeReport, nowMs: number): HeartbeatAnswer {
    this.tick(nowMs)
    const node = this.nodes.get(entry)
    if (node?.epoch === undefined) return 'unknown'
    if (node.epoch !== epoch) return 'stale'
    this.hear(node, report, nowMs)
    return 'renewed'
  }

  leave(entry: string, epoch: number, nowMs: number): HeartbeatAnswer {
    this.tick(nowMs)
    const node = this.nodes.get(entry)
    if (node?.epoch === undefined) return 'unknown'
    if (node.epoch !== epoch) return 'stale'
    this.tell({ type: 'node-left', entry })
    this.endLease(node)
    this.tick(nowMs)
    return 'renewed'
  }

  private endLease(node: FleetNode): void {
    node.epoch = undefined
    if (node.configured) node.fallSilent('its lease has ended and it has not been polled since')
    else {
      this.nodes.delete(node.entry)
      this.orphans.set(node.entry, node.reservations)
    }
  }

  private hear(node: FleetNode, report: NodeReport, nowMs: number): void {
    const takenBefore = this.seats.taken
    const moved = node.hear(report, nowMs)
    this.turnover.count(takenBefore, moved?.left ?? 0, nowMs)
    this.tick(nowMs)
  }

  // ---- Operators ------------------------------------------------------------------------------------------------

  /** False when there is no such node, and none that may come back with an order. */
  order(entry: string, order: OperatorOrder, nowMs: number): boolean {
    const node = this.nodes.get(entry)
    if (!node && !this.orders.has(entry)) return false
    if (this.orderOf(entry) !== order) this.tell({ type: 'node-ordered', entry, order })
    if (node) node.order = order
    if (order === 'return') this.orders.delete(entry)
    else this.orders.set(entry, order)
    this.tick(nowMs)
    return true
  }

  /** What an operator wants of a node; it hears it with the answer to its heartbeat. */
  orderOf(entry: string): OperatorOrder {
    return this.orders.get(entry) ?? 'return'
  }

  views(): NodeView[] {
    return [...this.nodes.values()].map((node) => node.view())
  }

  // ---- Visitors -------------------------------------------------------------------------------------------------

  /** Where a visitor goes, or undefined when all servers are full or gone, or others have waited longer. */
  allocate(nowMs: number, url?: string): string | undefined {
    this.tick(nowMs)
    const node = this.choose(url)
    if (!node) return undefined
    node.reservations.add(++this.lastReservation, this.arrivalBy(node, nowMs))
    return node.entry
  }

  /** A load that is measured shows a visitor after a while; a seat that is kept has to be taken or given up. */
  private arrivalBy(node: FleetNode, nowMs: number): number {
    return nowMs + (node.seats ? this.keepMs : LOAD_LAG_MS)
  }

  /** Whether `allocate` would find a seat. */
  available(nowMs: number): boolean {
    this.tick(nowMs)
    return [...this.nodes.values()].some((node) => node.available)
  }

  /** The smallest expected load; the first one wins ties. */
  private choose(url: string | undefined): FleetNode | undefined {
    let best: FleetNode | undefined
    let least: { group: number; load: number } | undefined
    for (const node of this.nodes.values()) {
      const rank = node.available ? node.rank(url) : undefined
      if (!rank) continue
      if (least && (rank.group > least.group || (rank.group === least.group && rank.load >= least.load))) continue
      best = node
      least = rank
    }
    return best
  }

  /** Mean load of the servers that answer, or -1 when none does. */
  get meanLoad(): number {
    const loads = [...this.nodes.values()].flatMap(({ load }) => (load === undefined ? [] : [load]))
    return loads.length === 0 ? -1 : loads.reduce((sum, load) => sum + load, 0) / loads.length
  }

  /** Of the servers that tell theirs. */
  get seats(): { taken: number; total: number } {
    let taken = 0
    let total = 0
    for (const { seats } of this.nodes.values()) {
      taken += seats?.taken ?? 0
      total += seats?.total ?? 0
    }
    return { taken, total }
  }

  // ---- Tickets --------------------------------------------------------------------------------------------------

  get waiting(): number {
    return this.queue.waiting.length
  }

  get meanSeatMs(): number {
    return this.turnover.meanSeatMs
  }

  /** A seat at once if nobody waits longer, else a place in the queue; undefined when the queue is full. */
  enqueue(id: string, nowMs: number, url?: string): TicketAnswer | undefined {
    this.tick(nowMs)
    if (this.queue.full) return undefined
    this.queue.add(id, url, nowMs)
    return this.ask(id, nowMs)
  }

  /** Undefined when the ticket has lapsed or never was. */
  ask(id: string, nowMs: number): TicketAnswer | undefined {
    this.tick(nowMs)
    const ticket = this.queue.get(id)
    if (!ticket) return undefined
    ticket.askedMs = nowMs
    this.tick(nowMs)
    const { grant } = ticket
    if (!grant) {
      const place = this.queue.place(ticket)
      return { state: 'waiting', place, waitMs: this.turnover.waitMs(place, this.seats.total) }
    }
    if (!grant.told) {
      const node = this.nodes.get(grant.entry)
      if (node) node.reservations.tell(grant.reservation, this.arrivalBy(node, nowMs))
      ticket.grant = { ...grant, told: true }
    }
    return { state: 'seat', entry: grant.entry }
  }

  giveBack(id: string, nowMs: number): boolean {
    const ticket = this.queue.get(id)
    if (!ticket) return false
    this.drop(ticket)
    this.tick(nowMs)
    return true
  }

  /** A holder who is on the way may be there already: that seat is given up only by time. */
  private drop({ id, grant }: Ticket): void {
    this.queue.remove(id)
    if (grant && !grant.told) this.reservationsOf(grant.entry)?.release(grant.reservation)
  }

  private reservationsOf(entry: string): Reservations | undefined {
    return this.nodes.get(entry)?.reservations ?? this.orphans.get(entry)
  }

  // ---- Time -----------------------------------------------------------------------------------------------------

  /** Ends what is over, and gives free seats to those who wait. Called with every question; also once a second. */
  tick(nowMs: number): void {
    for (const node of [...this.nodes.values()]) {
      if (node.epoch !== undefined) {
        const quietMs = nowMs - node.heardMs
        if (quietMs >= leaseTimes.endMs) {
          this.tell({ type: 'node-gone', entry: node.entry })
          if (!node.configured && this.missed.size < MAX_MISSED) this.missed.add(node.entry)
          this.endLease(node)
        } else if (quietMs >= leaseTimes.silentMs) node.fallSilent('it has not renewed its lease')
      }
      const lapsed = node.reservations.expire(nowMs)
      if (lapsed > 0) this.tell({ type: 'reservation-lapsed', entry: node.entry, count: lapsed })
    }
    for (const [entry, reservations] of this.orphans) {
      reservations.expire(nowMs)
      if (reservations.unmeasured === 0) this.orphans.delete(entry)
    }
    for (const ticket of this.queue.lapse(nowMs)) {
      this.drop(ticket)
      this.tell({ type: 'ticket-lapsed', ticket: ticket.id })
    }
    this.serveQueue(nowMs)
  }

  private serveQueue(nowMs: number): void {
    for (const ticket of this.queue.granted) {
      const { entry, reservation, told } = ticket.grant!
      const node = this.nodes.get(entry)
      if (node === undefined || !(node.state === 'ready' || (told && node.state === 'cordoned'))) {
        // The seat has gone with its server: the ticket is the first again. Who was told may get there all the same.
        if (!told) this.reservationsOf(entry)?.release(reservation)
        ticket.grant = undefined
        ticket.askedMs = nowMs
      } else if (told && !node.reservations.isPending(reservation)) this.queue.remove(ticket.id)
    }
    for (const ticket of this.queue.waiting) {
      const node = this.choose(ticket.url)
      if (!node) continue
      const reservation = ++this.lastReservation
      node.reservations.add(reservation, undefined)
      ticket.grant = { entry: node.entry, reservation, told: false }
    }
  }
}
