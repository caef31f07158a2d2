import { FEED_PIECE_BYTES } from '@simyard/protocol'
import { Line } from './line.js'

/** Sends one piece; `taken` is called when it has arrived and there is room for more. */
export type SendPiece = (piece: Uint8Array, taken: () => void) => void

/** A smaller piece is not worth its head. */
const LEAST_PIECE_BYTES = 1024

/**
 * The way of a feed to its relay: messages cut into pieces, as many under way as the line carries. What must arrive waits
 * here in its order; what has become old meanwhile was never handed to the network.
 */
export class FeedLine {
  private readonly line = new Line()
  private readonly waiting: Uint8Array[] = []
  /** Of the first one, what is on its way already. */
  private sentOfFirst = 0
  private bytes = 0
  private lastPiece = 0
  private closed = false

  constructor(
    private readonly send: SendPiece,
    private readonly now: () => number,
    /** Nothing waits any more, and there is room. */
    private readonly onRoom: () => void,
  ) {}

  /** Bytes that wait for room. */
  get waitingBytes(): number {
    return this.bytes - this.sentOfFirst
  }

  /** Whether something that may be left out can go now. */
  isFree(bytes: number): boolean {
    return this.waiting.length === 0 && this.line.isFree(this.now(), bytes)
  }

  /** A whole message; it goes after those before it. */
  post(message: Uint8Array): void {
    this.waiting.push(message)
    this.bytes += message.length
    this.pump()
  }

  /** What waits is not sent any more, but for the rest of a message that has begun. */
  drop(): void {
    const begun = this.sentOfFirst > 0 ? this.waiting[0] : undefined
    this.waiting.length = 0
    if (begun) this.waiting.push(begun)
    this.bytes = begun?.length ?? 0
  }

  close(): void {
    this.closed = true
  }

  private pump(): void {
    for (let first = this.waiting[0]; first && this.room > 0; first = this.waiting[0]) {
      const end = Math.min(first.length, this.sentOfFirst + this.room)
      const piece = first.subarray(this.sentOfFirst, end)
      this.sentOfFirst = end
      if (end === first.length) {
        this.waiting.shift()
        this.bytes -= end
        this.sentOfFirst = 0
      }
      const number = ++this.lastPiece
      this.line.tellSent(number, piece.length, this.now())
      this.send(piece, () => this.taken(number))
    }
  }

  /** Bytes that the next piece may have. */
  private get room(): number {
    const left = this.line.windowBytes - this.line.unacknowledgedBytes
    const least = this.line.unacknowledgedBytes === 0 ? LEAST_PIECE_BYTES : 0
    const room = Math.min(FEED_PIECE_BYTES, Math.max(left, least))
    return room < LEAST_PIECE_BYTES ? 0 : room
  }

  private taken(piece: number): void {
    if (this.closed) return
    this.line.acknowledge(piece, this.now())
    this.pump()
    if (this.waiting.length === 0) this.onRoom()
  }
}
