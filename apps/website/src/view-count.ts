import type { ExhibitStore } from '@simyard/projects'

const HOUR_MS = 3_600_000
const MOST_REMEMBERED = 10_000

/** Counts how often exhibits are looked at: once an address and hour, so that a reload is no other view. */
export class ViewCount {
  private readonly seen = new Map<string, number>()

  constructor(
    private readonly exhibits: ExhibitStore,
    private readonly now: () => number = Date.now,
  ) {}

  async count(number: number, address: string): Promise<void> {
    const key = `${number} ${address}`
    const now = this.now()
    if (now - (this.seen.get(key) ?? Number.NEGATIVE_INFINITY) < HOUR_MS) return
    // The oldest goes first: a map keeps the order in which its keys came.
    this.seen.delete(key)
    if (this.seen.size >= MOST_REMEMBERED) this.seen.delete(this.seen.keys().next().value!)
    this.seen.set(key, now)
    await this.exhibits.countView(number)
  }
}
