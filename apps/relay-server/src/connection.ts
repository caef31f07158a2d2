import type { MemberLimit, Outcome, Room } from '@simyard/rooms'
import type { Socket } from 'socket.io'
import { Outbox } from './outbox.js'
import { Wire } from './wire.js'

/** What the page of a connection can prove about itself. */
export interface PageOrigin {
  readonly cookie: string | undefined
  readonly referer: string | undefined
  /** By what name it knows this relay. */
  readonly host: string | undefined
}

/** One Socket.IO connection: a simulator, a member of a room, or nobody yet. */
export class Connection {
  /** The place that it has; `id` is that of the member, or of the simulator's seat. */
  place: { readonly room: Room; readonly id: string; readonly as: 'simulator' | 'member' } | undefined
  /** It wants into a room whose owner has to admit it; `done` tells what was decided. */
  knock: { readonly room: Room; readonly done: (outcome: Outcome) => void } | undefined
  /** Commands that came before the client said which room it wants into. */
  held: (readonly [payload: unknown, number: unknown])[] = []
  /** Bytes that came since the last message that was looked at. */
  private bytes = 0
  private silentTicks = 0
  readonly outbox: Outbox
  /** The robot that it named at last, for the libraries that print it with an error. */
  robot: string | undefined

  /** `command` takes one that was held. */
  constructor(
    readonly socket: Socket,
    readonly page: PageOrigin,
    private allowance: MemberLimit,
    private readonly command: (connection: Connection, payload: unknown, number: unknown) => void,
  ) {
    this.outbox = new Outbox(socket)
    new Wire(socket.conn)
    socket.conn.on('data', (data: unknown) => {
      this.bytes += typeof data === 'string' || Buffer.isBuffer(data) ? data.length : 0
    })
    socket.conn.on('drain', () => this.outbox.drained())
  }

  get limit(): MemberLimit {
    return this.allowance
  }

  /** A simulator may send more than a member. */
  raiseLimit(limit: MemberLimit): void {
    this.allowance = limit
  }

  /** To be called regularly: how often in a row a polling client had no request open. */
  ticksWithoutPoll(): number {
    const { name, writable } = this.socket.conn.transport
    this.silentTicks = name === 'polling' && !writable ? this.silentTicks + 1 : 0
    return this.silentTicks
  }

  /** Now that it has a place, what it said before counts. */
  release(): void {
    const { held } = this
    this.held = []
    for (const [payload, number] of held) this.command(this, payload, number)
  }

  takeBytes(): number {
    const { bytes } = this
    this.bytes = 0
    return bytes
  }
}
