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
}

export interface ExitStatus {
  readonly exitCode: number | null
  readonly signal: string | null
}

/** A program that runs. `channel` is file descriptor 3 inside. */
export interface SandboxedProcess {
  readonly pid: number
  readonly channel: Duplex
  readonly stdout: Readable
  readonly stderr: Readable
  readonly exited: Promise<ExitStatus>
  /** Ends the program and everything it started, at once. May be called twice. */
  kill(): void
}

export interface Sandbox {
  readonly driver: 'bubblewrap' | 'none'
  /** How paths look inside: the driver without isolation cannot move files, so it returns the outside path. */
  inside(plan: Pick<LaunchPlan, 'readOnly'>, insidePath: string): string
  launch(plan: LaunchPlan): SandboxedProcess
}

export function wrapChild(child: ChildProcess, killTree: () => void): SandboxedProcess {
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
    stderr: child.stderr as Readable,
    exited,
    kill: killTree,
  }
}
