import { SimyardError } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import { HostedInstance, type HostedInstanceContext } from '../instance/hosted-instance.js'
import type { Instance } from '../instance/instance.js'
import type { LaunchPlan } from '../sandbox/sandbox.js'
import { SimulatorProcess } from '../simulator/simulator-process.js'
import { type WarmLimits, WarmPool } from '../simulator/warm-pool.js'
import type { Placement, PlacementDriver, PlacementSpec, WarmPrograms } from './placement.js'

export interface HostedPlacementOptions {
  readonly driver: Extract<PlacementDriver, 'embedded' | 'enki'>
  readonly description: string
  readonly context: HostedInstanceContext
  /** How one simulator is started, in the given slot. */
  plan(slot: number): LaunchPlan
  readonly warm: WarmLimits
  readonly log: Logger
}

/** Simulators that speak simulator-v1, each in the sandbox; some are kept ready. */
export class HostedPlacement implements Placement {
  readonly driver: PlacementDriver
  readonly description: string
  readonly streamBy = 'server'
  private readonly pool: WarmPool

  constructor(private readonly options: HostedPlacementOptions) {
    this.driver = options.driver
    this.description = options.description
    this.pool = new WarmPool(() => this.launch(), options.warm, options.log)
    this.pool.fill()
  }

  get confined(): boolean {
    return this.options.context.openSandbox.report.safe
  }

  get warm(): WarmPrograms {
    return { ready: this.pool.readyCount, size: this.pool.wanted }
  }

  private launch(): SimulatorProcess {
    const { slots, openSandbox } = this.options.context
    const slot = slots.take()
    const started = openSandbox.sandbox.launch(this.options.plan(slot))
    void started.exited.then(() => slots.free(slot))
    return new SimulatorProcess(started, performance.now())
  }

  async start(spec: PlacementSpec): Promise<Instance> {
    const taking = this.pool.take().catch((cause: Error) => {
      throw new SimyardError('SIMULATOR_START_FAILED', `The simulator could not be started. ${cause.message}`, {
        cause,
      })
    })
    try {
      const [simulator] = await Promise.all([taking, spec.prepared])
      return new HostedInstance(this.options.context, { ...spec, simulator, replaceSimulator: () => this.pool.take() })
    } catch (error) {
      // Nobody has used it: the next visitor gets it.
      taking.then(
        (simulator) => this.pool.keep(simulator),
        () => undefined,
      )
      throw error
    }
  }

  close(): void {
    this.pool.close()
  }
}
