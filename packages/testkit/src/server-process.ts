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
  /** Ends it as Ctrl-C does and resolves to its exit code. */
  stop(): Promise<number | null>
}

/** Starts one server of the built checkout by itself, from a configuration, on this machine only. */
export async function startServer(
  command: 'session-server' | 'simulation-server',
  config: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), `simyard-${command}-`))
  const file = join(folder, 'config.json')
  const local = { port: 0, host: '127.0.0.1', server: '127.0.0.1', ssl: false, portRewrite: false, debug: true }
  writeFileSync(file, JSON.stringify({ ...local, ...config }))
  const child: ChildProcess = spawn(
    process.execPath,
    [join(repositoryRoot, 'apps/simyard/bin/simyard.mjs'), command, file],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: folder, env: { ...process.env, ...env } },
  )
  let text = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const port = await new Promise<number>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const found = /server running on port (\d+)/.exec(text)?.[1]
      if (found) resolve(Number(found))
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    void exited.then((code) => reject(new Error(`${command} ended with ${code}:\n${text}`)))
  })
  void exited.then(() => rmSync(folder, { recursive: true, force: true }))
  return {
    port,
    address: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    output: () => text,
    exited,
    kill: (signal = 'SIGKILL') => child.kill(signal),
    stop: () => {
      child.kill('SIGINT')
      return exited
    },
  }
}
