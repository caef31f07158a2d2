import { currentLoad, mem } from 'systeminformation'

const SAMPLES = 5
const SAMPLE_INTERVAL_MS = 1000

/**
 * The load that /load answers, in percent: the mean of the last five one-second samples of
 * max(CPU %, (swap % + memory %) / 2).
 */
export class MachineLoad {
  private readonly samples: number[] = []
  private readonly timer: NodeJS.Timeout
  private sampling = false

  constructor() {
    this.timer = setInterval(() => void this.sample(), SAMPLE_INTERVAL_MS)
    this.timer.unref()
  }

  private async sample(): Promise<void> {
    if (this.sampling) return
    this.sampling = true
    try {
      const [cpu, memory] = await Promise.all([currentLoad(), mem()])
      const swap = memory.swaptotal > 0 ? (100 * memory.swapused) / memory.swaptotal : 0
      const ram = (100 * memory.active) / memory.total
      this.samples.push(Math.max(cpu.currentLoad, (swap + ram) / 2))
      if (this.samples.length > SAMPLES) this.samples.shift()
    } finally {
      this.sampling = false
    }
  }

  get percent(): number {
    if (this.samples.length === 0) return 0
    return this.samples.reduce((sum, value) => sum + value, 0) / this.samples.length
  }

  close(): void {
    clearInterval(this.timer)
  }
}
