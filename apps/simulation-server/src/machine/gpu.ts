import { findTool, runTool } from '../sandbox/tool.js'

/** The first graphics card of this machine. */
export interface Gpu {
  readonly name: string
  /** Percent. */
  readonly load: number
  readonly memoryLoad: number
  readonly memory: number
  readonly memoryMiB: number
}

const QUERY = 'name,utilization.gpu,utilization.memory,memory.used,memory.total'
const TIME_LIMIT_MS = 3000

/** Asks nvidia-smi; undefined without it, or when it does not answer in time. */
export async function readGpu(): Promise<Gpu | undefined> {
  const program = findTool('nvidia-smi')
  if (!program) return undefined
  const answer = await runTool({
    program,
    args: [`--query-gpu=${QUERY}`, '--format=csv,noheader,nounits'],
    cwd: '/',
    env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    timeLimitMs: TIME_LIMIT_MS,
    outputLimit: 10_000,
    fileBytes: 0,
    signal: new AbortController().signal,
  }).catch(() => undefined)
  return answer?.exitCode === 0 ? parseGpu(answer.stdout) : undefined
}

/** The first line of the answer; a card tells `[N/A]` for what it does not measure. */
export function parseGpu(text: string): Gpu | undefined {
  const [line = ''] = text.split('\n', 1)
  const [name = '', ...cells] = line.split(',').map((cell) => cell.trim())
  if (name === '' || cells.length < 4) return undefined
  const [load, memoryLoad, used, total] = cells.map((cell) => Number(cell) || 0) as [number, number, number, number]
  const memory = total > 0 ? Number(((100 * used) / total).toFixed(1)) : 0
  return { name, load: Math.round(load), memoryLoad: Math.round(memoryLoad), memory, memoryMiB: total }
}
