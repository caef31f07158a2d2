import { spawn } from 'node:child_process'
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { type Duplex, duplexPair, PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { ContainerSpec } from '../docker/container-spec.js'
import { DEFAULT_DOCKER_SOCKET, DockerEngine } from '../docker/engine.js'
import type { Runtimes } from './runtimes.js'
import {
  CHANNEL_SOCKET_VARIABLE,
  type ExitStatus,
  type LaunchPlan,
  type Sandbox,
  type SandboxedProcess,
} from './sandbox.js'
import { dockerSeccompProfile } from './seccomp.js'
import { uidOfSlot } from './slot-uid.js'

export interface DockerOptions {
  /** The Engine's Unix socket. */
  readonly socketPath?: string
  /**
   * Image with `node` and `python3` in its PATH. When absent, containers run on an empty image of Simyard's own with
   * this machine's /usr read-only in it, as in the other sandboxes: nothing has to be downloaded or built.
   */
  readonly image?: string
}

/** An image of folders and links only; the files come from the machine's /usr. */
const SKELETON = { repository: 'simyard/skeleton', tag: '1' }
const SERVER_LABEL = 'simyard.server'
const CHANNEL_DIR = '/channel'
/** Processors for one program. */
const CPUS = 1
/** Exit code when the container could not be started, as the docker command has it. */
const NOT_STARTED = 125
const SPARE_MIB = 32

/**
 * The container's input is the server's connection to the daemon: when it ends, because the server has gone, a shell
 * beside the program ends everything in the container.
 */
const END_WITH_SERVER = 'exec 5<&0; (while read -r _; do :; done; kill -KILL -1) <&5 5<&- & exec "$@" </dev/null 5<&-'

/** Why containers cannot be used, as far as it can be seen without asking the daemon; undefined when they may work. */
export function dockerProblem(socketPath = DEFAULT_DOCKER_SOCKET): string | undefined {
  try {
    if (!statSync(socketPath).isSocket()) return `${socketPath} is not a socket`
  } catch {
    return `there is no socket ${socketPath} (Debian, Ubuntu: apt install docker.io, then start it)`
  }
  try {
    accessSync(socketPath, constants.R_OK | constants.W_OK)
    return undefined
  } catch {
    return `this user may not open ${socketPath} (usually: be in the group "docker")`
  }
}

/**
 * Each program in a container of its own: no network, a read-only root, a private folder of limited size, one uid for
 * each slot, no capabilities, the same system call filter as elsewhere, and hard limits of memory, processes and
 * processor. Slower to start than the other sandboxes. The channel is a Unix socket in a folder that the container sees.
 */
export class DockerSandbox implements Sandbox {
  readonly driver = 'docker'
  private readonly engine: DockerEngine
  private prepared: Promise<void> | undefined

  constructor(
    private readonly options: DockerOptions,
    private readonly runtimes: Runtimes,
    private readonly stageDir: string,
  ) {
    this.engine = new DockerEngine(options.socketPath)
  }

  inside(_plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string {
    return insidePath
  }

  launch(plan: LaunchPlan): SandboxedProcess {
    return new ContainerProcess(
      this.engine,
      this.stageDir,
      (channelDir) => this.spec(plan, channelDir),
      plan,
      () => this.prepare(),
    )
  }

  /** Once: the image is there, and containers of servers that were killed are not. Rejects with what is missing. */
  prepare(): Promise<void> {
    this.prepared ??= this.makeReady().catch((error: unknown) => {
      this.prepared = undefined
      throw error
    })
    return this.prepared
  }

  private async makeReady(): Promise<void> {
    await this.removeLeftovers()
    if (this.options.image) return void (await this.engine.inspectImage(this.options.image))
    try {
      await this.engine.inspectImage(`${SKELETON.repository}:${SKELETON.tag}`)
    } catch {
      await this.makeSkeleton()
    }
  }

  private async removeLeftovers(): Promise<void> {
    for (const { id, labels } of await this.engine.list([SERVER_LABEL])) {
      if (!serverLives(labels[SERVER_LABEL] ?? '')) await this.engine.remove(id)
    }
  }

  private async makeSkeleton(): Promise<void> {
    const folder = mkdtempSync(join(this.stageDir, 'skeleton-'))
    try {
      for (const name of ['usr', 'etc', 'proc', 'dev', 'sys', 'tmp', 'work', 'app', 'sbin', CHANNEL_DIR.slice(1)]) {
        mkdirSync(join(folder, name), { mode: 0o755 })
      }
      for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(folder, name))
      chmodSync(folder, 0o755)
      const archive = spawn('tar', ['-C', folder, '-c', '--owner=0', '--group=0', '.'], {
        stdio: ['ignore', 'pipe', 'ignore'],
      })
      await this.engine.importImage(archive.stdout, SKELETON.repository, SKELETON.tag)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  private command({ runtime, args }: LaunchPlan): string[] {
    if (this.options.image !== undefined) return [runtime === 'node' ? 'node' : 'python3', ...args]
    const program = runtime === 'node' ? this.runtimes.node : (this.runtimes.python ?? '/usr/bin/python3')
    return ['/bin/sh', '-c', END_WITH_SERVER, 'sh', program, ...args]
  }

  private spec(plan: LaunchPlan, channelDir: string): ContainerSpec {
    const { limits } = plan
    const uid = uidOfSlot(plan.slot)
    const mebibyte = 1024 * 1024
    const shown = this.options.image === undefined ? ['/usr', ...this.runtimes.shown] : []
    const rlimit = (name: string, value: number) => ({ name, soft: value, hard: value })
    return {
      image: this.options.image ?? `${SKELETON.repository}:${SKELETON.tag}`,
      entrypoint: [],
      command: this.command(plan),
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        HOME: '/work',
        ...plan.env,
        [CHANNEL_SOCKET_VARIABLE]: `${CHANNEL_DIR}/socket`,
      },
      labels: {
        [SERVER_LABEL]: serverName(),
        'simyard.instance': plan.instance ?? plan.label,
        'simyard.program': plan.label,
      },
      workingDir: plan.cwd,
      user: `${uid}:${uid}`,
      hostname: 'sandbox',
      network: 'none',
      mounts: [
        ...shown.map((path) => ({ source: path, target: path, readOnly: true })),
        ...Object.entries(plan.readOnly).map(([source, target]) => ({ source, target, readOnly: true })),
        { source: channelDir, target: CHANNEL_DIR, readOnly: true },
      ],
      tmpfs: {
        '/work': `size=${limits.diskMiB * mebibyte},mode=0700,uid=${uid},gid=${uid}`,
        '/tmp': `size=${mebibyte},mode=0700,uid=${uid},gid=${uid}`,
      },
      readOnlyRoot: true,
      memoryBytes: (limits.memoryMiB + limits.diskMiB + SPARE_MIB) * mebibyte,
      // Process 1 and the shell are not the program's.
      pids: limits.processes + 2,
      openStdin: true,
      cpus: CPUS,
      sharedMemoryBytes: mebibyte,
      ulimits: [
        rlimit('nofile', limits.openFiles),
        rlimit('fsize', limits.fileMiB * mebibyte),
        rlimit('cpu', limits.cpuSeconds),
        rlimit('core', 0),
      ],
      dropCapabilities: true,
      noNewPrivileges: true,
      seccompProfile: dockerSeccompProfile(),
      // Process 1 cannot be ended by its own limits; a small one in front of the program can wait for it.
      init: true,
    }
  }
}

/** A container as a process: it is there at once, its container follows. */
class ContainerProcess implements SandboxedProcess {
  readonly channel: Duplex
  readonly stdout = new PassThrough()
  readonly stderr = new PassThrough()
  readonly exited: Promise<ExitStatus>
  private readonly far: Duplex
  private readonly folder: string
  private hostPid = -1
  private container: string | undefined
  private killed = false

  constructor(
    private readonly engine: DockerEngine,
    stageDir: string,
    private readonly spec: (channelDir: string) => ContainerSpec,
    plan: LaunchPlan,
    private readonly prepare: () => Promise<void>,
  ) {
    const [near, far] = duplexPair()
    this.channel = near
    this.far = far
    near.on('error', () => near.destroy())
    far.on('error', () => far.destroy())
    this.folder = mkdtempSync(join(stageDir, 'channel-'))
    // Its own program and nobody else may enter; without root its name, which cannot be listed, is what others lack.
    chmodSync(this.folder, 0o711)
    if (process.getuid?.() === 0) {
      chmodSync(this.folder, 0o700)
      chownSync(this.folder, uidOfSlot(plan.slot), uidOfSlot(plan.slot))
    }
    this.exited = this.run().then(
      (exitCode) => this.end({ exitCode, signal: null }),
      (error: unknown) => {
        this.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
        return this.end({ exitCode: NOT_STARTED, signal: null })
      },
    )
  }

  get pid(): number {
    return this.hostPid
  }

  private async run(): Promise<number> {
    await this.prepare()
    await this.listen()
    this.container = await this.engine.create(this.spec(this.folder))
    const { stdout, stderr } = await this.engine.attach(this.container)
    const { exitCode } = await this.engine.exitOf(this.container)
    stdout.pipe(this.stdout, { end: false })
    stderr.pipe(this.stderr, { end: false })
    const lastWords = Promise.all([finished(stdout), finished(stderr)])
    if (this.killed) return 137
    await this.engine.start(this.container)
    // Killed while it started: the first request came too early.
    if (this.killed) await this.engine.kill(this.container)
    else this.hostPid = (await this.engine.inspect(this.container)).pid || -1
    const [code] = await Promise.all([exitCode, lastWords])
    return code
  }

  /** One connection, the program's: then the door closes. */
  private listen(): Promise<void> {
    const path = join(this.folder, 'socket')
    const server = createServer((socket) => {
      server.close()
      socket.pipe(this.far).pipe(socket)
      socket.on('error', () => socket.destroy())
      socket.once('close', () => this.far.destroy())
      this.far.once('close', () => socket.destroy())
    })
    server.unref()
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => {
        chmodSync(path, 0o666)
        resolve()
      })
      void this.exited?.then(() => server.close())
    })
  }

  private async end(status: ExitStatus): Promise<ExitStatus> {
    this.hostPid = -1
    rmSync(this.folder, { recursive: true, force: true })
    if (this.container) await this.engine.remove(this.container).catch(() => undefined)
    this.channel.destroy()
    this.far.destroy()
    this.stdout.end()
    this.stderr.end()
    return status
  }

  kill(): void {
    if (this.killed) return
    this.killed = true
    // A daemon that has gone has taken its containers along, or its next start is followed by our clean-up.
    if (this.container) this.engine.kill(this.container).catch(() => undefined)
  }
}

/** Names this process for all time: its number alone is used again after it. */
function serverName(): string {
  return `${hostname()}:${process.pid}:${startTicks(process.pid)}`
}

function serverLives(name: string): boolean {
  const [host, pid, ticks] = name.split(':')
  // Another machine, or container, shares this daemon: its programs are its own affair.
  if (host !== hostname()) return true
  return ticks === startTicks(Number(pid))
}

/** Start of a process in clock ticks since boot, or '' when it does not run. */
function startTicks(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}
