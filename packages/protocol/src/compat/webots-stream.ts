import { OwnStreamRequest } from '../own-requests.js'
import type { LabelUpdate, NodeUpdate, WorldFrame } from '../simulator.js'

/**
 * The Webots streaming protocol, matched byte for byte: text frames between a page and a simulator.
 * Two dialects exist: '2019' (releases up to R2022a: `poses`, `revert`, bare world names, Y-up primitives) and '2022'
 * (since R2022b: `updates`, `reload`, project-relative world names). See docs/protocol/compat/webots-stream.md.
 */
export type StreamDialect = '2019' | '2022'

export type StreamRequest =
  | { readonly type: 'subscribe'; readonly broadcast: boolean; readonly dialect?: StreamDialect }
  | { readonly type: 'subscribe-mjpeg'; readonly width: number; readonly height: number }
  | { readonly type: 'pause' }
  /** `forMs`: simulated time after which the simulation pauses by itself; negative = no limit. */
  | { readonly type: 'run'; readonly mode: 'real-time' | 'fast'; readonly forMs: number }
  | { readonly type: 'step' }
  | { readonly type: 'timeout'; readonly forMs: number }
  | { readonly type: 'reset' }
  | { readonly type: 'reload'; readonly dialect: StreamDialect }
  | { readonly type: 'load'; readonly world: string; readonly dialect?: StreamDialect }
  | { readonly type: 'robot-window-opened'; readonly robot: string }
  | { readonly type: 'robot-message'; readonly robot: string; readonly message: string }
  | { readonly type: 'get-controller'; readonly controller: string }
  | { readonly type: 'set-controller'; readonly controller: string; readonly file: string; readonly content: string }
  | { readonly type: 'sync-controller'; readonly controller: string; readonly file: string }
  /** Pointer input for picture streams; without a picture there is nothing to do. */
  | { readonly type: 'ignored' }
  /** Our own pages say hello first and then get `simyard:` messages, which other clients would not know. */
  | OwnStreamRequest

const ownHello = 'simyard:hello'
const ownPrefix = 'simyard:'
const ownAck = /^simyard:\{"type":"ack","frame":(\d{1,15})\}$/

/** One text message as a request, or undefined when no dialect knows it. Never throws. */
export function decodeStreamRequest(text: string): StreamRequest | undefined {
  if (text === ownHello) return { type: 'hello' }
  // By far the most frequent word: it comes from each page several times a second.
  const acknowledged = ownAck.exec(text)?.[1]
  if (acknowledged !== undefined) return { type: 'ack', frame: Number(acknowledged) }
  if (text.startsWith(ownPrefix)) return decodeOwn(text.slice(ownPrefix.length))
  if (text.startsWith('x3d')) return { type: 'subscribe', broadcast: text.endsWith(';broadcast') }
  if (text.startsWith('w3d')) return { type: 'subscribe', broadcast: text.endsWith(';broadcast'), dialect: '2022' }
  switch (text) {
    case 'pause':
    case 'step':
    case 'reset':
      return { type: text }
    case 'reload':
      return { type: 'reload', dialect: '2022' }
    case 'revert':
      return { type: 'reload', dialect: '2019' }
  }
  const colon = text.indexOf(':')
  if (colon < 0) return /^(mouse|touch) /.test(text) ? { type: 'ignored' } : undefined
  const word = text.slice(0, colon)
  const rest = text.slice(colon + 1)
  switch (word) {
    case 'real-time':
    case 'fast': {
      const forMs = parseMs(rest)
      return forMs === undefined ? undefined : { type: 'run', mode: word, forMs }
    }
    case 'timeout': {
      const forMs = parseMs(rest)
      return forMs === undefined ? undefined : { type: 'timeout', forMs }
    }
    case 'load':
      return { type: 'load', world: rest, ...(rest.includes('/') ? {} : { dialect: '2019' as const }) }
    case 'mjpeg':
    case 'video': {
      const size = /^ *(\d+)x(\d+)$/.exec(rest)
      return size ? { type: 'subscribe-mjpeg', width: Number(size[1]), height: Number(size[2]) } : undefined
    }
    case 'resize':
    case 'follow':
      return { type: 'ignored' }
    case 'robot':
      return decodeRobotMessage(rest)
    case 'get controller':
      return { type: 'get-controller', controller: rest }
    case 'sync controller': {
      const [controller, file] = splitOnce(rest, '/')
      return file === undefined ? undefined : { type: 'sync-controller', controller, file }
    }
    case 'set controller':
      return decodeSetController(rest)
  }
  return undefined
}

function decodeOwn(text: string): OwnStreamRequest | undefined {
  try {
    return OwnStreamRequest.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

function decodeRobotMessage(rest: string): StreamRequest | undefined {
  if (rest.startsWith('{')) {
    try {
      const parsed: unknown = JSON.parse(rest)
      const { name, message } = parsed as { name?: unknown; message?: unknown }
      if (typeof name === 'string' && typeof message === 'string') return saidToRobot(name, message)
    } catch {
      // Not JSON after all: a robot whose name begins with a brace, in the plain form below.
    }
  }
  const [robot, message] = splitOnce(rest, ':')
  if (message === undefined) return undefined
  return saidToRobot(robot, message)
}

function saidToRobot(robot: string, message: string): StreamRequest {
  return message === 'init robot window'
    ? { type: 'robot-window-opened', robot }
    : { type: 'robot-message', robot, message }
}

/** `<name>/<file>:<lines>\n<content>` */
function decodeSetController(rest: string): StreamRequest | undefined {
  const [head, content] = splitOnce(rest, '\n')
  const match = /^([^/]+)\/(.+):(\d+)$/.exec(head)
  if (!match || content === undefined) return undefined
  return { type: 'set-controller', controller: match[1]!, file: match[2]!, content }
}

function parseMs(text: string): number | undefined {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

/** Messages from the simulator to a page. */
export const streamMessage = {
  loading: (phase: string, percent: number) => `loading:${phase}:${Math.round(percent)}`,
  /** `worlds` and `current` are project-relative paths; the older dialect shows bare names. */
  world(dialect: StreamDialect, current: string, worlds: readonly string[]): string {
    const shown = (path: string) => (dialect === '2019' ? path.slice(path.lastIndexOf('/') + 1) : path)
    return `world:${shown(current)}:${worlds.map(shown).join(';')}`
  },
  /** `main`: it is the world's window. */
  robotWindow: (robot: string, window: string, main = false) =>
    `robot window: ${JSON.stringify(main ? { main, robot, window } : { robot, window })}`,
  /** The robot has gone, and its window with it. */
  robotWindowGone: (robot: string, window: string) =>
    `robot window: ${JSON.stringify({ remove: true, robot, window })}`,
  model: (xml: string) => `model:${xml}`,
  deleteWorld: (dialect: StreamDialect) => (dialect === '2019' ? 'model:' : 'delete world'),
  frame(dialect: StreamDialect, frame: WorldFrame): string {
    return `application/json:${encodeFrameJson(dialect, frame)}`
  },
  node: (parentId: number, xml: string) => `node:${parentId}:<nodes>${xml}</nodes>`,
  deleteNode: (id: number) => `delete:${id}`,
  sceneLoadCompleted: 'scene load completed',
  /** Paused by a time limit, the program itself, or on subscribing. */
  paused: (dialect: StreamDialect, timeMs: number) => (dialect === '2019' ? 'pause' : `pause: ${timeMs}`),
  /** Paused because this client asked. */
  pausedByClient: (dialect: StreamDialect) => (dialect === '2019' ? 'pause' : 'paused by client'),
  running: (mode: 'real-time' | 'fast') => mode,
  resetFinished: 'reset finished',
  console: (stream: 'stdout' | 'stderr', line: string) => `${stream}:${line}`,
  robotMessage(dialect: StreamDialect, robot: string, message: string): string {
    // Robot windows read this with a regular expression: keys in this order, no blanks.
    return dialect === '2019' ? `robot:${robot}:${message}` : `robot: ${JSON.stringify({ message, name: robot })}`
  },
  setController(controller: string, file: string, content: string): string {
    return `set controller:${controller}/${file}:${content.split('\n').length}\n${content}`
  },
  label: (label: LabelUpdate) =>
    `label:${label.id};${label.font};rgba(${label.rgba});${label.size};${label.x};${label.y};${label.text}`,
  /** Our own events, only for clients that said hello. */
  own: (event: unknown) => `simyard:${JSON.stringify(event)}`,
} as const

function encodeFrameJson(dialect: StreamDialect, frame: WorldFrame): string {
  const updates: readonly NodeUpdate[] = frame.updates
  const body: Record<string, unknown> = { time: frame.timeMs }
  if (updates.length > 0) body[dialect === '2019' ? 'poses' : 'updates'] = updates
  // The older dialect has labels as messages of their own.
  if (dialect === '2022' && frame.labels && frame.labels.length > 0) body.labels = frame.labels
  return JSON.stringify(body)
}
