import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { SimyardError, type WebotsGeneration, webotsArguments, webotsGeneration } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import { ForeignInstance, type ForeignProgram } from '../instance/foreign-instance.js'
import type { Instance } from '../instance/instance.js'
import { startProgram } from '../sandbox/program.js'
import type { Stage } from '../stage.js'
import type { Placement, PlacementSpec } from './placement.js'

export interface WebotsPlacementOptions {
  /** Folder of the installation; the environment variable WEBOTS_HOME when absent, else where Debian puts it. */
  readonly home: string | undefined
  /** Release, `R2023b`; asked from the program when absent. */
  readonly version: string | undefined
  /** Whether the program opens its ports with TLS; releases until R2022a. */
  readonly ssl: boolean
  readonly multimediaServer: string | undefined
  readonly multimediaStream: string | undefined
  readonly startTimeoutMs: number
  readonly stage: Stage
  readonly log: Logger
}

const DEFAULT_HOME = '/usr/bin/webots'
const VERSION_TIMEOUT_MS = 20_000

/** The real Webots on this machine: a window or a virtual display, a program for each visitor, no confinement of ours. */
export class WebotsPlacement implements Placement {
  readonly driver = 'webots'
  readonly confined = false
  readonly streamBy = 'program'
  readonly warm = undefined
  private generation: Promise<WebotsGeneration> | undefined

  constructor(private readonly options: WebotsPlacementOptions) {}

  private get home(): string {
    return this.options.home ?? process.env.WEBOTS_HOME ?? DEFAULT_HOME
  }

  get description(): string {
    return `Webots in ${this.home} runs the simulations; its controllers are not confined by Simyard.`
  }

  private get executable(): string {
    const inside = { darwin: 'Contents/MacOS/webots', win32: 'msys64/mingw64/bin/webots.exe' } as Record<string, string>
    return join(this.home, inside[process.platform] ?? 'webots')
  }

  async start(spec: PlacementSpec): Promise<Instance> {
    if (!existsSync(this.executable)) {
      throw new SimyardError(
        'SIMULATOR_START_FAILED',
        `There is no Webots at ${this.executable}. The operator of this server sets the folder with "webotsHome".`,
      )
    }
    this.generation ??= this.findGeneration()
    const generation = await this.generation.catch((error: unknown) => {
      this.generation = undefined
      throw error
    })
    await spec.prepared
    return new ForeignInstance(
      {
        stage: this.options.stage,
        startTimeoutMs: this.options.startTimeoutMs,
        program: 'Webots',
        launch: async (one, projectDir, world) => this.launch(generation, one, projectDir, world),
      },
      spec,
    )
  }

  private launch(generation: WebotsGeneration, spec: PlacementSpec, projectDir: string, world: string): ForeignProgram {
    const { ssl, multimediaServer, multimediaStream, log } = this.options
    const args = webotsArguments(generation, {
      port: spec.programPort,
      world,
      mode: spec.mode,
      // Who is logged in on the site may change controllers; so may everybody where nobody logs in.
      controllerEdit: spec.mayEditControllers,
      ssl,
      multimediaServer,
      multimediaStream,
    })
    const env = environment()
    if (generation === 'B' || generation === 'C') env.WEBOTS_FIREJAIL_CONTROLLERS = '1'
    log.info({ instance: spec.port, executable: this.executable, args }, 'Webots starts')
    return startProgram({ executable: this.executable, args, cwd: projectDir, env })
  }

  private async findGeneration(): Promise<WebotsGeneration> {
    const { version } = this.options
    const said = version ?? (await this.askVersion())
    const generation = webotsGeneration(said)
    if (generation) return generation
    throw new SimyardError(
      'SIMULATOR_START_FAILED',
      `The release of Webots is not known (it said ${JSON.stringify(said.slice(0, 100))}). The operator of this server sets it with "webotsVersion", for example "R2023b".`,
    )
  }

  private async askVersion(): Promise<string> {
    const lines: string[] = []
    const asked = startProgram({ executable: this.executable, args: ['--version'], cwd: '/', env: environment() })
    asked.onLine((line) => lines.push(line))
    const timer = setTimeout(() => asked.stop(0), VERSION_TIMEOUT_MS)
    await asked.exited.finally(() => clearTimeout(timer))
    return lines.join(' ')
  }

  close(): void {
    // Each instance ends its own program.
  }
}

/** What Webots needs of the server's environment, which may hold secrets; a display above all. */
function environment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'LANG', 'USER', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'LD_LIBRARY_PATH', 'TMPDIR']
  const env: Record<string, string> = { DISPLAY: process.env.DISPLAY ?? ':0' }
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && (kept.includes(name) || name.startsWith('WEBOTS_'))) env[name] = value
  }
  return env
}
