import { cosine, sine } from '@simyard/geometry'

/**
 * A seeded generator (sfc32 by Chris Doty-Humphrey, 128 bits of state) with normal deviates by Box and Muller. The same
 * seed gives the same numbers everywhere.
 */
export class Random {
  private a = 0
  private b = 0
  private c = 0
  private counter = 1
  private spare: number | undefined
  private isSilent = false

  constructor(private readonly seed: number) {
    this.reset()
  }

  reset(): void {
    this.a = 0x9e3779b9
    this.b = this.seed | 0
    this.c = Math.trunc(this.seed / 0x1_0000_0000) | 0
    this.counter = 1
    this.spare = undefined
    for (let i = 0; i < 15; i++) this.next()
  }

  /** Uniform in [0, 1). */
  next(): number {
    const sum = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = ((this.c << 21) | (this.c >>> 11)) + sum
    return (sum >>> 0) / 0x1_0000_0000
  }

  /** What is computed without noise, and without taking a number from the run. */
  silent<Value>(compute: () => Value): Value {
    const before = this.isSilent
    this.isSilent = true
    try {
      return compute()
    } finally {
      this.isSilent = before
    }
  }

  /** Mean 0, standard deviation 1. */
  normal(): number {
    if (this.isSilent) return 0
    if (this.spare !== undefined) {
      const value = this.spare
      this.spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    const angle = 2 * Math.PI * this.next()
    this.spare = radius * sine(angle)
    return radius * cosine(angle)
  }
}
