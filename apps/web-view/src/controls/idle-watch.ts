export interface IdleEvents {
  /** So many seconds are left; undefined: somebody is there again. */
  onCountdown(seconds: number | undefined): void
  onEnd(): void
}

const COUNTDOWN_S = 30
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Ends what nobody looks at any more, after a countdown that one touch stops. */
export class IdleWatch {
  private timer: ReturnType<typeof setInterval> | undefined
  private lastSign = 0
  private counting = false
  private readonly onSign = () => this.stay()

  constructor(
    private readonly limitSeconds: number,
    private readonly events: IdleEvents,
  ) {}

  start(): void {
    this.stop()
    this.lastSign = performance.now()
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, this.onSign, { passive: true, capture: true })
    this.timer = setInterval(() => this.check(), 250)
  }

  stop(): void {
    clearInterval(this.timer)
    for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, this.onSign, { capture: true })
    this.count(undefined)
  }

  stay(): void {
    this.lastSign = performance.now()
    this.count(undefined)
  }

  private check(): void {
    const left = this.limitSeconds - (performance.now() - this.lastSign) / 1000
    if (left <= 0) {
      this.stop()
      this.events.onEnd()
    } else if (left <= Math.min(COUNTDOWN_S, this.limitSeconds / 2)) this.count(Math.ceil(left))
  }

  private count(seconds: number | undefined): void {
    if (seconds === undefined && !this.counting) return
    this.counting = seconds !== undefined
    this.events.onCountdown(seconds)
  }
}
