import { statfs } from 'node:fs/promises'
import { currentLoad, mem } from 'systeminformation'
import { readGpu } from './gpu.js'
import { NetworkMeter } from './network-meter.js'
import { type LoadFormula, loadOf, type MachineSample } from './sample.js'

/** Ten minutes. */
const SAMPLES_KEPT = 600
const SAMPLE_INTERVAL_MS = 1000
/** Asking for these costs milliseconds of processor, or a process; they change slowly. */
const SLOW_INTERVAL_MS = 5000

const noGpu = { gpuLoad: 0, gpuMemoryLoad: 0, gpuMemory: 0 }

/** Watches this machine once a second. */
export class MachineLoad {
  private readonly kept: MachineSample[] = []
  private readonly timers: NodeJS.Timeout[]
  private sampling = false
  private readonly network = new NetworkMeter()
  private disk = 0
  private gpu = noGpu

  constructor(
    private readonly options: {
      readonly formula: LoadFormula
      counts(): { running: number; idle: number }
      sampled(sample: MachineSample): void
    },
  ) {
    this.timers = [
      setInterval(() => void this.sample(), SAMPLE_INTERVAL_MS),
      setInterval(() => void this.lookSlowly(), SLOW_INTERVAL_MS),
    ]
    for (const timer of this.timers) timer.unref()
    void this.lookSlowly()
  }

  private async sample(): Promise<void> {
    // A machine that is too busy to answer within a second is asked again in the next.
    if (this.sampling) return
    this.sampling = true
    try {
      const [cpu, memory, network] = await Promise.all([currentLoad(), mem(), this.network.look()])
      const megabytes = (bytesPerSecond: number) => Number((bytesPerSecond / 1e6).toFixed(6))
      const sample: MachineSample = {
        timestamp: Math.floor(Date.now() / 1000),
        ...this.options.counts(),
        cpuLoad: percent(cpu.currentLoad),
        memory: percent((100 * memory.active) / memory.total),
        swap: percent(memory.swaptotal > 0 ? (100 * memory.swapused) / memory.swaptotal : 0),
        disk: this.disk,
        ...this.gpu,
        sent: megabytes(network.sent),
        received: megabytes(network.received),
      }
      this.kept.push(sample)
      if (this.kept.length > SAMPLES_KEPT) this.kept.shift()
      this.options.sampled(sample)
    } finally {
      this.sampling = false
    }
  }

  private async lookSlowly(): Promise<void> {
    const disk = await statfs('/').catch(() => undefined)
    // As df computes it: what the superuser keeps for itself is neither used nor free.
    const used = disk ? disk.blocks - disk.bfree : 0
    this.disk = disk && used + disk.bavail > 0 ? percent((100 * used) / (used + disk.bavail)) : 0
    const gpu = await readGpu()
    this.gpu = gpu ? { gpuLoad: gpu.load, gpuMemoryLoad: gpu.memoryLoad, gpuMemory: gpu.memory } : noGpu
  }

  get samples(): readonly MachineSample[] {
    return this.kept
  }

  get percent(): number {
    return loadOf(this.kept, this.options.formula)
  }

  close(): void {
    for (const timer of this.timers) clearInterval(timer)
  }
}

function percent(value: number): number {
  return Number(value.toFixed(1))
}
