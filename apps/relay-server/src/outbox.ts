import { FOSSBOT_POLL_PACKETS } from '@simyard/protocol'
import type { Socket } from 'socket.io'

/** Room is left for the transport's own packets, such as a ping. */
const POLL_MESSAGES = FOSSBOT_POLL_PACKETS - 2
/** Messages that wait for a client that does not read; it is then taken for dead. */
const MAX_WAITING = 10_000

/** Of the Socket.IO protocol, version 5. */
const EVENT_PACKET = '2'
const UNCOMPRESSED = { compress: false } as const

type Message = readonly [event: string, payload: unknown, number: number | undefined]

/** What a client is sent. A polling client gets few messages in one answer, because Python's library breaks on more. */
export class Outbox {
  private readonly waiting: Message[] = []

  constructor(private readonly socket: Socket) {}

  /** Called when the transport has taken everything that it was given. */
  drained(): void {
    while (this.waiting.length > 0 && this.free) this.emit(this.waiting.shift()!)
  }

  /** False when the client has not read for so long that it is taken for dead. */
  send(event: string, payload: unknown, number: number | undefined): boolean {
    const message = [event, payload, number] as const
    if (this.waiting.length === 0 && this.free) this.emit(message)
    else this.waiting.push(message)
    return this.waiting.length + this.written < MAX_WAITING
  }

  private get written(): number {
    // Not declared, but the only place where the length of the queue is.
    return (this.socket.conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length
  }

  private get free(): boolean {
    return this.socket.conn.transport.name !== 'polling' || this.written < POLL_MESSAGES
  }

  private emit([event, payload, number]: Message): void {
    const { socket } = this
    if (!socket.connected) return
    // As socket.emit would, without its search for binary parts and its packet for each message: this is the hot path.
    const content = JSON.stringify(number === undefined ? [event, payload] : [event, payload, number])
    socket.conn.write(`${EVENT_PACKET}${socket.nsp.name},${content}`, UNCOMPRESSED)
  }
}
