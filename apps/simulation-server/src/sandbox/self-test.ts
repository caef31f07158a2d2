import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { finished } from 'node:stream/promises'
import * as z from 'zod'
import { controllerLimits } from './limits.js'
import type { OpenSandbox } from './open-sandbox.js'
import type { SandboxDriver } from './sandbox.js'

type AttemptResult = 'stopped' | 'possible' | 'not tried'

export interface SelfTestAttempt {
  readonly attempt: string
  /** What this driver promises on this machine. */
  readonly expected: 'stopped' | 'possible'
  readonly result: AttemptResult
  /** What the program saw: an error's text, or how far it came. */
  readonly detail: string
}

export interface SelfTestReport {
  /** Whether nothing was possible that should have been stopped. */
  readonly safe: boolean
  /** A sentence for operators. */
  readonly summary: string
  readonly attempts: readonly SelfTestAttempt[]
  readonly durationMs: number
}

/** What the program of attempts tries, in its order. */
export const ATTEMPTS = [
  'network: loopback',
  'network: outside',
  'network: abstract unix socket',
  'files: password file',
  'files: shadow file',
  'files: folders of the host',
  "files: the server's folder",
  'files: change its own program',
  'files: change the system',
  'environment: of the server',
  'processes: of others',
  'processes: many',
  'processes: become root',
  'memory: one process',
  'memory: several processes',
  'disk: one big file',
  'disk: many files',
  'disk: temporary files',
  'disk: shared memory',
  'descriptors: 1000',
  'processor: endless loop',
  'kernel: new user namespace',
  'kernel: new namespace by clone',
  'kernel: mount',
  'kernel: ptrace',
  'kernel: bpf',
  'kernel: io_uring',
  'kernel: keyring',
] as const

/** The last of this server's uids: slots of programs are given out from 0. */
const SELF_TEST_SLOT = 99
const LIMIT_MS = 20_000
/** A fifth of it is used up by everything else that is tried. */
const CPU_SECONDS = 1

const AttemptLine = z.object({ attempt: z.string(), result: z.enum(['stopped', 'possible']), detail: z.string() })

/**
 * Runs a program that tries to break out in the sandbox that others will run in, and compares what it could do with what
 * the driver promises. Takes a few seconds, most of them waiting, and does not block. Never rejects: a sandbox that
 * cannot be tried is not safe.
 * @param stageDir has the program in `python/sandbox_attempts/`, as the stage copies it.
 */
export async function selfTest({ sandbox, report, stageDir }: OpenSandbox): Promise<SelfTestReport> {
  const startedAt = performance.now()
  const finish = (attempts: readonly SelfTestAttempt[], trouble?: string): SelfTestReport => {
    const failed = attempts.filter(
      ({ expected, result }) => result !== expected && !(expected === 'possible' && result === 'stopped'),
    )
    const safe = failed.length === 0 && trouble === undefined
    const durationMs = Math.round(performance.now() - startedAt)
    return { safe, summary: trouble ?? summarize(sandbox.driver, attempts, failed), attempts, durationMs }
  }
  const untried = (trouble: string) =>
    finish(
      ATTEMPTS.map((attempt) => notTried(attempt)),
      trouble,
    )
  if (sandbox.driver === 'none') return untried(`Self-test: not run. ${report.message}`)
  if (report.python === undefined) return untried('Self-test: not run, because there is no python3 to run it.')

  const listener = createServer((socket) => socket.destroy())
  // Secrets that a program must not find: a file of the server's, and the server's environment.
  const folder = mkdtempSync(join(stageDir, 'self-test-'))
  const environment = `SIMYARD_SECRET_${process.pid}`
  process.env[environment] ??= randomBytes(8).toString('hex')
  try {
    // What permissions of files alone would let everybody read.
    chmodSync(folder, 0o755)
    writeFileSync(join(folder, 'secret'), 'a file of the server', { mode: 0o644 })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const { port } = listener.address() as AddressInfo
    const started = sandbox.launch({
      label: 'self-test',
      runtime: 'python',
      args: ['-u', '/work/code/attempts.py', String(port), folder],
      readOnly: { [join(stageDir, 'python/sandbox_attempts')]: '/work/code' },
      cwd: '/work/code',
      env: { PYTHONDONTWRITEBYTECODE: '1' },
      limits: { ...controllerLimits, cpuSeconds: CPU_SECONDS },
      slot: SELF_TEST_SLOT,
    })
    const deadline = setTimeout(() => started.kill(), LIMIT_MS)
    const seen = new Map<string, z.infer<typeof AttemptLine>>()
    const lines = createInterface({ input: started.stdout })
    lines.on('line', (line) => {
      const parsed = AttemptLine.safeParse(parseLine(line))
      if (parsed.success) seen.set(parsed.data.attempt, parsed.data)
    })
    let said = ''
    started.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-1000)
    })
    const [{ exitCode, signal }] = await Promise.all([started.exited, once(lines, 'close'), finished(started.stderr)])
    clearTimeout(deadline)
    const attempts = ATTEMPTS.map((attempt): SelfTestAttempt => {
      const line = seen.get(attempt)
      if (!line) return notTried(attempt)
      return { attempt, expected: expected(attempt, report), result: line.result, detail: line.detail }
    })
    if (seen.size === ATTEMPTS.length) return finish(attempts)
    const last = said.trim().split('\n').at(-1)
    return finish(
      attempts,
      `Self-test: the sandbox (${sandbox.driver}) could not be tried; the program of attempts ended early (${signal ?? `code ${exitCode}`}${last ? `: ${last}` : ''}).`,
    )
  } catch (error) {
    return untried(`Self-test: the sandbox (${sandbox.driver}) could not be tried: ${(error as Error).message}`)
  } finally {
    listener.close()
    delete process.env[environment]
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a driver does not stop by its nature, so that the self-test looks for what went wrong on this machine. */
function expected(attempt: string, { hardCaps }: OpenSandbox['report']): 'stopped' | 'possible' {
  // Limits of each process only: several processes have several times as much.
  if (attempt === 'memory: several processes' && !hardCaps) return 'possible'
  return 'stopped'
}

function notTried(attempt: string): SelfTestAttempt {
  return { attempt, expected: 'stopped', result: 'not tried', detail: '' }
}

function summarize(
  driver: SandboxDriver,
  attempts: readonly SelfTestAttempt[],
  failed: readonly SelfTestAttempt[],
): string {
  const stopped = attempts.filter(({ result }) => result === 'stopped').length
  const known = attempts.filter(({ expected, result }) => expected === 'possible' && result === 'possible')
  const head = `Self-test: ${stopped} of ${attempts.length} attempts to break out were stopped (${driver}).`
  if (failed.length > 0) {
    const names = failed.map(({ attempt, detail }) => `${attempt} (${detail})`).join('; ')
    return `${head} NOT SAFE, possible was: ${names}.`
  }
  if (known.length === 0) return head
  return `${head} Possible, as is known without control groups: ${known.map(({ attempt }) => attempt).join('; ')}.`
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
