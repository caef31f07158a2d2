/** What a figure has to reach. */
export type Bar = { readonly atLeast: number } | { readonly atMost: number }

export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly bar?: Bar
}

export interface Bench {
  readonly name: string
  /** Tells each figure as soon as it is known, so that a failure later on does not take it away. */
  run(tell: (figure: Figure) => void): Promise<void>
}

/** How many times better than its bar a figure is: 1 just reaches it. */
export function ratioToBar({ value, bar }: Figure): number | undefined {
  if (!bar) return undefined
  return 'atLeast' in bar ? value / bar.atLeast : bar.atMost / value
}

/** The value below which the share `p` of the samples lies; the nearest sample above, nothing between two. */
export function percentile(samples: readonly number[], p: number): number {
  if (samples.length === 0) throw new Error('there are no samples')
  const sorted = [...samples].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!
}

/** An aligned table with a line for each figure. */
export function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map((figure) => {
    const { name, value, unit, bar } = figure
    const ratio = ratioToBar(figure)
    return [
      name,
      short(value),
      unit,
      bar ? ('atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`) : '',
      ratio === undefined ? '' : short(ratio),
      ratio === undefined ? '' : ratio >= 1 ? 'ok' : 'miss',
    ]
  })
  const all = [['figure', 'value', 'unit', 'bar', 'ratio', ''], ...rows]
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)))
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === 1 || column === 4 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Three digits that count. */
function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value)
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))))
}
