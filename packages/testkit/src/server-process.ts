import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from './simyard-process.js'

export interface RunningServer {
  readonly port: number
  /** `http://127.0.0.1:<port>` */
  readonly address: string
  readonly pid: number
  /** Everything it has written to stdout and stderr. */
  output(): string
  readonly exited: Promise<number | null>
  kill(signal?: NodeJS.Signals): void
  /** Ends it as Ctrl-C does, or with another signal, and resolves to its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** What a simulation server does beside its visitors takes seconds of a small machine; tests of it configure it. */
const NOTHING_BESIDE = { warmSimulators: 0, selfTestDelay: 86_400 }

/**
 * Starts one server of the built checkout by itself, from a configuration, on this machine only. It keeps no simulators
 * ready and does not try its sandbox, unless the configuration says so.
 */
export function startServer(
  command: 'session-server' | 'simulation-server' | 'relay-server',
  config: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<RunningServer> {
  const local = { port: 0, host: '127.0.0.1', debug: true }
  const behindNothing = command === 'relay-server' ? {} : { server: '127.0.0.1', ssl: false, portRewrite: false }
  const alone = command === 'simulation-server' ? NOTHING_BESIDE : {}
  const program = join(repositoryRoot, 'apps/simyard/bin/simyard.mjs')
  return start([process.execPath, program, command], { ...local, ...behindNothing, ...alone, ...config }, env)
}

/** Starts a Python program that takes the path of its configuration and says on which port it runs. */
export function startPythonServer(python: string, program: string, config: unknown): Promise<RunningServer> {
  return start([python, program], config, {})
}

async function start(
  [program, ...args]: readonly [string, ...string[]],
  config: unknown,
  env: Record<string, string>,
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-server-'))
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const child: ChildProcess = spawn(program, [...args, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: folder,
    env: { ...process.env, ...env },
  })
  let text = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  void exited.then(() => rmSync(folder, { recursive: true, force: true }))
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const found = /server running on port (\d+)/.exec(text)?.[1]
      if (found) resolve(Number(found))
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('error', reject)
    // Everything it has said is read then.
    child.once('close', (code) => reject(new Error(`${[program, ...args].join(' ')} ended with ${code}:\n${text}`)))
  })
  return {
    port,
    address: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    output: () => text,
    exited,
    kill: (signal = 'SIGKILL') => child.kill(signal),
    stop: (signal = 'SIGINT') => {
      child.kill(signal)
      return exited
    },
  }
}
