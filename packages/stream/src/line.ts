/** A line begins with room for so many bytes that are not acknowledged. */
const FIRST_WINDOW = 4 * 1024
const LEAST_WINDOW = 1024
const MOST_WINDOW = 1024 * 1024
/** Waiting on the way by less than this lets the window grow, by more than the other lets it shrink. */
const SHORT_WAIT_MS = 80
const LONG_WAIT_MS = 200
const PACKET_BYTES = 1400
/** Frames are this part of a window's time apart; less than all of it, so that the window and not this is the limit. */
const SPREAD = 0.8
/** The shortest way there and back counts for so long, because routes change. */
const SHORTEST_COUNTS_MS = 10_000
/** No line is slower: so long is a viewer waited for that acknowledges nothing. */
const SLOWEST_BYTES_PER_MS = 4
/** A viewer that acknowledges nothing gets a frame so often. */
const SILENT_FRAME_MS = 2000
/** One that has acknowledged nothing for so long is gone. */
const SILENT_MS = 60_000

interface Sent {
  readonly frame: number
  /** With the text before it. */
  readonly bytes: number
  readonly atMs: number
  /** The oldest frame that it stands for. */
  readonly sinceMs: number
}

/**
 * What is under way to one viewer. It acknowledges frames; from their times comes how much may be under way, so that the
 * newest frame never waits behind many: in a network's buffers nobody can take back what has become old.
 */
export class Line {
  private readonly sent: Sent[] = []
  private sentBytes = 0
  private textBytes = 0
  private window = FIRST_WINDOW
  private lastSentMs = 0
  private skippedSinceMs: number | undefined
  private lastAgeMs = 0
  /** There and back, of late. */
  private tripMs = 0
  private shrunkMs = Number.NEGATIVE_INFINITY
  private shortest = Number.POSITIVE_INFINITY
  private shortestBefore = Number.POSITIVE_INFINITY
  private shortestSinceMs = 0

  get unacknowledgedBytes(): number {
    return this.sentBytes + this.textBytes
  }

  /** How much may be under way. */
  get windowBytes(): number {
    return this.window
  }

  /** Text cannot be skipped, but what follows waits for it. */
  tellText(bytes: number): void {
    this.textBytes += bytes
  }

  /** Whether a frame of about this size may go now. */
  isFree(nowMs: number, frameBytes: number): boolean {
    if (this.sent.length === 0) return true
    const sinceLastMs = nowMs - this.lastSentMs
    // Spread over the time that a window takes: a burst would wait in a queue, and its last frame would be old.
    if (this.unacknowledgedBytes + frameBytes <= this.window)
      return sinceLastMs >= (frameBytes / this.window) * this.tripMs * SPREAD
    return sinceLastMs >= SILENT_FRAME_MS + this.unacknowledgedBytes / SLOWEST_BYTES_PER_MS
  }

  tellSent(frame: number, bytes: number, nowMs: number): void {
    const sinceMs = this.skippedSinceMs ?? nowMs
    this.sent.push({ frame, bytes: bytes + this.textBytes, atMs: nowMs, sinceMs })
    this.sentBytes += bytes + this.textBytes
    this.textBytes = 0
    this.skippedSinceMs = undefined
    this.lastSentMs = nowMs
  }

  /** A frame came about and was not sent. */
  tellSkipped(nowMs: number): void {
    this.skippedSinceMs ??= nowMs
  }

  /** Frames up to this one have arrived. Returns how old the picture is, or undefined when that is no news. */
  acknowledge(frame: number, nowMs: number): number | undefined {
    const limited = this.unacknowledgedBytes > this.window / 2
    let newest: Sent | undefined
    let bytes = 0
    while (this.sent[0] && this.sent[0].frame <= frame) {
      newest = this.sent.shift()!
      bytes += newest.bytes
    }
    if (!newest) return undefined
    this.sentBytes -= bytes
    const tripMs = nowMs - newest.atMs
    // A scene takes as long as it takes; that says nothing of waiting.
    if (bytes <= 2 * this.window) this.adapt(tripMs, bytes, limited, nowMs)
    this.lastAgeMs = tripMs
    return tripMs
  }

  /** How much older the viewer's picture is than the newest one. */
  ageMs(nowMs: number): number {
    const since = this.sent[0]?.sinceMs ?? this.skippedSinceMs
    return since === undefined ? this.lastAgeMs : Math.max(this.lastAgeMs, nowMs - since)
  }

  /** Whether it has been silent for longer than any line takes. */
  isDead(nowMs: number): boolean {
    const first = this.sent[0]
    return first !== undefined && nowMs - first.atMs > SILENT_MS + this.unacknowledgedBytes / SLOWEST_BYTES_PER_MS
  }

  private adapt(tripMs: number, bytes: number, limited: boolean, nowMs: number): void {
    if (nowMs - this.shortestSinceMs > SHORTEST_COUNTS_MS) {
      this.shortestBefore = this.shortest
      this.shortest = Number.POSITIVE_INFINITY
      this.shortestSinceMs = nowMs
    }
    this.shortest = Math.min(this.shortest, tripMs)
    this.tripMs += (tripMs - this.tripMs) / 8
    const shortest = Math.min(this.shortest, this.shortestBefore)
    const waitMs = tripMs - shortest
    if (waitMs > LONG_WAIT_MS) {
      // What is under way now was sent before: it cannot show yet what shrinking does.
      if (nowMs - this.shrunkMs < tripMs) return
      this.shrunkMs = nowMs
      // So much as was under way without the wait.
      this.window = Math.max(LEAST_WINDOW, (this.window * (shortest + SHORT_WAIT_MS)) / tripMs)
    } else if (waitMs < SHORT_WAIT_MS && limited) {
      // Doubles with each trip until it was too much once; then it grows by a packet.
      const more = Number.isFinite(this.shrunkMs) ? (bytes * PACKET_BYTES) / this.window : bytes
      this.window = Math.min(MOST_WINDOW, this.window + more)
    }
  }
}
