/**
 * The `/client` conversation of Webots' simulation server, matched byte for byte.
 * See docs/protocol/compat/webots-servers.md.
 */
export type ClientRequest =
  | {
      readonly type: 'start'
      readonly url: string
      readonly mode?: string
      readonly visitor: Visitor
      /** Our own pages come back after a broken line: the simulation waits for them. */
      readonly resumable: boolean
    }
  | {
      readonly type: 'init'
      readonly host: string
      readonly project: string
      readonly world: string
      readonly visitor: Visitor
    }
  | { readonly type: 'reset-controller'; readonly path: string }
  /** The visitor of a simulation is here again, on another connection. */
  | { readonly type: 'resume'; readonly token: string }
  /** Valid JSON that no generation knows; ignored, as the originals do. */
  | { readonly type: 'unknown' }

/** What a website host tells about who runs a simulation; empty where it tells nothing. */
export interface Visitor {
  readonly user1Id: string
  readonly user1Name: string
  /** A secret: goes back to the website host, and nowhere else. */
  readonly user1Authentication: string
  readonly user2Id: string
  readonly user2Name: string
  readonly customData: string
}

/** In the order of `init`. */
export const visitorFields = [
  'user1Id',
  'user1Name',
  'user1Authentication',
  'user2Id',
  'user2Name',
  'customData',
] as const satisfies readonly (keyof Visitor)[]

function visitorOf(value: (field: keyof Visitor, index: number) => unknown): Visitor {
  const entries = visitorFields.map((field, index) => {
    const text = value(field, index)
    return [field, typeof text === 'string' ? text : '']
  })
  return Object.fromEntries(entries) as Visitor
}

/** Decodes one text message. Returns undefined for what the originals abort the socket on: no JSON, or a start without a URL. */
export function decodeClientRequest(text: string): ClientRequest | undefined {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof message !== 'object' || message === null) return undefined
  if ('start' in message) {
    const start = message.start as ({ url?: unknown; mode?: unknown } & Record<string, unknown>) | null
    if (typeof start?.url !== 'string') return undefined
    return {
      type: 'start',
      url: start.url,
      ...(typeof start.mode === 'string' ? { mode: start.mode } : {}),
      visitor: visitorOf((field) => start[field]),
      resumable: start.resume === true,
    }
  }
  if ('init' in message) {
    const { init } = message
    if (!Array.isArray(init) || init.length < 3 || !init.every((item) => typeof item === 'string')) return undefined
    const [host, project, world, ...rest] = init as string[]
    return {
      type: 'init',
      host: host!,
      project: project!,
      world: world!,
      visitor: visitorOf((_field, index) => rest[index]),
    }
  }
  if ('resume' in message) {
    const token = (message.resume as { token?: unknown } | null)?.token
    return typeof token === 'string' ? { type: 'resume', token } : undefined
  }
  if ('reset controller' in message) {
    const path = message['reset controller']
    return typeof path === 'string' ? { type: 'reset-controller', path } : undefined
  }
  return { type: 'unknown' }
}

export const clientMessage = {
  loading: (line: string) => `loading: ${line}`,
  /** Fatal for the set-up; shown in the progress text of newer clients. */
  loadingError: (reason: string) => `loading: Error: ${reason}`,
  /** Fatal: clients show an alert and quit. */
  error: (reason: string) => `error: ${reason}`,
  shutdownTimeout: (seconds: number) => `shutdownTimeout: ${seconds}`,
  /** `url` is ws://host:port or wss://host/port, without a trailing slash. */
  streamAddress: (url: string) => `webots:${url}`,
  heartbeat: '.',
  resetController: (path: string) => `reset controller: ${path}`,
  own: (event: unknown) => `simyard:${JSON.stringify(event)}`,
} as const
