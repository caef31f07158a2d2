import { cp } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { type ErrorReport, type OwnStreamEvent, SimyardError } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import { HostedInstance } from './instance/hosted-instance.js'
import type { PreparedProject } from './project/project-source.js'
import { controllerLimits, simulatorLimits } from './sandbox/limits.js'
import { openSandbox } from './sandbox/open-sandbox.js'
import type { SandboxDriver } from './sandbox/sandbox.js'
import { planEmbeddedSimulator } from './simulator/embedded-plan.js'
import { enkiProblem, planEnki } from './simulator/enki-plan.js'
import { SimulatorProcess } from './simulator/simulator-process.js'
import { Slots } from './slots.js'
import { Stage, type StageSources } from './stage.js'
import { StreamDoor } from './stream/stream-door.js'

export interface LocalRunOptions {
  /** Path of a `.wbt` file in the `worlds` folder of a project. */
  readonly worldFile: string
  readonly simulatedSeconds: number
  readonly seed?: number
  readonly sandbox: 'auto' | SandboxDriver
  readonly simulator: 'embedded' | 'enki'
  readonly sources: StageSources
  readonly assetsDir: string
  readonly log: Logger
  /** What the world's programs print, and what Simyard has to say. */
  line(stream: 'stdout' | 'stderr', text: string): void
}

export interface LocalRunResult {
  readonly simulatedMs: number
  readonly wallMs: number
  readonly errors: readonly ErrorReport[]
}

const LAST_WORDS_MS = 150

/** Runs a world as fast as possible without a page, with the same simulator, sandbox and stream as for a visitor. */
export async function runLocally(options: LocalRunOptions): Promise<LocalRunResult> {
  const problem = options.simulator === 'enki' ? enkiProblem() : undefined
  if (problem) throw new SimyardError('SIMULATOR_START_FAILED', `Enki cannot run here: ${problem}.`)
  const projectDir = dirname(dirname(options.worldFile))
  const world = `worlds/${basename(options.worldFile)}`
  const stage = new Stage(options.sources)
  const slots = new Slots()
  const opened = openSandbox({ stageDir: stage.root, driver: options.sandbox })
  if (!opened.report.safe) options.line('stderr', opened.report.message)
  const simulator = new SimulatorProcess(
    opened.sandbox.launch(
      options.simulator === 'enki'
        ? planEnki({ stage, slot: slots.take() })
        : planEmbeddedSimulator(stage, simulatorLimits, slots.take()),
    ),
    performance.now(),
  )
  let instance: HostedInstance | undefined
  try {
    await simulator.ready()
    const errors: ErrorReport[] = []
    let finish: (result: Omit<LocalRunResult, 'errors'>) => void = () => undefined
    let fail: (error: Error) => void = () => undefined
    const finished = new Promise<Omit<LocalRunResult, 'errors'>>((resolve, reject) => {
      finish = resolve
      fail = reject
    })
    const prepared: PreparedProject = {
      fill: (folder) => cp(projectDir, folder, { recursive: true, dereference: true }),
      release: () => undefined,
    }
    const rejectWith = (error: ErrorReport) =>
      fail(new SimyardError(error.code, error.message, { location: error.location }))
    const created = new HostedInstance(
      {
        openSandbox: opened,
        stage,
        slots,
        controllerLimits,
        assetsDir: options.assetsDir,
        log: options.log,
        hangLimitMs: 30_000,
        door: new StreamDoor(),
        relay: () => undefined,
      },
      {
        port: 1,
        project: basename(projectDir),
        world,
        prepared: Promise.resolve(prepared),
        simulator,
        dialect: '2022',
        seed: options.seed,
        streamUrl: 'ws://127.0.0.1',
        events: {
          progress: () => undefined,
          started: () => undefined,
          ready: () => undefined,
          loaded: () => undefined,
          loadFailed: rejectWith,
          ended: rejectWith,
        },
      },
    )
    instance = created
    let startedAt: number | undefined
    const untilMs = Math.round(options.simulatedSeconds * 1000)
    const viewer = created.attach({
      queuedBytes: 0,
      close: () => undefined,
      send: (text) => {
        if (text.startsWith('simyard:')) {
          const event = JSON.parse(text.slice('simyard:'.length)) as OwnStreamEvent
          if (event.type === 'console')
            options.line(event.stream, event.robot ? `[${event.robot}] ${event.line}` : event.line)
          if (event.type === 'error') errors.push(event.error)
          if (event.type === 'diagnostic') {
            options.line(
              'stderr',
              `${event.diagnostic.severity}: ${event.diagnostic.message} [${event.diagnostic.code}]`,
            )
            if (event.diagnostic.severity === 'error')
              errors.push({ code: 'CONTROLLER_CRASHED', message: event.diagnostic.message })
          }
        } else if (text === 'scene load completed' && startedAt === undefined) {
          startedAt = performance.now()
          setImmediate(() => viewer.receive(`fast:${untilMs}`))
        } else if (text.startsWith('pause: ') && startedAt !== undefined) {
          const simulatedMs = Number(text.slice('pause: '.length))
          if (simulatedMs < untilMs) return
          const wallMs = performance.now() - startedAt
          // What controllers print on their last values is still under way.
          setTimeout(() => finish({ simulatedMs, wallMs }), LAST_WORDS_MS)
        }
      },
    })
    viewer.receive('simyard:hello')
    viewer.receive('x3d')
    void created.open()
    return { ...(await finished), errors }
  } finally {
    instance?.close()
    simulator.kill()
    stage.remove()
  }
}
