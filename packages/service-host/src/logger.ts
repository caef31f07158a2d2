import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino'
import { RotatingFile } from './rotating-file.js'
import { textLine } from './text-line.js'

export type Logger = PinoLogger

/** Field names that always mean the same, so that one query follows a session through every process. */
export const field = {
  instance: 'instance',
  project: 'project',
  world: 'world',
  robot: 'robot',
  code: 'code',
  durationMs: 'durationMs',
  client: 'client',
} as const

export type LogFormat = 'text' | 'json'

export interface LoggerOptions {
  readonly name: string
  readonly level?: string
  /** Folder of `<subfolder>/output.log`; `~` and `$VAR` stand for what they stand for in a shell. */
  readonly logDir?: string
  /** Folder of this server below `logDir`, as the originals name it. */
  readonly subfolder?: 'session' | 'simulation' | 'relay'
  /** To stdout, whatever `logDir` says. */
  readonly debug?: boolean
  /** The form of the lines: text for stdout and files, JSON for stderr, unless it is set. */
  readonly logFormat?: LogFormat
}

const FILE_BYTES = 500_000
const FILE_BACKUPS = 10

/**
 * Lines on stdout (`debug`), in a file (`logDir`), or else on stderr, so that stdout stays free for what a person asked
 * for. Never logs tokens, cookies or the contents of projects.
 */
export function createLogger(options: LoggerOptions): Logger {
  const level = options.level ?? process.env.SIMYARD_LOG_LEVEL ?? 'info'
  const { stream, usual } = destination(options)
  const text = (options.logFormat ?? usual) === 'text'
  const lines: DestinationStream = text ? { write: (line) => stream.write(textLine(line)) } : stream
  return pino({ name: options.name, level, base: { name: options.name } }, lines)
}

function destination({ logDir, subfolder = 'session', debug }: LoggerOptions): {
  stream: DestinationStream
  usual: LogFormat
} {
  if (debug) return { stream: pino.destination({ dest: 1, sync: true }), usual: 'text' }
  if (logDir === undefined) return { stream: pino.destination({ dest: 2, sync: true }), usual: 'json' }
  const path = join(expandPath(logDir), subfolder, 'output.log')
  try {
    return { stream: new RotatingFile({ path, maxBytes: FILE_BYTES, backups: FILE_BACKUPS }), usual: 'text' }
  } catch (cause) {
    throw new SimyardError(
      'CONFIG_INVALID',
      `The log ${path} cannot be written: ${(cause as Error).message}. Name another folder with "logDir", or set "debug" to log to stdout.`,
      { cause },
    )
  }
}

/** `~`, `~/…`, `$VAR` and `${VAR}` as in a shell; a variable that is not set stays as it is written. */
export function expandPath(path: string): string {
  const home = path.replace(/^~(?=\/|$)/, homedir())
  return resolve(home.replace(/\$(?:(\w+)|\{(\w+)\})/g, (whole, bare, braced) => process.env[bare ?? braced] ?? whole))
}
