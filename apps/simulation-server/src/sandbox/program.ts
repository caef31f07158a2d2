import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { bubblewrapProblem } from './open-sandbox.js'
import { findBubblewrap } from './runtimes.js'
import type { ExitStatus } from './sandbox.js'

/** A program of the operator's choice that runs for a visitor: Webots. It is not confined by us. */
export interface ProgramPlan {
  readonly executable: string
  /** Given as they are: there is no shell. */
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export interface RunningProgram {
  readonly pid: number | undefined
  /** Lines of stdout and stderr together, as they come. */
  onLine(listener: (line: string) => void): void
  /** Rejects when it cannot be started at all. */
  readonly exited: Promise<ExitStatus>
  /** Asks it to end, and ends it and all it started when it does not within the grace time. May be called twice. */
  stop(graceMs?: number): void
}

const GRACE_MS = 5000
const MAX_LINE_CHARACTERS = 8192

/**
 * A command that ends with this server even when the server is killed. In a process namespace of its own everything
 * that the program starts ends too; without one only the program itself.
 */
function tied(executable: string, args: readonly string[]): [string, string[]] {
  const bubblewrap = findBubblewrap()
  if (bubblewrap && bubblewrapProblem() === undefined) {
    const everything = ['--dev-bind', '/', '/', '--proc', '/proc']
    return [bubblewrap, [...everything, '--unshare-pid', '--die-with-parent', '--', executable, ...args]]
  }
  const setpriv = '/usr/bin/setpriv'
  return existsSync(setpriv) ? [setpriv, ['--pdeathsig', 'KILL', executable, ...args]] : [executable, [...args]]
}

/** Starts a program in a process group of its own, so that what it starts ends with it. */
export function startProgram(plan: ProgramPlan): RunningProgram {
  const [command, args] = tied(plan.executable, plan.args)
  const child = spawn(command, args, {
    cwd: plan.cwd,
    env: plan.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const signal = (name: NodeJS.Signals) => {
    if (child.pid === undefined) return
    try {
      process.kill(-child.pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }
  const exited = new Promise<ExitStatus>((resolve, reject) => {
    child.once('error', reject)
    // What it started and left behind; its output is then complete.
    child.once('exit', () => signal('SIGKILL'))
    child.once('close', (exitCode, signalName) => resolve({ exitCode, signal: signalName }))
  })
  let stopping = false
  return {
    pid: child.pid,
    exited,
    onLine: (listener) => {
      for (const input of [child.stdout, child.stderr]) {
        createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
          listener(line.slice(0, MAX_LINE_CHARACTERS)),
        )
      }
    },
    stop: (graceMs = GRACE_MS) => {
      if (stopping) return
      stopping = true
      signal('SIGTERM')
      const timer = setTimeout(() => signal('SIGKILL'), graceMs)
      exited.then(
        () => clearTimeout(timer),
        () => clearTimeout(timer),
      )
    },
  }
}
