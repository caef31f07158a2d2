import { Acknowledger, type DecodedFrame, FrameDecoder } from '@simyard/frames'
import { BINARY_MESSAGE, SimyardError } from '@simyard/protocol'
import type { StreamMessage } from './message.js'

/** The smallest delay counts for so long: clocks drift, and routes change. */
const SMALLEST_COUNTS_MS = 30_000

/**
 * Our own part of the stream: frames as bytes, which it acknowledges, and how old they are. The clocks of server and
 * page need not agree: the frame that came quickest is taken for one without delay.
 */
export class OwnStream {
  private readonly decoder = new FrameDecoder()
  private readonly acknowledger: Acknowledger
  private smallest = Number.POSITIVE_INFINITY
  private smallestBefore = Number.POSITIVE_INFINITY
  private smallestSinceMs = Number.NEGATIVE_INFINITY

  constructor(
    private readonly send: (text: string) => void,
    /** Wall-clock milliseconds. */
    private readonly now: () => number,
  ) {
    this.acknowledger = new Acknowledger(
      (frame) => this.send(`simyard:{"type":"ack","frame":${frame}}`),
      now,
      (ms, act) => setTimeout(act, ms),
    )
  }

  /** Before the subscription. */
  hello(): void {
    this.send('simyard:{"type":"hello","frames":"binary"}')
  }

  /** Undefined for bytes that are no frame. */
  receive(bytes: Uint8Array): Extract<StreamMessage, { type: 'frame' }> | undefined {
    if (bytes[0] !== BINARY_MESSAGE.frame) return undefined
    let decoded: DecodedFrame
    try {
      decoded = this.decoder.decode(bytes)
    } catch (error) {
      if (!(error instanceof SimyardError)) throw error
      console.warn(`simyard-view: ${error.message} States come as text from now on.`)
      this.send('simyard:{"type":"hello","frames":"json"}')
      return undefined
    }
    this.acknowledger.arrived(decoded)
    return { type: 'frame', frame: decoded.frame, ageMs: this.ageOf(decoded.wallMs) }
  }

  private ageOf(wallMs: number): number {
    const nowMs = this.now()
    if (nowMs - this.smallestSinceMs > SMALLEST_COUNTS_MS) {
      this.smallestBefore = this.smallest
      this.smallest = Number.POSITIVE_INFINITY
      this.smallestSinceMs = nowMs
    }
    const delay = nowMs - wallMs
    this.smallest = Math.min(this.smallest, delay)
    return delay - Math.min(this.smallest, this.smallestBefore)
  }
}
