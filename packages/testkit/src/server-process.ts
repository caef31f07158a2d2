import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from './simyard-process.js'

export interface ServerProcess {
  readonly port: number
  readonly pid: number
  /** Everything it has written to stdout and stderr. */
  output(): string
  /** Ends it and resolves to its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * Starts a program with a JSON configuration in a file and waits until it says on which port it runs. Rejects with what
 * it wrote when it ends before.
 */
async function startServer(program: readonly [string, ...string[]], config: unknown): Promise<ServerProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-server-'))
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const [command, ...args] = program
  const child: ChildProcess = spawn(command, [...args, file], {
    stdio: ['ignore', 'pipe', 'pipe'],
    cwd: repositoryRoot,
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
    child.once('close', (code) => reject(new Error(`${program.join(' ')} ended with ${code}:\n${text}`)))
    child.once('error', reject)
  })
  return {
    port,
    pid: child.pid!,
    output: () => text,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    },
  }
}

/** `simyard session-server FILE`, or `simyard simulation-server FILE`. */
export function startSimyardServer(
  command: 'session-server' | 'simulation-server',
  config: unknown,
): Promise<ServerProcess> {
  const program = join(repositoryRoot, 'apps/simyard/bin/simyard.mjs')
  return startServer([process.execPath, program, command], config)
}

/** A Python program that takes the path of its configuration. */
export function startPythonServer(python: string, program: string, config: unknown): Promise<ServerProcess> {
  return startServer([python, program], config)
}
