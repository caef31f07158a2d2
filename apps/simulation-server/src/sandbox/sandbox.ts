import type { ChildProcess } from 'node:child_process'
import type { Duplex, Readable } from 'node:stream'
import type { SandboxLimits } from './limits.js'
import { putBehindServer } from './process-start.js'

/** What to run. Paths on the left exist on this machine, paths on the right inside the sandbox. */
export interface LaunchPlan {
  /** Short name for logs: 'simulator', 'controller e-puck'. */
  readonly label: string
  readonly runtime: 'node' | 'python'
  /** Arguments of the runtime: the script as seen inside, then its own arguments. */
  readonly args: readonly string[]
  /** Folders and files shown read-only: outside path → inside path. Inside paths lie under /work or /app, or are files of the root. */
  readonly readOnly: Readonly<Record<string, string>>
  /** Working directory inside. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly limits: SandboxLimits
  /** Slot number: each running program has its own, and so its own uid. */
  readonly slot: number
  /** Instance that the program belongs to, for the labels of a container. */
  readonly instance?: string
}

export interface ExitStatus {
  readonly exitCode: number | null
  readonly signal: string | null
}

/**
 * A program that runs. `channel` is file descriptor 3 inside, or, where a descriptor cannot be inherited, the Unix socket
 * whose path is in `SIMYARD_CHANNEL_SOCKET`.
 */
export interface SandboxedProcess {
  /** Of the outermost process on this machine; -1 while it has none. */
  readonly pid: number
  readonly channel: Duplex
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ExitStatus>
  /** Ends the program and everything it started, at once. May be called twice. */
  kill(): void
}

export type SandboxDriver = 'bubblewrap' | 'firejail' | 'docker' | 'none'

export interface Sandbox {
  readonly driver: SandboxDriver
  /** How paths look inside: the driver without isolation cannot move files, so it returns the outside path. */
  inside(plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string
  /** Never throws for what the program does: a program that cannot be started exits, with the reason on its stderr. */
  launch(plan: LaunchPlan): SandboxedProcess
}

/** Name of the environment variable that tells a program where its channel is, when it is not file descriptor 3. */
export const CHANNEL_SOCKET_VARIABLE = 'SIMYARD_CHANNEL_SOCKET'

/** @param stderr where the program's own errors are, when the launcher in front of it has a stderr of its own. */
export function wrapChild(child: ChildProcess, killTree: () => void, stderr?: Readable): SandboxedProcess {
  putBehindServer(child.pid)
  const channel = child.stdio[3] as Duplex
  // A peer that dies mid-write is reported by `exited`; the stream's own error says nothing more.
  channel.on('error', () => channel.destroy())
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once('error', () => resolve({ exitCode: 127, signal: null }))
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })
  return {
    pid: child.pid ?? -1,
    channel,
    stdout: child.stdout as Readable,
    stderr: stderr ?? (child.stderr as Readable),
    exited,
    kill: killTree,
  }
}

/**
 * Ends a program that was started in a process group of its own with everything in that group. For bubblewrap too: of one
 * that is killed while it still sets up its namespaces, a child would wait for ever.
 */
export function killProcessGroup(pid: number | undefined): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
