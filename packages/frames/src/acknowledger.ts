import type { DecodedFrame } from './frame-decoder.js'

/** While nothing is left out, acknowledgements are this far apart. */
const SPACING_MS = 100

/**
 * When a page acknowledges: at once what follows frames that were left out, because its line is full and the server waits
 * for the word; otherwise now and then, because each word costs as much as a frame.
 */
export class Acknowledger {
  private lastMs = Number.NEGATIVE_INFINITY
  private newest = 0
  private told = 0
  private timed = false

  constructor(
    private readonly acknowledge: (frame: number) => void,
    private readonly now: () => number,
    private readonly after: (ms: number, act: () => void) => void,
  ) {}

  arrived({ number, next }: Pick<DecodedFrame, 'number' | 'next'>): void {
    this.newest = number
    const waitMs = next ? this.lastMs + SPACING_MS - this.now() : 0
    if (waitMs <= 0) this.tell()
    else if (!this.timed) {
      this.timed = true
      this.after(waitMs, () => {
        this.timed = false
        if (this.told !== this.newest) this.tell()
      })
    }
  }

  private tell(): void {
    this.told = this.newest
    this.lastMs = this.now()
    this.acknowledge(this.newest)
  }
}
