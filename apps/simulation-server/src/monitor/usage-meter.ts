import type { Instance } from '../instance/instance.js'
import { measureUsage } from '../sandbox/process-usage.js'

/** What a simulation and its controllers use now. */
export interface InstanceUsage {
  /** Processors, 1 is a whole one. */
  readonly processors: number
  readonly memoryMiB: number
  readonly processes: number
}

const INTERVAL_MS = 2000

/** Looks every two seconds what each instance uses. */
export class UsageMeter {
  private readonly timer: NodeJS.Timeout
  private readonly usages = new Map<Instance, InstanceUsage>()
  /** Processor seconds of each process at the last look. */
  private before = new Map<number, number>()
  private lookedAtMs = performance.now()

  constructor(private readonly instances: () => readonly Instance[]) {
    this.timer = setInterval(() => this.look(), INTERVAL_MS)
    this.timer.unref()
  }

  private look(): void {
    const instances = this.instances()
    const now = performance.now()
    const seconds = (now - this.lookedAtMs) / 1000
    this.lookedAtMs = now
    const measured = measureUsage(instances.flatMap(({ pids }) => pids))
    const after = new Map<number, number>()
    this.usages.clear()
    for (const instance of instances) {
      const usage = { processors: 0, memoryMiB: 0, processes: 0 }
      for (const pid of instance.pids) {
        const one = measured.get(pid)
        if (!one) continue
        after.set(pid, one.cpuSeconds)
        // What has just started has no earlier value; it shows with the next look.
        usage.processors += Math.max(0, one.cpuSeconds - (this.before.get(pid) ?? one.cpuSeconds)) / seconds
        usage.memoryMiB += one.residentMiB
        usage.processes += one.processes
      }
      this.usages.set(instance, usage)
    }
    this.before = after
  }

  of(instance: Instance): InstanceUsage | undefined {
    return this.usages.get(instance)
  }

  close(): void {
    clearInterval(this.timer)
  }
}
