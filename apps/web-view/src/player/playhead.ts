/** Simulated time is followed at a speed that is measured over about this much wall-clock time. */
const SPEED_WINDOW_MS = 800
/** A pause of the stream this long says nothing of the speed. */
const LONGEST_GAP_MS = 250
/** What is shown lags behind the newest frame by this many gaps between frames, so that the next one is there in time. */
const GAPS_BEHIND = 1.25
const MOST_BEHIND_MS = 200
/** Beyond this distance, in wall-clock time, it jumps. */
const JUMP_MS = 700
/** Where pictures take long the time still passes at its pace; after a longer rest it goes on where it was. */
const LONGEST_STEP_MS = 1000
/** How strongly a wrong distance is mended: part of it in each millisecond. */
const PULL = 1 / 250

export interface PlayheadRange {
  readonly startMs: number
  readonly endMs: number
}

/**
 * Which simulated time is shown now. Live, it follows the newest frame smoothly at a short distance, at the screen's rate;
 * in a recording, or back in time, it plays at a speed of its own. Wall-clock times are milliseconds of one clock.
 */
export class Playhead {
  private following = true
  private going = false
  private timeMs = 0
  private lastNow: number | undefined
  private arrivals: { now: number; timeMs: number }[] = []
  private gapMs = 33
  private jumping = true
  /** Playing back: simulated milliseconds in one of the wall clock. */
  speed = 1
  loop = false

  get live(): boolean {
    return this.following
  }

  /** Whether a recording, or the past, is playing. */
  get playing(): boolean {
    return !this.following && this.going
  }

  get shownMs(): number {
    return this.timeMs
  }

  /** How much of the wall clock the picture is behind the newest frame that has arrived. */
  behindMs(endMs: number): number {
    return Math.max(endMs - this.timeMs, 0) / Math.max(this.rate(), 1e-3)
  }

  /** A frame has come. `jump`: it does not continue what was before. */
  arrived(timeMs: number, now: number, jump: boolean): void {
    const before = this.arrivals.at(-1)
    if (jump || (before && (now - before.now > LONGEST_GAP_MS || timeMs < before.timeMs))) this.arrivals = []
    else if (before && now > before.now) this.gapMs += (Math.min(now - before.now, LONGEST_GAP_MS) - this.gapMs) * 0.1
    this.arrivals.push({ now, timeMs })
    while (this.arrivals.length > 2 && now - this.arrivals[0]!.now > SPEED_WINDOW_MS) this.arrivals.shift()
    if (jump) this.jumping = true
  }

  /** The simulated time to show at `now`. */
  at(now: number, { startMs, endMs }: PlayheadRange): number {
    const passed = this.lastNow === undefined ? 0 : Math.min(Math.max(now - this.lastNow, 0), LONGEST_STEP_MS)
    this.lastNow = now
    if (this.following) this.chase(now, passed, endMs)
    else if (this.going) this.advance(passed * this.speed, startMs, endMs)
    this.timeMs = Math.min(Math.max(this.timeMs, startMs), endMs)
    return this.timeMs
  }

  /** Whether another moment is to be shown after this one without anything new. */
  moves({ endMs }: PlayheadRange): boolean {
    return this.following ? this.timeMs < endMs : this.going
  }

  seek(timeMs: number): void {
    this.following = false
    this.timeMs = timeMs
  }

  play(): void {
    // While it stood nothing was drawn, and no time has passed.
    if (!this.playing) this.lastNow = undefined
    this.following = false
    this.going = true
  }

  pause(): void {
    this.following = false
    this.going = false
  }

  /** Back to the newest frame. */
  follow(): void {
    this.following = true
    this.going = false
    this.jumping = true
  }

  private chase(now: number, passed: number, endMs: number): void {
    const rate = this.rate()
    const newest = this.arrivals.at(-1)
    const behind = Math.min(this.gapMs * GAPS_BEHIND, MOST_BEHIND_MS) * rate
    // Where the newest frame would be by now if they came without end; without frames it is the end.
    const flowing = newest && now - newest.now < Math.max(this.gapMs * 3, 100)
    const target = flowing ? newest.timeMs + (now - newest.now) * rate - behind : endMs
    const error = target - this.timeMs
    if (this.jumping || Math.abs(error) > JUMP_MS * Math.max(rate, 1)) {
      this.timeMs = this.jumping ? endMs : target
      this.jumping = false
      return
    }
    const step = passed * rate + error * Math.min(passed * PULL, 1)
    // Never back: a thing that moves forward would tremble.
    this.timeMs = Math.min(this.timeMs + Math.max(step, 0), endMs)
  }

  private advance(step: number, startMs: number, endMs: number): void {
    this.timeMs += step
    if (this.timeMs < endMs) return
    if (this.loop && endMs > startMs) this.timeMs = startMs + ((this.timeMs - startMs) % (endMs - startMs))
    else {
      this.timeMs = endMs
      this.going = false
    }
  }

  private rate(): number {
    const first = this.arrivals[0]
    const last = this.arrivals.at(-1)
    if (!first || !last || last.now - first.now < 30) return 1
    return Math.max((last.timeMs - first.timeMs) / (last.now - first.now), 0)
  }
}
