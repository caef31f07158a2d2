import { labelOf, readJsonFrame, type SceneFrame } from '@simyard/frames'
import type {
  ErrorReport,
  InkStroke,
  LabelUpdate,
  RobotSummary,
  SourceLocation,
  Surroundings,
  TabRoomState,
} from '@simyard/protocol'

/** What a simulator tells its viewers, whichever dialect of the stream it speaks. */
export type StreamMessage =
  | { readonly type: 'loading'; readonly phase: string; readonly percent: number }
  | { readonly type: 'worlds'; readonly current: string; readonly all: readonly string[] }
  | { readonly type: 'model'; readonly xml: string }
  /** `ageMs`: how long ago this was the state, at least; known where the server's clock is. */
  | { readonly type: 'frame'; readonly frame: SceneFrame; readonly ageMs?: number }
  | { readonly type: 'loaded' }
  | { readonly type: 'mode'; readonly mode: 'pause' | 'real-time' | 'fast'; readonly timeMs?: number }
  | { readonly type: 'console'; readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  | { readonly type: 'reset-finished' }
  | { readonly type: 'delete-world' }
  | { readonly type: 'node-added'; readonly parent: string; readonly xml: string }
  | { readonly type: 'node-removed'; readonly id: string }
  /** `main`: it is the world's own window. `remove`: its robot has gone. */
  | {
      readonly type: 'robot-window'
      readonly robot: string
      readonly window: string
      readonly main: boolean
      readonly remove: boolean
    }
  | { readonly type: 'robot-message'; readonly robot: string; readonly message: string }
  | {
      readonly type: 'controller-file'
      readonly controller: string
      readonly file: string
      readonly content: string
    }
  | { readonly type: 'event'; readonly event: SimyardEvent }
  | { readonly type: 'unknown'; readonly text: string }

/** Our own events, `simyard:<json>`; other clients ignore them. */
export type SimyardEvent =
  | { readonly type: 'speed'; readonly realTimeFactor: number; readonly reason?: string }
  | { readonly type: 'error'; readonly error: Failure }
  /** The simulation is over, and why. */
  | { readonly type: 'ended'; readonly error: Failure }
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
  | { readonly type: 'ink'; readonly strokes: readonly InkStroke[]; readonly clear: boolean }
  | { readonly type: 'stalled'; readonly ms: number }
  /** How old the picture was, from the server and back. */
  | { readonly type: 'line'; readonly ageMs: number }
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

/** Words of picture streams and of older releases that say nothing to a 3D view. */
const notForUs = /^(visibility:|image\[|video:|multimedia:|time:|resize:|context menu:|world info:|step$)/

/**
 * One text frame holds one message, except that lines of the console and messages of robots may share one.
 * `timeMs`: of the newest state, for labels of the older dialect, which do not tell it.
 */
export function parseStreamMessage(text: string, timeMs = 0): StreamMessage[] {
  if (/^(robot:|stdout:|stderr:|reset finished\n)/.test(text)) return parseLines(text)
  if (notForUs.test(text)) return []
  return [parseSingle(text, timeMs)]
}

function parseLines(text: string): StreamMessage[] {
  const messages: StreamMessage[] = []
  for (const line of text.replace(/\n$/, '').split('\n')) {
    const before = messages.at(-1)
    const own = parseLine(line)
    if (own) messages.push(own)
    // A text with line ends inside goes on.
    else if (before?.type === 'robot-message')
      messages.splice(-1, 1, { ...before, message: `${before.message}\n${line}` })
    else if (before?.type === 'console') messages.push({ ...before, line })
  }
  return messages
}

function parseLine(line: string): StreamMessage | undefined {
  const word = /^(stdout|stderr|robot):/.exec(line)?.[1]
  if (word === 'stdout' || word === 'stderr') return { type: 'console', stream: word, line: line.slice(7) }
  if (word === 'robot') return parseRobotMessage(line.slice(6))
  return line === 'reset finished' ? { type: 'reset-finished' } : undefined
}

/** ` {"message":…,"name":…}` or `<name>:<text>`. */
function parseRobotMessage(rest: string): StreamMessage | undefined {
  const object = /^ ?\{/.test(rest) ? parseJson(rest) : undefined
  if (isRecord(object) && typeof object.name === 'string' && typeof object.message === 'string')
    return { type: 'robot-message', robot: object.name, message: object.message }
  const colon = rest.indexOf(':')
  return colon < 0 ? undefined : { type: 'robot-message', robot: rest.slice(0, colon), message: rest.slice(colon + 1) }
}

function parseSingle(text: string, timeMs: number): StreamMessage {
  if (text.startsWith('application/json:')) {
    const frame = parseFrame(text.slice(17))
    return frame ? { type: 'frame', frame } : { type: 'unknown', text }
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
  if (text.startsWith('label:')) {
    const label = parseLabel(text.slice(6))
    return label
      ? { type: 'frame', frame: { timeMs, poses: [], fields: [], labels: [label] } }
      : { type: 'unknown', text }
  }
  if (text.startsWith('robot window:')) return parseRobotWindow(text.slice(13)) ?? { type: 'unknown', text }
  const node = /^node:(\d+):/.exec(text)
  if (node) return { type: 'node-added', parent: `n${node[1]}`, xml: text.slice(node[0].length) }
  const file = /^set controller:([^/]+)\/([^\n]+):\d+\n/.exec(text)
  if (file)
    return { type: 'controller-file', controller: file[1]!, file: file[2]!, content: text.slice(file[0].length) }
  return { type: 'unknown', text }
}

function parseRobotWindow(text: string): StreamMessage | undefined {
  const said = parseJson(text)
  if (!isRecord(said) || typeof said.robot !== 'string' || typeof said.window !== 'string') return undefined
  const { robot, window, main, remove } = said
  return { type: 'robot-window', robot, window, main: main === true, remove: remove === true }
}

/** `<id>;<font>;rgba(r,g,b,a);<size>;<x>;<y>;<text>`; the text may hold semicolons and line ends. */
function parseLabel(text: string): LabelUpdate | undefined {
  const parts = /^(\d+);([^;]*);rgba\(([^)]*)\);([^;]*);([^;]*);([^;]*);(.*)$/s.exec(text)
  if (!parts) return undefined
  const [, id, font, rgba, size, x, y, words] = parts
  return labelOf({ id: Number(id), font, rgba, size: Number(size), x: Number(x), y: Number(y), text: words })
}

/** Webots escapes nothing but line ends in a label's text: quotes in it break the JSON around it. */
const labelText = /("text":")(.*?)("\}(?=,\{"id":|\]))/gs

function parseFrame(text: string): SceneFrame | undefined {
  const said =
    parseJson(text) ??
    parseJson(text.replace(labelText, (_, before, words, after) => before + words.replace(/(?<!\\)"/g, '\\"') + after))
  return readJsonFrame(said)
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

function isEvent(value: unknown): value is SimyardEvent {
  if (!isRecord(value)) return false
  switch (value.type) {
    case 'speed':
      return typeof value.realTimeFactor === 'number'
    case 'error':
    case 'ended':
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
    case 'ink':
      return Array.isArray(value.strokes)
    case 'sound':
      return typeof value.name === 'string'
    case 'line':
      return typeof value.ageMs === 'number'
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
