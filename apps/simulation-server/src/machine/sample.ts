/** One second of a machine, as the originals record it. */
export interface MachineSample {
  /** Unix time in seconds. */
  readonly timestamp: number
  readonly running: number
  readonly idle: number
  /** Percent. */
  readonly cpuLoad: number
  readonly memory: number
  readonly gpuLoad: number
  readonly gpuMemoryLoad: number
  readonly gpuMemory: number
  readonly swap: number
  readonly disk: number
  /** MB/s (10^6 bytes). */
  readonly sent: number
  readonly received: number
}

/** Columns of `monitor.csv`, in the order and words of the original. */
export const sampleColumns = [
  ['Timestamp', 'timestamp'],
  ['Webots running', 'running'],
  ['Webots idle', 'idle'],
  ['CPU load', 'cpuLoad'],
  ['CPU memory', 'memory'],
  ['GPU load compute', 'gpuLoad'],
  ['GPU load memory', 'gpuMemoryLoad'],
  ['GPU memory', 'gpuMemory'],
  ['Swap', 'swap'],
  ['Disk', 'disk'],
  ['Network sent', 'sent'],
  ['Network received', 'received'],
] as const satisfies readonly (readonly [string, keyof MachineSample])[]

const counts: readonly (keyof MachineSample)[] = ['timestamp', 'running', 'idle', 'gpuLoad', 'gpuMemoryLoad']

export const csvHeader = `${sampleColumns.map(([title]) => title).join(', ')}\n`

/** Numbers as Python writes them: counts without a point, everything else with one. */
export function csvRow(sample: MachineSample): string {
  const cells = sampleColumns.map(([, key]) => {
    const text = String(sample[key])
    return counts.includes(key) || text.includes('.') ? text : `${text}.0`
  })
  return `${cells.join(', ')}\n`
}

export type LoadFormula = '2019' | 'current'

/** Samples of which /load is the mean, with the present formula. */
const SAMPLES = 5

/**
 * Load in percent, as each generation of the original computes it: the mean of
 * max(CPU, (swap + memory + GPU memory) / 3, GPU) over the last five seconds; until R2022a the largest column of the
 * newest sample, the counts of simulations and MB/s included.
 */
export function loadOf(samples: readonly MachineSample[], formula: LoadFormula): number {
  const newest = samples.at(-1)
  if (!newest) return 0
  if (formula === '2019') {
    return Math.max(...sampleColumns.flatMap(([, key]) => (key === 'timestamp' ? [] : [newest[key]])))
  }
  const recent = samples.slice(-SAMPLES).map(({ cpuLoad, swap, memory, gpuMemory, gpuLoad }) => {
    return Math.max(cpuLoad, (swap + memory + gpuMemory) / 3, gpuLoad)
  })
  return recent.reduce((sum, value) => sum + value, 0) / recent.length
}
