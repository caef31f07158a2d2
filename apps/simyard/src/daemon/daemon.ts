import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SimyardError } from '@simyard/protocol'

export type DaemonKind = 'session' | 'simulation' | 'relay'

export interface DaemonFiles {
  readonly kind: DaemonKind
  readonly configFile: string
  /** Folder of the process number and of what the server prints. */
  readonly logDir: string
}

const START_LIMIT_MS = 60_000
const STOP_LIMIT_MS = 10_000
const LOOK_MS = 50

/** One server that runs without a terminal; its process number is kept in `<logDir>/.<kind>.pid`, as the originals do. */
export class Daemon {
  constructor(private readonly files: DaemonFiles) {}

  get name(): string {
    const { kind } = this.files
    return kind === 'relay' ? kind : `${kind} server`
  }

  private get pidFile(): string {
    return join(this.files.logDir, `.${this.files.kind}.pid`)
  }

  private get consoleFile(): string {
    return join(this.files.logDir, this.files.kind, 'console.log')
  }

  /** Its process number when it runs; a number that another program has got meanwhile does not count. */
  get pid(): number | undefined {
    if (!existsSync(this.pidFile)) return undefined
    const pid = Number(readFileSync(this.pidFile, 'utf8'))
    return Number.isInteger(pid) && pid > 0 && isOurs(pid) ? pid : undefined
  }

  /** Starts it and waits until its port is open. Returns the port. */
  async start(): Promise<number> {
    const running = this.pid
    if (running !== undefined) {
      throw new SimyardError(
        'CONFIG_INVALID',
        `The ${this.name} runs already (process ${running}). Stop it first, or use restart.`,
      )
    }
    const { kind, configFile } = this.files
    mkdirSync(join(this.files.logDir, kind), { recursive: true })
    const output = openSync(this.consoleFile, 'w')
    const program = fileURLToPath(new URL('../../bin/simyard.mjs', import.meta.url))
    const child = spawn(process.execPath, [program, `${kind}-server`, configFile], {
      detached: true,
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    let ended = false
    child.once('exit', () => {
      ended = true
    })
    child.once('error', () => {
      ended = true
    })
    child.unref()
    writeFileSync(this.pidFile, `${child.pid}\n`)
    const deadline = Date.now() + START_LIMIT_MS
    for (;;) {
      const said = readFileSync(this.consoleFile, 'utf8')
      const port = /server running on port (\d+)/.exec(said)?.[1]
      if (port) return Number(port)
      if (ended || Date.now() > deadline) {
        rmSync(this.pidFile, { force: true })
        if (!ended) child.kill('SIGKILL')
        const last = said.trim().split('\n').slice(-3).join('\n')
        throw new SimyardError('CONFIG_INVALID', `The ${this.name} did not start. It said: ${last || 'nothing'}`)
      }
      await pause()
    }
  }

  /** Ends it. With SIGTERM simulations may finish: there is then no limit of time. Returns false when it did not run. */
  async stop(signal: 'SIGINT' | 'SIGTERM', waiting?: () => Promise<void>): Promise<boolean> {
    const { pid } = this
    if (pid === undefined) {
      rmSync(this.pidFile, { force: true })
      return false
    }
    process.kill(pid, signal)
    const deadline = Date.now() + STOP_LIMIT_MS
    while (isOurs(pid)) {
      if (signal === 'SIGINT' && Date.now() > deadline) process.kill(pid, 'SIGKILL')
      await waiting?.()
      await pause()
    }
    rmSync(this.pidFile, { force: true })
    return true
  }
}

/** Whether this process number belongs to a server of ours. */
function isOurs(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    const state = /^\d+ \(.*\) (\S)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]
    return state !== 'Z' && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('simyard')
  } catch {
    // Systems without /proc: the number has to do.
    return !existsSync('/proc')
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
