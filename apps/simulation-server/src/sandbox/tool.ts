import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { processTurn, putBehindServer } from './process-start.js'

/** A program of the operator's machine that is trusted with the network and with files, such as git. */
export interface ToolRun {
  /** Absolute path. */
  readonly program: string
  readonly args: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
  readonly timeLimitMs: number
  /** Characters of stdout that are kept at most; a tool that writes more is ended. */
  readonly outputLimit: number
  /** Largest file that it may write. */
  readonly fileBytes: number
  readonly signal: AbortSignal
  /** Each line of stderr, also those that end with a carriage return, as progress does. */
  onLine?(line: string): void
}

export interface ToolResult {
  readonly exitCode: number | null
  /** What has ended it, such as SIGXFSZ for a file that became too large. */
  readonly signal: string | null
  readonly end: 'exited' | 'time' | 'output' | 'aborted'
  readonly stdout: string
  /** The last lines of stderr. */
  readonly stderr: readonly string[]
}

const KEPT_LINES = 20
const MAX_LINE = 1000

/** Runs a tool in a process group of its own, which ends as a whole: by itself, at its limits, or when it is aborted. */
export async function runTool(run: ToolRun): Promise<ToolResult> {
  await processTurn()
  return new Promise((resolve, reject) => {
    if (run.signal.aborted) return resolve({ exitCode: null, signal: null, end: 'aborted', stdout: '', stderr: [] })
    const [program, ...args] = [...limitsOf(run), run.program, ...run.args]
    const child = spawn(program!, args, {
      cwd: run.cwd,
      env: run.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    })
    putBehindServer(child.pid)
    let end: ToolResult['end'] = 'exited'
    const stop = (reason: ToolResult['end']) => {
      if (end === 'exited') end = reason
      killGroup(child)
    }
    const onAbort = () => stop('aborted')
    const timer = setTimeout(() => stop('time'), run.timeLimitMs)
    run.signal.addEventListener('abort', onAbort, { once: true })
    let stdout = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
      if (stdout.length > run.outputLimit) stop('output')
    })
    const stderr: string[] = []
    let rest = ''
    const take = (line: string) => {
      const text = line.trim().slice(0, MAX_LINE)
      if (text === '') return
      stderr.push(text)
      if (stderr.length > KEPT_LINES) stderr.shift()
      run.onLine?.(text)
    }
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split(/[\r\n]/)
      rest = lines.pop()!.slice(0, MAX_LINE)
      for (const line of lines) take(line)
    })
    const settle = () => {
      clearTimeout(timer)
      run.signal.removeEventListener('abort', onAbort)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('close', (exitCode, signal) => {
      settle()
      take(rest)
      // What it has started and left behind goes with it.
      killGroup(child)
      resolve({ exitCode, signal, end, stdout, stderr })
    })
  })
}

/** Programs that set limits and then become the tool: a size of files, and an end together with this server. */
function limitsOf(run: ToolRun): string[] {
  const prefix: string[] = []
  if (existsSync('/usr/bin/prlimit')) prefix.push('/usr/bin/prlimit', `--fsize=${run.fileBytes}`, '--core=0')
  if (existsSync('/usr/bin/setpriv')) prefix.push('/usr/bin/setpriv', '--pdeathsig', 'KILL')
  return prefix
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** A program of the PATH, or undefined. */
export function findTool(name: string): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder === '') continue
    const path = join(folder, name)
    try {
      accessSync(path, constants.X_OK)
      return path
    } catch {
      // Not in this folder.
    }
  }
  return undefined
}
