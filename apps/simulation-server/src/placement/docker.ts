import { existsSync, readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { SimyardError, type WebotsGeneration, webotsArguments, webotsGeneration } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import { DockerEngine } from '../docker/engine.js'
import { ForeignInstance, type ForeignProgram } from '../instance/foreign-instance.js'
import type { Instance } from '../instance/instance.js'
import type { Stage } from '../stage.js'
import type { Placement, PlacementSpec } from './placement.js'

export interface DockerPlacementOptions {
  readonly socketPath: string | undefined
  /** Image; when absent the one that Cyberbotics publishes for the world's release. */
  readonly image: string | undefined
  /** Folder of Webots in the image. */
  readonly webotsHome: string
  /** Program and arguments before Webots, for example a virtual display. */
  readonly prefix: readonly string[]
  readonly network: string
  readonly memoryMiB: number
  readonly cpus: number
  readonly processes: number
  readonly startTimeoutMs: number
  readonly stage: Stage
  readonly log: Logger
}

const PROJECT_DIR = '/usr/local/webots-project'
/** Of containers of simulations; its value is the process number of the server that started them. */
const LABEL = 'simyard.placement'

/**
 * Ends the program when the server lets go of the container's input, also because the server was killed. The program
 * and its arguments are arguments here, too: nothing of a project is read by a shell.
 */
const tiedToInput = 'exec 3<&0; "$@" </dev/null & program=$!; (cat <&3 >/dev/null; kill -9 $program) & wait $program'

/** Webots in a container for each visitor, by the Docker Engine of this machine. */
export class DockerPlacement implements Placement {
  readonly driver = 'docker'
  readonly confined = true
  readonly streamBy = 'program'
  readonly warm = undefined
  private readonly engine: DockerEngine

  constructor(private readonly options: DockerPlacementOptions) {
    this.engine = new DockerEngine(options.socketPath)
    void this.removeLeftovers()
  }

  get description(): string {
    const { image, memoryMiB, cpus, processes } = this.options
    return `Webots runs in Docker containers (${image ?? 'the image of its release'}), each with at most ${memoryMiB} MiB, ${cpus} processors and ${processes} processes.`
  }

  async start(spec: PlacementSpec): Promise<Instance> {
    await this.engine.ping()
    await spec.prepared
    return new ForeignInstance(
      {
        stage: this.options.stage,
        startTimeoutMs: this.options.startTimeoutMs,
        program: 'Webots',
        launch: (one, projectDir, world) => this.launch(one, projectDir, world),
      },
      spec,
    )
  }

  private async launch(spec: PlacementSpec, projectDir: string, world: string): Promise<ForeignProgram> {
    const { options, engine } = this
    const { release, generation } = releaseOf(world)
    const image = options.image ?? publishedImage(release)
    if (existsSync(`${projectDir}/Dockerfile`)) {
      spec.events.progress(`The project's Dockerfile is not built here; it runs in ${image}.`)
    }
    const args = webotsArguments(generation, {
      port: spec.programPort,
      world: `${PROJECT_DIR}/worlds/${basename(world)}`,
      mode: spec.mode,
      controllerEdit: spec.mayEditControllers,
      ssl: false,
    })
    const id = await engine.create({
      image,
      entrypoint: [],
      command: ['/bin/sh', '-c', tiedToInput, 'sh', ...options.prefix, `${options.webotsHome}/webots`, ...args],
      env: { ...(process.env.DISPLAY ? { DISPLAY: process.env.DISPLAY } : {}) },
      labels: { [LABEL]: String(process.pid) },
      workingDir: PROJECT_DIR,
      network: options.network,
      ports:
        options.network === 'host'
          ? []
          : [{ containerPort: spec.programPort, hostPort: spec.programPort, hostAddress: '0.0.0.0' }],
      mounts: [{ source: projectDir, target: PROJECT_DIR, readOnly: false }],
      memoryBytes: options.memoryMiB * 1024 * 1024,
      cpus: options.cpus,
      pids: options.processes,
      noNewPrivileges: true,
      openStdin: true,
      init: false,
    })
    try {
      const { stdin, stdout, stderr } = await engine.attach(id)
      const { exitCode: ended } = await engine.exitOf(id)
      await engine.start(id)
      options.log.info({ instance: spec.port, image, container: id.slice(0, 12) }, 'Webots starts in a container')
      const exited = ended.then(async (exitCode) => {
        await engine.remove(id)
        return { exitCode, signal: null }
      })
      return {
        pid: undefined,
        exited,
        onLine: (listener) => {
          for (const input of [stdout, stderr]) createInterface({ input }).on('line', listener)
        },
        stop: () => {
          stdin.end()
          engine.kill(id).catch((error: unknown) => options.log.warn({ err: error }, 'a container was not stopped'))
        },
      }
    } catch (error) {
      await engine.remove(id).catch(() => undefined)
      throw error
    }
  }

  /** Containers of servers that do not run any more. */
  private async removeLeftovers(): Promise<void> {
    try {
      for (const { id, labels } of await this.engine.list([LABEL])) {
        const pid = Number(labels[LABEL])
        if (pid !== process.pid && !existsSync(`/proc/${pid}`)) await this.engine.remove(id)
      }
    } catch (error) {
      this.options.log.warn({ err: error }, 'containers of earlier servers could not be looked for')
    }
  }

  close(): void {
    // Each instance ends its own container.
  }
}

/** The first line of a world names its release: `#VRML_SIM R2023b utf8`. */
function releaseOf(world: string): { release: string; generation: WebotsGeneration } {
  const [line = ''] = readFileSync(world, 'utf8').split('\n', 1)
  const release = /R\d{4}[ab]/.exec(line)?.[0]
  const generation = release === undefined ? undefined : webotsGeneration(release)
  if (release === undefined || generation === undefined) {
    throw new SimyardError(
      'SIMULATOR_START_FAILED',
      `The first line of ${basename(world)} names no release of Webots; it should be like "#VRML_SIM R2023b utf8".`,
    )
  }
  return { release, generation }
}

/** As Cyberbotics names its images: Ubuntu 20.04 until R2023a, 22.04 since. */
function publishedImage(release: string): string {
  return `cyberbotics/webots.cloud:${release}-ubuntu${release <= 'R2023a' ? '20.04' : '22.04'}`
}
