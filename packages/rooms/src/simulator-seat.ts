import { fossbotEvent } from '@simyard/protocol'
import type { MessageLog } from './message-log.js'
import type { Delivery } from './outcome.js'

/** A connection that wants to be the simulator. */
export interface SimulatorConnection {
  readonly id: string
  /** It numbers its answers, and gets numbered commands. */
  readonly numbered: boolean
  /** Of the commands that it has got; undefined for one that was loaded anew. */
  readonly lastNumber?: number
  /** It is known to be the room's own: it then replaces a connection whose loss nobody has noticed yet. */
  readonly takeOver: boolean
  /** It wants to be told who comes, goes and changes. */
  readonly presence?: boolean
}

/** What became of a connection that wants the seat. */
export type Seating = { readonly replaced?: string } & (
  | { readonly result: 'taken' | 'lost' }
  /** `back`: it was away. */
  | { readonly result: 'seated'; readonly missed: Delivery[]; readonly first: boolean; readonly back: boolean }
)

interface Occupant {
  /** The connection. */
  readonly id: string
  readonly numbered: boolean
  readonly presence: boolean
  /** Number of its last answer, when it numbers them. */
  received: number
  /** What was said before it came was for another simulator. */
  readonly since: number
  away: { readonly sinceMs: number; readonly lastNumber: number; waiting: number } | undefined
}

/** The simulator's name in the log: its connection changes. */
const SIMULATOR = 'simulator'

/** The one place of a room from which commands are answered. */
export class SimulatorSeat {
  private occupant: Occupant | undefined
  private everTaken = false

  constructor(
    private readonly log: MessageLog,
    private vacantSinceMs: number,
  ) {}

  /** `expected` before there was a simulator; `away` while its place is kept; `gone` after that. */
  get state(): 'expected' | 'here' | 'away' | 'gone' {
    if (!this.occupant) return this.everTaken ? 'gone' : 'expected'
    return this.occupant.away ? 'away' : 'here'
  }

  get vacant(): boolean {
    return this.occupant === undefined
  }

  /** Number of the last answer that was taken. */
  get received(): number {
    return this.occupant?.received ?? 0
  }

  /** Commands that wait for it. */
  get waiting(): number {
    return this.occupant?.away?.waiting ?? 0
  }

  isOf(connectionId: string): boolean {
    return this.occupant?.id === connectionId
  }

  take(connection: SimulatorConnection): Seating {
    const { id, numbered, lastNumber, takeOver, presence = false } = connection
    const { occupant } = this
    this.everTaken = true
    if (!occupant) {
      this.occupant = { id, numbered, presence, received: 0, since: this.log.lastNumber, away: undefined }
      return { result: 'seated', missed: [], first: true, back: false }
    }
    if (!occupant.away && occupant.id !== id && !takeOver) return { result: 'taken' }
    const replaced = occupant.away || occupant.id === id ? {} : { replaced: occupant.id }
    const got = lastNumber ?? occupant.away?.lastNumber ?? this.log.lastNumber
    const missed = this.log.since(SIMULATOR, Math.max(occupant.since, got))
    if (!missed) return { result: 'lost', ...replaced }
    // Who does not say what it has got was loaded anew: it numbers its answers from 1 again, and what the one before has
    // got is not for it.
    const anew = lastNumber === undefined
    this.occupant = {
      id,
      numbered,
      presence,
      received: anew ? 0 : occupant.received,
      since: anew ? Math.max(occupant.since, got) : occupant.since,
      away: undefined,
    }
    return {
      result: 'seated',
      missed: missed.map(({ number, event, payload }) => ({
        to: id,
        event,
        payload,
        ...(numbered ? { number } : {}),
      })),
      first: false,
      back: occupant.away !== undefined,
      ...replaced,
    }
  }

  /** Whether an answer with this number is a new one. */
  acceptAnswer(number: number | undefined): boolean {
    const { occupant } = this
    if (!occupant) return false
    if (number === undefined) return true
    if (number <= occupant.received) return false
    occupant.received = number
    return true
  }

  /** Its connection is lost; false when that was known. */
  lose(nowMs: number): boolean {
    const { occupant } = this
    if (!occupant || occupant.away) return false
    occupant.away = { sinceMs: nowMs, lastNumber: this.log.lastNumber, waiting: 0 }
    return true
  }

  vacate(nowMs: number): void {
    this.occupant = undefined
    this.vacantSinceMs = nowMs
    this.log.forget(SIMULATOR)
  }

  /** Milliseconds since it was lost; 0 while it is here, or nobody's. */
  awayMs(nowMs: number): number {
    return this.occupant?.away ? nowMs - this.occupant.away.sinceMs : 0
  }

  /** Milliseconds for which it was nobody's; 0 while it is somebody's. */
  vacantMs(nowMs: number): number {
    return this.occupant ? 0 : nowMs - this.vacantSinceMs
  }

  /** A command for it: delivered now, or kept for its return. */
  command(payload: unknown): Delivery[] {
    const { occupant } = this
    if (!occupant) return []
    const event = fossbotEvent.clientMessage
    if (!occupant.away && !occupant.numbered) return [{ to: occupant.id, event, payload }]
    const number = this.log.add(SIMULATOR, event, payload)
    if (!occupant.away) return [{ to: occupant.id, event, payload, number }]
    occupant.away.waiting++
    return []
  }

  /** Something that is not kept for later. */
  tell(event: string, payload: unknown): Delivery[] {
    const { occupant } = this
    return occupant && !occupant.away ? [{ to: occupant.id, event, payload }] : []
  }

  /** Who comes, goes and changes, when it asked for that. */
  announce(event: string, payload: unknown): Delivery[] {
    return this.occupant?.presence ? this.tell(event, payload) : []
  }
}
