/** A seat is taken to last so long until seats have been seen to end. */
const FIRST_GUESS_MS = 10 * 60_000
/** What was seen so long ago counts half. */
const HALF_LIFE_MS = 60 * 60_000

/**
 * How long seats last. Nobody tells when a visitor came and left, only how many are there: the time that all seats were
 * taken, divided by how many were left, is the mean time of one.
 */
export class Turnover {
  private takenMs = FIRST_GUESS_MS
  private left = 1
  private atMs: number | undefined

  /** `taken` seats were taken since the last call; `left` visitors went. */
  count(taken: number, left: number, nowMs: number): void {
    const passedMs = this.atMs === undefined ? 0 : Math.max(0, nowMs - this.atMs)
    const keep = 0.5 ** (passedMs / HALF_LIFE_MS)
    this.takenMs = this.takenMs * keep + taken * passedMs
    this.left = this.left * keep + left
    this.atMs = nowMs
  }

  get meanSeatMs(): number {
    return this.takenMs / this.left
  }

  /** Until so many seats are free, when there are `seats`. */
  waitMs(place: number, seats: number): number | undefined {
    return seats > 0 ? (place * this.meanSeatMs) / seats : undefined
  }
}
