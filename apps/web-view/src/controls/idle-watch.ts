import type { Notice } from './notice.js'

export interface IdleEvents {
  onEnd(): void
  /** Somebody has come back after the end. */
  onAgain(): void
}

const COUNTDOWN_S = 30
const SIGNS_OF_LIFE = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Ends a run that nobody looks at any more, after a countdown on the screen that one touch stops. */
export class IdleWatch {
  private seconds = 0
  private running = false
  private timer: ReturnType<typeof setInterval> | undefined
  private lastSign = 0
  private counting = false
  private readonly onSign = () => this.stay()

  constructor(
    private readonly notice: Notice,
    private readonly events: IdleEvents,
  ) {}

  /** Seconds without a touch after which it is over; 0: never. */
  set limit(seconds: number) {
    const { running } = this
    this.stop()
    this.seconds = Math.max(seconds || 0, 0)
    if (running) this.start()
  }

  /** The run goes on from now. */
  start(): void {
    this.stop()
    this.running = true
    if (this.seconds === 0) return
    this.lastSign = performance.now()
    this.timer = setInterval(() => this.check(), 250)
    for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, this.onSign, { passive: true, capture: true })
  }

  stop(): void {
    this.running = false
    clearInterval(this.timer)
    for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, this.onSign, { capture: true })
    this.stopCounting()
  }

  private stay(): void {
    this.lastSign = performance.now()
    this.stopCounting()
  }

  private check(): void {
    const left = this.seconds - (performance.now() - this.lastSign) / 1000
    if (left <= 0) this.end()
    else if (left <= Math.min(COUNTDOWN_S, this.seconds / 2)) this.count(Math.ceil(left))
  }

  private count(left: number): void {
    this.counting = true
    const text = `Nobody seems to be here. The simulation ends in ${left} s.`
    this.notice.show(text, { label: 'Stay', run: () => this.stay() })
  }

  private stopCounting(): void {
    if (this.counting) this.notice.hide()
    this.counting = false
  }

  private end(): void {
    this.stop()
    this.events.onEnd()
    const text = `The simulation was ended after ${this.seconds} s without anybody touching it.`
    this.notice.show(text, { label: 'Start again', run: () => this.events.onAgain() })
  }
}
