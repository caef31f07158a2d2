import { type Logger as PinoLogger, pino } from 'pino'

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

/**
 * JSON lines on stderr, so that stdout stays free for what a person asked for. Never logs tokens, cookies or the
 * contents of projects.
 */
export function createLogger(options: { name: string; level?: string }): Logger {
  const level = options.level ?? process.env.SIMYARD_LOG_LEVEL ?? 'info'
  return pino({ name: options.name, level, base: { name: options.name } }, pino.destination({ dest: 2, sync: true }))
}
