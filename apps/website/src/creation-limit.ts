import { SimyardError } from '@simyard/protocol'

const MAX_ADDRESSES = 10_000

/** So many copies, or whatever is counted, an address and window; in memory: a brake, not a fence. */
export class CreationLimit {
  private readonly counts = new Map<string, { start: number; count: number }>()

  constructor(
    private readonly perWindow: number,
    private readonly windowMs: number,
    private readonly now: () => number = Date.now,
    private readonly what = 'copies',
  ) {}

  /** Throws RATE_LIMITED with the seconds to wait. */
  count(address: string): void {
    const now = this.now()
    let entry = this.counts.get(address)
    if (!entry || now - entry.start >= this.windowMs) {
      if (this.counts.size >= MAX_ADDRESSES) this.sweep(now)
      entry = { start: now, count: 0 }
      this.counts.set(address, entry)
    }
    if (entry.count >= this.perWindow) {
      const seconds = Math.ceil((entry.start + this.windowMs - now) / 1000)
      throw new SimyardError('RATE_LIMITED', `Too many ${this.what} from this address; try again in ${seconds} s.`)
    }
    entry.count++
  }

  private sweep(now: number): void {
    for (const [address, entry] of this.counts) if (now - entry.start >= this.windowMs) this.counts.delete(address)
    if (this.counts.size >= MAX_ADDRESSES) this.counts.clear()
  }
}
