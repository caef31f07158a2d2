import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from './simyard-process.js'

export interface RunningServer {
  readonly port: number
  readonly pid: number
  /** Everything it has logged. */
  output(): string
  stop(signal?: NodeJS.Signals): Promise<void>
}

/** Starts `simyard session-server` or `simulation-server` from a configuration; `port: 0` takes a free one. */
export async function startServer(
  command: 'session-server' | 'simulation-server',
  config: object,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-config-'))
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const child: ChildProcess = spawn(
    process.execPath,
    [join(repositoryRoot, 'apps/simyard/bin/simyard.mjs'), command, file],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } },
  )
  let text = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const port = await new Promise<number>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const found = /server running on port (\d+)/.exec(text)?.[1]
      if (found) resolve(Number(found))
    })
    void exited.then((code) => reject(new Error(`${command} ended with ${code}: ${text}`)))
  })
  return {
    port,
    pid: child.pid!,
    output: () => text,
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      await exited
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
