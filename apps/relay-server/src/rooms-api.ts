import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { reportError, SimyardError } from '@simyard/protocol'
import { normalizeJoinCode, type Role, type Room, type RoomDirectory, type TokenBucket } from '@simyard/rooms'
import { type Logger, sendError, sendJson, sendText } from '@simyard/service-host'
import type { PageSessions } from './page-session.js'

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
  readonly roles: { readonly idRole: Role; readonly codeRole: Role }
  /** Rooms that may be opened, and codes that may be tried. */
  readonly openings: TokenBucket
  readonly guesses: TokenBucket
}

export const ROOMS_PATH = '/api/v1/rooms'

/** Rooms over HTTP: to open one, and to ask for one. */
export class RoomsApi {
  constructor(private readonly options: RoomsApiOptions) {}

  /** `again`: the id of a room that the same browser has opened, for a page that is loaded again. */
  open(request: IncomingMessage, again?: string): OpenedRoom {
    const { rooms, log, sessions, roles, openings } = this.options
    const known = sessions.read(request.headers.cookie, Date.now() / 1000)?.browser
    const present = again !== undefined && known !== undefined ? rooms.ofBrowser(known) : []
    const kept = present.find((room) => room.id === again)
    if (kept) return this.opened(request, kept, known!)
    if (!openings.take(1, performance.now())) {
      throw new SimyardError('RATE_LIMITED', 'Too many rooms are opened at once. Try again in some seconds.')
    }
    const browser = known ?? randomUUID()
    const room = rooms.open({ browser, ...roles }, performance.now())
    log.info(`A room was opened; there are ${rooms.size}.`)
    return this.opened(request, room, browser)
  }

  private opened(request: IncomingMessage, { id, identity }: Room, browser: string): OpenedRoom {
    const nowS = Date.now() / 1000
    const secure = 'encrypted' in request.socket || request.headers['x-forwarded-proto'] === 'https'
    const setCookie = this.options.sessions.header({ session_id: id, browser }, nowS, secure)
    return { id, code: identity.code, key: identity.key, setCookie }
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

  handle(request: IncomingMessage, response: ServerResponse, pathname: string): void {
    try {
      const name = decodeURIComponent(pathname.slice(ROOMS_PATH.length + 1))
      if (name === '' && request.method === 'POST') {
        const { setCookie, ...room } = this.open(request)
        return sendJson(response, 201, room, { 'Set-Cookie': setCookie, 'Cache-Control': 'no-store' })
      }
      if (name !== '' && request.method === 'GET') {
        const { room, role } = this.find(name)
        const { simulator, memberCount } = room
        return sendJson(response, 200, { simulator, members: memberCount, role }, { 'Cache-Control': 'no-store' })
      }
      const allow = name === '' ? 'POST' : 'GET'
      sendText(response, 405, `Use ${allow}.`, { Allow: allow })
    } catch (error) {
      sendError(
        response,
        error instanceof URIError
          ? { code: 'REQUEST_INVALID', message: 'The address has a percent sign that does not begin a character.' }
          : reportError(error),
      )
    }
  }
}
