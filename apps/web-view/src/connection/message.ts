import type { ErrorReport, RobotSummary, SourceLocation, Surroundings, TabRoomState } from '@simyard/protocol'

/** What a simulator tells its viewers, from the text frames of the stream (dialect of 2022–2025, and ours). */
export type StreamMessage =
  | { readonly type: 'loading'; readonly phase: string; readonly percent: number }
  | { readonly type: 'worlds'; readonly current: string; readonly all: readonly string[] }
  | { readonly type: 'model'; readonly xml: string }
  | { readonly type: 'frame'; readonly frame: Frame }
  | { readonly type: 'loaded' }
  | { readonly type: 'mode'; readonly mode: 'pause' | 'real-time' | 'fast'; readonly timeMs?: number }
  | { readonly type: 'console'; readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  | { readonly type: 'reset-finished' }
  | { readonly type: 'delete-world' }
  | { readonly type: 'node-added'; readonly parent: string; readonly xml: string }
  | { readonly type: 'node-removed'; readonly id: string }
  | { readonly type: 'event'; readonly event: SimyardEvent }
  | { readonly type: 'unknown'; readonly text: string }

export interface Frame {
  readonly time?: number
  readonly updates?: readonly NodeChange[]
}

/** Changed fields of one node; values are stream text, numbers or lists, as the server wrote them. */
export interface NodeChange {
  readonly id: number
  readonly [field: string]: unknown
}

/** Our own events, `simyard:<json>`; other clients ignore them. */
export type SimyardEvent =
  | { readonly type: 'speed'; readonly realTimeFactor: number; readonly reason?: string }
  | { readonly type: 'error'; readonly error: Failure }
  | {
      readonly type: 'diagnostic'
      readonly diagnostic: {
        readonly severity: 'warning' | 'error'
        readonly code: string
        readonly message: string
        readonly location?: SourceLocation
      }
    }
  | { readonly type: 'console'; readonly robot?: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | { readonly type: 'sandbox'; readonly safe: boolean; readonly driver?: string; readonly message?: string }
  | { readonly type: 'room'; readonly id: string; readonly code: string; readonly state: TabRoomState['state'] }
  | { readonly type: 'robots'; readonly robots: readonly RobotSummary[] }
  | { readonly type: 'surroundings'; readonly surroundings: Surroundings }
  | { readonly type: 'sound'; readonly robot: string; readonly name: string }
  | { readonly type: 'stalled'; readonly ms: number }
  | {
      readonly type: 'step'
      readonly name: 'seat' | 'process' | 'world'
      readonly state: 'active' | 'done' | 'failed'
      readonly error?: Failure
    }

/** A reason for people. `code` is from the catalogue, or one that only a view can have (`VIEW_…`). */
export interface Failure {
  readonly code: ErrorReport['code'] | `VIEW_${string}`
  readonly message: string
  readonly location?: SourceLocation
}

/** One text frame holds one message, except that several console lines may share one. */
export function parseStreamMessage(text: string): StreamMessage[] {
  if (text.startsWith('stdout:') || text.startsWith('stderr:')) return text.split('\n').flatMap(parseConsoleLine)
  return [parseSingle(text)]
}

function parseConsoleLine(line: string): StreamMessage[] {
  if (line === '') return []
  const stream = line.startsWith('stderr:') ? 'stderr' : 'stdout'
  return [{ type: 'console', stream, line: line.replace(/^std(out|err):/, '') }]
}

function parseSingle(text: string): StreamMessage {
  if (text.startsWith('application/json:')) {
    const frame = parseJson(text.slice(17))
    return isFrame(frame) ? { type: 'frame', frame } : { type: 'unknown', text }
  }
  if (text.startsWith('simyard:')) {
    const event = parseJson(text.slice(8))
    return isEvent(event) ? { type: 'event', event } : { type: 'unknown', text }
  }
  if (text.startsWith('model:')) return { type: 'model', xml: text.slice(6) }
  if (text.startsWith('loading:')) {
    const [, phase = '', percent = '0'] = text.split(':')
    return { type: 'loading', phase, percent: Number(percent) || 0 }
  }
  if (text.startsWith('world:')) {
    const [current = '', all = ''] = text.slice(6).split(':')
    return { type: 'worlds', current, all: all === '' ? [] : all.split(';') }
  }
  if (text === 'scene load completed') return { type: 'loaded' }
  if (text === 'paused by client' || text === 'pause') return { type: 'mode', mode: 'pause' }
  if (text.startsWith('pause:')) return { type: 'mode', mode: 'pause', timeMs: Number(text.slice(6)) || 0 }
  if (text === 'real-time') return { type: 'mode', mode: 'real-time' }
  if (text === 'fast' || text === 'run') return { type: 'mode', mode: 'fast' }
  if (text === 'reset finished') return { type: 'reset-finished' }
  if (text === 'delete world') return { type: 'delete-world' }
  if (text.startsWith('delete:')) return { type: 'node-removed', id: `n${text.slice(7).trim()}` }
  const node = /^node:(\d+):/.exec(text)
  if (node) return { type: 'node-added', parent: `n${node[1]}`, xml: text.slice(node[0].length) }
  return { type: 'unknown', text }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isFrame(value: unknown): value is Frame {
  return isRecord(value) && (value.updates === undefined || Array.isArray(value.updates))
}

function isEvent(value: unknown): value is SimyardEvent {
  if (!isRecord(value)) return false
  switch (value.type) {
    case 'speed':
      return typeof value.realTimeFactor === 'number'
    case 'error':
      return isFailure(value.error)
    case 'diagnostic':
      return isRecord(value.diagnostic) && typeof value.diagnostic.message === 'string'
    case 'console':
      return typeof value.line === 'string'
    case 'sandbox':
      return typeof value.safe === 'boolean'
    case 'room':
      return typeof value.id === 'string' && typeof value.code === 'string'
    case 'robots':
      return Array.isArray(value.robots)
    case 'surroundings':
      return isRecord(value.surroundings)
    case 'sound':
      return typeof value.name === 'string'
    case 'stalled':
      return typeof value.ms === 'number'
    case 'step':
      return typeof value.name === 'string' && typeof value.state === 'string'
    default:
      return false
  }
}

export function isFailure(value: unknown): value is Failure {
  return isRecord(value) && typeof value.code === 'string' && typeof value.message === 'string'
}
