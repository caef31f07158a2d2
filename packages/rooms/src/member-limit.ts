export interface LimitOptions {
  /** Messages a second that may go on for ever. */
  readonly messagesPerSecond: number
  /** Messages at once. */
  readonly messageBurst: number
  readonly bytesPerSecond: number
  readonly byteBurst: number
}

/** One bucket: fills at `perSecond` up to `burst`. */
export class TokenBucket {
  private tokens: number
  private filledMs: number | undefined

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
  ) {
    this.tokens = burst
  }

  take(count: number, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - (this.filledMs ?? nowMs))
    this.tokens = Math.min(this.burst, this.tokens + (passedMs * this.perSecond) / 1000)
    this.filledMs = Math.max(nowMs, this.filledMs ?? nowMs)
    if (this.tokens < count) return false
    this.tokens -= count
    return true
  }
}

/**
 * `refuse` comes once for an excess, `ignore` for what follows until a message passes again, and `cut` when somebody
 * who was refused does not stop: as many messages were ignored as may come at once.
 */
export type LimitVerdict = 'pass' | 'refuse' | 'ignore' | 'cut'

/** How much one member may send. */
export class MemberLimit {
  private readonly messages: TokenBucket
  private readonly bytes: TokenBucket
  private ignored = 0
  private refused = false

  constructor(private readonly options: LimitOptions) {
    this.messages = new TokenBucket(options.messagesPerSecond, options.messageBurst)
    this.bytes = new TokenBucket(options.bytesPerSecond, options.byteBurst)
  }

  take(bytes: number, nowMs: number): LimitVerdict {
    if (this.messages.take(1, nowMs) && this.bytes.take(bytes, nowMs)) {
      this.refused = false
      // Who sends at the limit is refused now and then, and never cut for the sum of it.
      this.ignored = Math.max(0, this.ignored - 1)
      return 'pass'
    }
    if (++this.ignored > this.options.messageBurst) return 'cut'
    if (this.refused) return 'ignore'
    this.refused = true
    return 'refuse'
  }
}
