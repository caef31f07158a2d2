import {
  checkFeedMessage,
  type ErrorReport,
  FEED_LIMITS,
  FEED_PIECE_BYTES,
  type FeedMessage,
  FrameDecoder,
  reportError,
} from '@simyard/protocol'

export interface FeedIntakeOptions {
  /** Bytes a second that are taken for ever. */
  readonly bytesPerSecond: number
  readonly now: () => number
  take(message: FeedMessage, body: Uint8Array): void
  /** Called once; nothing is taken any more. */
  refuse(error: ErrorReport): void
}

/** So many seconds' bytes may come at once: a scene at the beginning. */
const BURST_SECONDS = 4
/** What is under way without an answer; who keeps to the answers has never more than a quarter of it. */
const MOST_UNANSWERED_BYTES = 4 * 1024 * 1024
/** A small piece costs about as much as one of so many bytes. */
const LEAST_COST_BYTES = 128
/** Pieces of one message: with what waits they stay in memory one by one. */
const MOST_PIECES = (4 * (FEED_LIMITS.headerBytes + FEED_LIMITS.bodyBytes)) / FEED_PIECE_BYTES

/**
 * The bytes of one feed, from a stranger: cut into messages, checked, and answered no faster than the relay will take them.
 * Who waits for the answers never notices; who does not is refused.
 */
export class FeedIntake {
  private readonly decoder = new FrameDecoder(FEED_LIMITS)
  private readonly answers = new Set<NodeJS.Timeout>()
  private debt = 0
  private paidMs: number
  private unansweredBytes = 0
  private piecesOfMessage = 0
  private over = false

  constructor(private readonly options: FeedIntakeOptions) {
    this.paidMs = options.now()
  }

  piece(bytes: Uint8Array, answer: () => void): void {
    if (this.over) return
    this.pace(bytes.length, answer)
    if (this.unansweredBytes > MOST_UNANSWERED_BYTES) {
      return this.end({
        code: 'RATE_LIMITED',
        message: `The simulator of this room sends its watchers more than ${this.options.bytesPerSecond} bytes a second, and does not wait.`,
      })
    }
    try {
      const messages = this.decoder.push(bytes)
      this.piecesOfMessage = messages.length > 0 ? 0 : this.piecesOfMessage + 1
      if (this.piecesOfMessage > MOST_PIECES) throw new RangeError('A message comes in too many pieces.')
      for (const { header, body } of messages) {
        this.options.take(checkFeedMessage(header), body)
        if (this.over) return
      }
    } catch (error) {
      const { code, message } = reportError(error)
      this.end({ code: code === 'INTERNAL' ? 'STREAM_BAD_MESSAGE' : code, message })
    }
  }

  /** The feed has ended. */
  close(): void {
    this.over = true
    for (const timer of this.answers) clearTimeout(timer)
    this.answers.clear()
  }

  private end(error: ErrorReport): void {
    this.close()
    this.options.refuse(error)
  }

  private pace(length: number, answer: () => void): void {
    const { bytesPerSecond, now } = this.options
    const nowMs = now()
    this.debt = Math.max(0, this.debt - ((nowMs - this.paidMs) * bytesPerSecond) / 1000)
    this.debt += Math.max(length, LEAST_COST_BYTES)
    this.paidMs = nowMs
    const waitMs = (this.debt / bytesPerSecond - BURST_SECONDS) * 1000
    if (waitMs <= 0) return answer()
    this.unansweredBytes += Math.max(length, LEAST_COST_BYTES)
    const timer = setTimeout(() => {
      this.answers.delete(timer)
      this.unansweredBytes -= Math.max(length, LEAST_COST_BYTES)
      answer()
    }, waitMs)
    this.answers.add(timer)
  }
}
