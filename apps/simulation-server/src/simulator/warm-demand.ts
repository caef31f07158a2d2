/** How far back arrivals count, in milliseconds. */
const MEMORY_MS = 10 * 60_000
/** Visitors that come within this time need their simulators together: about what starting one takes under load. */
const BURST_MS = 3000

/**
 * How many simulators to keep ready: as many as visitors lately came together. A class that opened the same link at the
 * start of the lesson does so again after the break.
 */
export class WarmDemand {
  private readonly arrivals: number[] = []

  constructor(private readonly limits: { readonly atLeast: number; readonly atMost: number }) {}

  arrived(nowMs: number): void {
    this.arrivals.push(nowMs)
  }

  wanted(nowMs: number): number {
    while (this.arrivals.length > 0 && this.arrivals[0]! < nowMs - MEMORY_MS) this.arrivals.shift()
    let largest = 0
    let first = 0
    for (let last = 0; last < this.arrivals.length; last++) {
      while (this.arrivals[first]! < this.arrivals[last]! - BURST_MS) first++
      largest = Math.max(largest, last - first + 1)
    }
    return Math.min(this.limits.atMost, Math.max(this.limits.atLeast, largest))
  }
}
