/** Values of one thing over time, in the order in which they came; the first may be earlier than any time asked for. */
export class Track<Value> {
  private readonly times: number[] = []
  private readonly values: Value[] = []
  /** Where the last question was answered: most questions go on from there. */
  private hint = 0

  get lastMs(): number {
    return this.times.at(-1) ?? Number.NEGATIVE_INFINITY
  }

  get last(): Value | undefined {
    return this.values.at(-1)
  }

  get first(): Value | undefined {
    return this.values[0]
  }

  /** At the same time as the value before: in its place. Times never go back. */
  add(timeMs: number, value: Value): void {
    if (this.times.length > 0 && timeMs <= this.lastMs) {
      this.values[this.values.length - 1] = value
      return
    }
    this.times.push(timeMs)
    this.values.push(value)
  }

  /** The newest value at a time and the one after it; undefined before the first. */
  around(timeMs: number): { before: Value; after: Value; part: number } | undefined {
    const at = this.indexAt(timeMs)
    if (at < 0) return undefined
    const before = this.values[at]!
    const next = this.times[at + 1]
    if (next === undefined) return { before, after: before, part: 0 }
    const start = this.times[at]!
    const part = Number.isFinite(start) ? (timeMs - start) / (next - start) : 0
    return { before, after: this.values[at + 1]!, part }
  }

  at(timeMs: number): Value | undefined {
    return this.values[this.indexAt(timeMs)]
  }

  /** Forgets what nobody needs who asks for this time or later ones. */
  dropBefore(timeMs: number): void {
    const needed = this.indexAt(timeMs)
    if (needed <= 0) return
    this.times.splice(0, needed)
    this.values.splice(0, needed)
    this.hint = 0
  }

  /** Index of the last value not after the time; -1 before the first. */
  private indexAt(timeMs: number): number {
    const { times } = this
    let at = Math.min(this.hint, times.length - 1)
    if (at >= 0 && times[at]! <= timeMs) {
      const stop = Math.min(at + 4, times.length - 1)
      while (at < stop && times[at + 1]! <= timeMs) at++
      if (at === times.length - 1 || times[at + 1]! > timeMs) {
        this.hint = at
        return at
      }
    }
    let low = -1
    let high = times.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (times[middle]! <= timeMs) low = middle
      else high = middle
    }
    this.hint = Math.max(low, 0)
    return low
  }
}
