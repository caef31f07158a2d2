import { availableParallelism } from 'node:os'
import type { Logger } from '@simyard/service-host'
import { processTurn } from '../sandbox/process-start.js'
import type { SimulatorProcess } from './simulator-process.js'
import { WarmDemand } from './warm-demand.js'

export interface WarmLimits {
  readonly atLeast: number
  readonly atMost: number
}

/** How often the pool looks whether it keeps more than is wanted. */
const SHRINK_INTERVAL_MS = 30_000

/**
 * Simulators that are started before anybody asks. They are started one at a time: several that compile WebAssembly at
 * the same moment slow each other, and every running simulation, for seconds.
 */
export class WarmPool {
  private readonly warm: SimulatorProcess[] = []
  private readonly demand: WarmDemand
  private readonly timer: NodeJS.Timeout
  private starting: Promise<void> | undefined
  private closed = false
  private failures = 0
  private readonly coldStarts: Promise<void>[] = []

  constructor(
    private readonly start: () => SimulatorProcess,
    limits: WarmLimits,
    private readonly log: Logger,
  ) {
    this.demand = new WarmDemand(limits)
    this.timer = setInterval(() => this.shrink(), SHRINK_INTERVAL_MS)
    this.timer.unref()
  }

  get readyCount(): number {
    return this.warm.length
  }

  get wanted(): number {
    return this.demand.wanted(performance.now())
  }

  fill(): void {
    if (this.closed || this.starting || this.warm.length >= this.wanted) return
    // Somebody waits for one: those to come have time.
    if (this.coldStarts.length > 0) return
    this.starting = this.startOne().finally(() => {
      this.starting = undefined
      // A simulator that cannot start at all must not be started without end.
      if (this.failures < 3) setImmediate(() => this.fill())
    })
  }

  private async startOne(): Promise<void> {
    const simulator = this.start()
    try {
      await simulator.ready()
      this.failures = 0
    } catch (error) {
      this.failures++
      this.log.error({ err: error }, 'a simulator for the warm pool did not start')
      return
    }
    this.keep(simulator)
  }

  /** Takes one that is ready and was never used, also back from whoever got no project for it. */
  keep(simulator: SimulatorProcess): void {
    if (this.closed || this.warm.length >= this.wanted) return simulator.kill()
    this.warm.push(simulator)
    void simulator.exited.then(() => {
      const index = this.warm.indexOf(simulator)
      if (index < 0) return
      this.warm.splice(index, 1)
      this.fill()
    })
  }

  private shrink(): void {
    while (this.warm.length > this.wanted) this.warm.pop()?.kill()
  }

  /** A ready simulator: a warm one at once, else a new one as soon as it has started. */
  async take(): Promise<SimulatorProcess> {
    this.failures = 0
    this.demand.arrived(performance.now())
    const simulator = this.warm.shift()
    setImmediate(() => this.fill())
    return simulator ?? this.startCold()
  }

  /** As many at a time as there are processors: more would only take each other's turns, and the server's. */
  private async startCold(): Promise<SimulatorProcess> {
    const before = this.coldStarts[this.coldStarts.length - availableParallelism()]
    const started = (async () => {
      await before
      await processTurn()
      const cold = this.start()
      await cold.ready()
      return cold
    })()
    const ended = started.then(
      () => undefined,
      () => undefined,
    )
    this.coldStarts.push(ended)
    void ended.then(() => {
      this.coldStarts.splice(this.coldStarts.indexOf(ended), 1)
      this.fill()
    })
    return started
  }

  close(): void {
    this.closed = true
    clearInterval(this.timer)
    for (const simulator of this.warm.splice(0)) simulator.kill()
  }
}
