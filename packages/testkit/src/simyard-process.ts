import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

export interface RunningSimyard {
  /** `http://127.0.0.1:<port>` */
  readonly address: string
  readonly pid: number
  readonly dataDir: string
  /** Everything it has written to stdout and stderr. */
  output(): string
  /** Ends it as Ctrl-C does and resolves to its exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/** What a server does beside its visitors takes seconds of a small machine; tests of it say otherwise, and later words count. */
const NOTHING_BESIDE = ['--warm', '0', '--self-test-delay', '86400']

/**
 * Starts the real command line from the built checkout on a free port with a data folder of its own. It keeps no
 * simulators ready and does not try its sandbox, unless the arguments say so.
 */
export async function startSimyard(args: readonly string[] = []): Promise<RunningSimyard> {
  const dataDir = mkdtempSync(join(tmpdir(), 'simyard-data-'))
  const child: ChildProcess = spawn(
    process.execPath,
    [join(root, 'apps/simyard/bin/simyard.mjs'), 'up', '--port', '0', '--data', dataDir, ...NOTHING_BESIDE, ...args],
    { stdio: ['ignore', 'pipe', 'pipe'], cwd: root },
  )
  let text = ''
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const address = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      text += chunk.toString()
      const found = /Simyard is up: (\S+)/.exec(text)
      if (found) resolve(found[1]!)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    void exited.then((code) => reject(new Error(`simyard up ended with code ${code}:\n${text}`)))
  })
  return {
    address,
    pid: child.pid!,
    dataDir,
    output: () => text,
    async stop(signal = 'SIGINT') {
      child.kill(signal)
      const code = await exited
      rmSync(dataDir, { recursive: true, force: true })
      return code
    },
  }
}

export const repositoryRoot = root
