import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { reportError, SimyardError, TokenRequest } from '@simyard/protocol'
import { normalizeJoinCode, type Role, type Room, type RoomDirectory, type TokenBucket } from '@simyard/rooms'
import { type Logger, sendError, sendJson, sendText } from '@simyard/service-host'
import { checked } from './checked-payload.js'
import { equal, type PageSessions } from './page-session.js'
import type { RoomTokens } from './room-token.js'
import type { RoomStreams } from './watch/room-streams.js'

/** What a page gets that opens a room. */
export interface OpenedRoom {
  readonly id: string
  readonly code: string
  /** With it a page is the simulator, and a program the owner. */
  readonly key: string
  /** For the answer that carries it: a page that sends a bare `browserConnect` is known by it. */
  readonly setCookie: string
}

export interface RoomsApiOptions {
  readonly rooms: RoomDirectory
  readonly log: Logger
  readonly sessions: PageSessions
  readonly tokens: RoomTokens
  readonly allowedOrigins: readonly string[]
  readonly streams: RoomStreams
  readonly roles: { readonly idRole: Role; readonly codeRole: Role }
  /** Rooms that may be opened, and codes that may be tried. */
  readonly openings: TokenBucket
  readonly guesses: TokenBucket
}

export const ROOMS_PATH = '/api/v1/rooms'
const MAX_BODY_BYTES = 4096

/** Rooms over HTTP: to open one, and to ask for one. */
export class RoomsApi {
  constructor(private readonly options: RoomsApiOptions) {}

  /** `again`: the id of a room that the same browser has opened, for a page that is loaded again. */
  open(request: IncomingMessage, again?: string): OpenedRoom {
    const { rooms, sessions } = this.options
    const known = sessions.read(request.headers.cookie, Date.now() / 1000)?.browser
    const present = again !== undefined && known !== undefined ? rooms.ofBrowser(known) : []
    const kept = present.find((room) => room.id === again)
    if (kept) return this.opened(request, kept, known!)
    const browser = known ?? randomUUID()
    const room = this.openNew(browser)
    return this.opened(request, room, browser)
  }

  private opened(request: IncomingMessage, { id, identity }: Room, browser: string): OpenedRoom {
    const nowS = Date.now() / 1000
    const secure = 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
    const setCookie = this.options.sessions.header({ session_id: id, browser }, nowS, secure)
    return { id, code: identity.code, key: identity.key, setCookie }
  }

  /** For somebody who comes through the lobby: a page with the key will be its simulator. */
  openForPerson(): Room {
    return this.openNew(undefined)
  }

  private openNew(browser: string | undefined): Room {
    const { rooms, log, roles, openings } = this.options
    if (!openings.take(1, performance.now())) {
      throw new SimyardError('RATE_LIMITED', 'Too many rooms are opened at once. Try again in some seconds.')
    }
    const room = rooms.open({ ...(browser === undefined ? {} : { browser }), ...roles }, performance.now())
    log.info(`A room was opened; there are ${rooms.size}.`)
    return room
  }

  /** By id, or by a join code as people type it. */
  find(name: string) {
    const { rooms, guesses } = this.options
    const nowMs = performance.now()
    // Before the look-up: a right guess must not be told from a wrong one when there were too many.
    if (normalizeJoinCode(name) !== undefined && !guesses.take(1, nowMs)) {
      throw new SimyardError('RATE_LIMITED', 'Too many join codes were tried. Try again in a minute, or use the id.')
    }
    const found = rooms.find(name)
    if (found) return found
    throw new SimyardError(
      'ROOM_NOT_FOUND',
      `There is no room ${name.slice(0, 60)}. Copy the id or the code from the simulator's page; it is a new one for each page.`,
    )
  }

  /** By watch id, id or join code. */
  findToWatch(name: string): Room {
    return this.options.rooms.findWatched(name) ?? this.find(name).room
  }

  handle(request: IncomingMessage, response: ServerResponse, pathname: string): void {
    this.allowOrigin(request, response)
    this.answer(request, response, pathname).catch((error: unknown) => {
      sendError(
        response,
        error instanceof URIError
          ? { code: 'REQUEST_INVALID', message: 'The address has a percent sign that does not begin a character.' }
          : reportError(error),
      )
    })
  }

  private async answer(request: IncomingMessage, response: ServerResponse, pathname: string): Promise<void> {
    const [name = '', part] = pathname
      .slice(ROOMS_PATH.length + 1)
      .split('/')
      .map(decodeURIComponent)
    const allowed = name === '' ? 'POST' : part === undefined ? 'GET' : part === 'tokens' ? 'POST' : undefined
    if (allowed === undefined)
      throw new SimyardError('ROUTE_NOT_FOUND', `A room has no ${part}; it has tokens and a stream.`)
    if (request.method === 'OPTIONS') {
      return sendText(response, 204, '', {
        'Access-Control-Allow-Methods': allowed,
        'Access-Control-Allow-Headers': 'Authorization, Content-Type',
      })
    }
    if (request.method !== allowed) return sendText(response, 405, `Use ${allowed}.`, { Allow: allowed })
    if (name === '') {
      const { setCookie, ...room } = this.open(request)
      return sendJson(response, 201, room, { 'Set-Cookie': setCookie, 'Cache-Control': 'no-store' })
    }
    const { room, role } = this.find(name)
    if (part === 'tokens') {
      const key = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? ''
      if (!equal(key, room.identity.key)) {
        throw new SimyardError('ROOM_KEY_WRONG', 'Tokens need the key of the room, as `Authorization: Bearer <key>`.')
      }
      const grant = checked(TokenRequest, await jsonBody(request), 'The request')
      const token = this.options.tokens.issue(room.id, grant, Date.now() / 1000)
      return sendJson(response, 201, token, { 'Cache-Control': 'no-store' })
    }
    sendJson(response, 200, { ...this.describe(room), role }, { 'Cache-Control': 'no-store' })
  }

  private describe(room: Room) {
    const { simulator, memberCount, watcherCount, watching, identity } = room
    const { streams } = this.options
    const offer = streams.offerOf(room)
    const refusal = watching ? streams.refusalOf(room) : undefined
    return {
      simulator,
      members: memberCount,
      watchers: watcherCount,
      /** Of the address of the stream; none where there is nothing to see. */
      ...(watching && !refusal ? { watch_id: identity.watchId } : {}),
      ...(refusal ? { not_watchable: refusal } : {}),
      watching,
      ...(offer ? { host: offer.host, title: offer.title } : {}),
    }
  }

  /** Pages of listed sites may read the answers; whether they may ask was decided before. */
  private allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
    const { origin } = headers
    if (origin === undefined || !this.options.allowedOrigins.includes(origin)) return
    response.setHeader('Access-Control-Allow-Origin', origin)
    response.setHeader('Access-Control-Allow-Credentials', 'true')
    response.setHeader('Vary', 'Origin')
  }
}

async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) throw new SimyardError('REQUEST_INVALID', 'The request is too large.')
    chunks.push(chunk)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new SimyardError('REQUEST_INVALID', 'The body of the request is not JSON.')
  }
}
