import type { Random } from './random.js'

/**
 * A lookupTable of the scene language: rows of (input, output, noise), noise being the standard deviation relative to
 * the output. Between rows the output is linear, outside it is that of the nearest row.
 */
export class LookupTable {
  readonly flat: readonly number[]
  private readonly rows: readonly (readonly [number, number, number])[]

  constructor(rows: readonly (readonly number[])[]) {
    this.rows = rows.map(([input = 0, output = 0, noise = 0]) => [input, output, noise])
    this.flat = this.rows.flat()
  }

  get isEmpty(): boolean {
    return this.rows.length === 0
  }

  /** The largest input the table speaks of. */
  get maxInput(): number {
    return this.rows.reduce((most, [input]) => Math.max(most, input), 0)
  }

  get outputRange(): readonly [number, number] {
    const outputs = this.rows.map(([, output]) => output)
    return outputs.length === 0 ? [0, 0] : [Math.min(...outputs), Math.max(...outputs)]
  }

  value(input: number, random: Random): number {
    const { rows } = this
    const first = rows[0]
    const last = rows[rows.length - 1]
    if (!first || !last) return input
    if (input <= first[0]) return noisy(first[1], first[2], random)
    if (input >= last[0]) return noisy(last[1], last[2], random)
    const index = rows.findIndex(([at]) => at > input)
    const [x0, y0, n0] = rows[index - 1] ?? first
    const [x1, y1, n1] = rows[index] ?? last
    const share = (input - x0) / (x1 - x0)
    return noisy(y0 + share * (y1 - y0), n0 + share * (n1 - n0), random)
  }
}

/** The relative noise of a table row, never below zero for a positive reading. */
function noisy(output: number, noise: number, random: Random): number {
  if (noise === 0 || output === 0) return output
  const value = output * (1 + noise * random.normal())
  return output > 0 ? Math.max(value, 0) : value
}

/** Rounds to a sensor's resolution; -1 means none. */
export function toResolution(value: number, resolution: number): number {
  return resolution > 0 ? Math.round(value / resolution) * resolution : value
}
