import { SimyardError } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import type { StreamMeter } from '@simyard/stream'
import type { SimulationServerConfig } from '../config.js'
import type { OpenSandbox } from '../sandbox/open-sandbox.js'
import type { LaunchPlan } from '../sandbox/sandbox.js'
import { planEmbeddedSimulator } from '../simulator/embedded-plan.js'
import { enkiProblem, planEnki } from '../simulator/enki-plan.js'
import { Slots } from '../slots.js'
import type { Stage } from '../stage.js'
import type { StreamDoor } from '../stream/stream-door.js'
import { DockerPlacement } from './docker.js'
import { HostedPlacement } from './hosted.js'
import type { Placement, PlacementDriver } from './placement.js'
import { WebotsPlacement } from './webots.js'

export interface PlacementParts {
  readonly config: SimulationServerConfig
  readonly log: Logger
  readonly stage: Stage
  readonly openSandbox: OpenSandbox
  readonly door: StreamDoor
  /** Counts what viewers get. */
  readonly meter: StreamMeter
  readonly assetsDir: string
  /** Address of the relay, when simulations have rooms. */
  relay(): string | undefined
}

/** The placement that the configuration names; a file of the original that sets up Webots gets Webots. */
export function choosePlacement(parts: PlacementParts): Placement {
  const { config, log, stage } = parts
  const driver = driverOf(config)
  if (driver === 'webots') {
    return new WebotsPlacement({
      home: config.webotsHome,
      version: config.webotsVersion,
      ssl: config.sslKey !== undefined,
      multimediaServer: config.multimediaServer,
      multimediaStream: config.multimediaStream,
      startTimeoutMs: config.startTimeout * 1000,
      stage,
      log,
    })
  }
  if (driver === 'docker') {
    const { image, socket, webotsHome, prefix, network, memoryMiB, cpus, processes } = config.container
    return new DockerPlacement({
      socketPath: socket,
      image,
      webotsHome,
      prefix,
      network,
      memoryMiB,
      cpus,
      processes,
      startTimeoutMs: config.startTimeout * 1000,
      stage,
      log,
    })
  }
  if (driver === 'enki') {
    const problem = enkiProblem()
    if (problem)
      throw new SimyardError('CONFIG_INVALID', `"placement": "enki" cannot be used on this machine: ${problem}.`)
    return hosted(parts, 'enki', 'Enki runs the simulations: flat worlds with e-puck and Thymio II robots.', (slot) =>
      planEnki({ stage, limits: config.simulatorLimits, slot }),
    )
  }
  return hosted(parts, 'embedded', "Simyard's own simulator runs the simulations.", (slot) =>
    planEmbeddedSimulator(stage, config.simulatorLimits, slot),
  )
}

function hosted(
  { config, log, stage, openSandbox, door, meter, assetsDir, relay }: PlacementParts,
  driver: 'embedded' | 'enki',
  description: string,
  plan: (slot: number) => LaunchPlan,
): Placement {
  return new HostedPlacement({
    driver,
    description,
    plan,
    context: {
      openSandbox,
      stage,
      slots: new Slots(),
      controllerLimits: config.controllerLimits,
      assetsDir,
      log,
      hangLimitMs: config.controllerHangSeconds * 1000,
      door,
      meter,
      relay,
    },
    warm: {
      atLeast: config.warmSimulators,
      atMost: config.warmSimulators === 0 ? 0 : Math.max(config.warmSimulators, config.warmSimulatorsMax),
    },
    log,
  })
}

function driverOf(config: SimulationServerConfig): PlacementDriver {
  if (config.placement !== 'auto') return config.placement
  if (config.docker) return 'docker'
  return config.webotsHome === undefined ? 'embedded' : 'webots'
}
