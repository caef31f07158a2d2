/** A place in the queue of those who wait for a seat. */
export interface Ticket {
  readonly id: string
  /** Address of the world, when the visitor told it. */
  readonly url: string | undefined
  askedMs: number
  /** The seat that is kept for it; `told` when the holder knows it and is on the way. */
  grant: { readonly entry: string; readonly reservation: number; readonly told: boolean } | undefined
}

/** First come, first served; who stops asking loses the place. */
export class TicketQueue {
  private readonly tickets = new Map<string, Ticket>()

  constructor(
    private readonly lapseMs: number,
    readonly capacity: number,
  ) {}

  get(id: string): Ticket | undefined {
    return this.tickets.get(id)
  }

  get size(): number {
    return this.tickets.size
  }

  get full(): boolean {
    return this.tickets.size >= this.capacity
  }

  add(id: string, url: string | undefined, nowMs: number): Ticket {
    const ticket: Ticket = { id, url, askedMs: nowMs, grant: undefined }
    this.tickets.set(id, ticket)
    return ticket
  }

  remove(id: string): void {
    this.tickets.delete(id)
  }

  /** Those without a seat, in the order of their coming. */
  get waiting(): Ticket[] {
    return [...this.tickets.values()].filter(({ grant }) => !grant)
  }

  get granted(): Ticket[] {
    return [...this.tickets.values()].filter(({ grant }) => grant)
  }

  /** 1 is the next. */
  place(ticket: Ticket): number {
    return this.waiting.indexOf(ticket) + 1
  }

  /** Removes those whose holder has stopped asking. */
  lapse(nowMs: number): Ticket[] {
    const lapsed = [...this.tickets.values()].filter(
      ({ askedMs, grant }) => !grant?.told && nowMs - askedMs >= this.lapseMs,
    )
    for (const { id } of lapsed) this.tickets.delete(id)
    return lapsed
  }
}
