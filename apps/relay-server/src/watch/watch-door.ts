import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorReport, reportError, SimyardError, type StreamDialect } from '@simyard/protocol'
import type { JoinRequest, Outcome, Room } from '@simyard/rooms'
import { contentTypeOf, sendError, sendText } from '@simyard/service-host'
import { WebSocketServer } from 'ws'
import type { RoomTokens } from '../room-token.js'
import type { RoomsApi } from '../rooms-api.js'
import type { Switchboard } from '../switchboard.js'
import type { RoomStreams } from './room-streams.js'
import { Visitor } from './visitor.js'

export interface WatchDoorParts {
  readonly api: RoomsApi
  readonly tokens: RoomTokens
  readonly streams: RoomStreams
  readonly switchboard: Switchboard
  /** How often watchers are asked whether they are there, and how long they have to answer. */
  readonly ping: { readonly intervalMs: number; readonly timeoutMs: number }
}

/** What somebody asks who wants to watch. */
interface WatchAddress {
  /** Watch id, id or code of the room. */
  readonly name: string
  /** Below the stream's address, without the first slash. */
  readonly path: string
  readonly query: URLSearchParams
}

interface Watcher {
  readonly room: Room
  readonly visitor: Visitor
  /** It waits for an owner; tells what was decided. */
  done?: (outcome: Outcome) => void
}

/** Our own words and acknowledgements are short. */
const MAX_MESSAGE_BYTES = 16 * 1024
/** Pictures that pages show; anything else that a run has made is only bytes. */
const PICTURES = /^image\/(png|jpeg|webp|vnd\.radiance)$/
const STREAM_PATH = /^\/api\/v1\/rooms\/([^/]+)\/stream(?:\/(.*))?$/

/** Where those come in who watch a room, and where their pages find the files of its scene. */
export class WatchDoor {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 4096, concurrencyLimit: 2 },
  })
  private readonly watchers = new Map<string, Watcher>()

  constructor(private readonly parts: WatchDoorParts) {}

  /** Undefined when a path is none of a stream. */
  addressIn(path: string): WatchAddress | undefined {
    const [pathname = '', query = ''] = path.split('?')
    const match = STREAM_PATH.exec(pathname)
    if (!match) return undefined
    return { name: nameIn(match[1]!), path: match[2] ?? '', query: new URLSearchParams(query) }
  }

  // ---- watching -------------------------------------------------------------------------------------------------

  upgrade(address: WatchAddress, request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const visitor = new Visitor(webSocket, socket, dialectIn(address.query))
      visitor.onLeave(() => this.onLeave(visitor))
      try {
        this.receive(visitor, address)
      } catch (error) {
        visitor.refuse(reportError(error))
      }
    })
  }

  /** What an owner has decided about somebody who waits to watch; false when nobody does with this id. */
  decide(id: string, outcome: Outcome): boolean {
    const done = this.watchers.get(id)?.done
    done?.(outcome)
    return done !== undefined
  }

  /** Those may not watch any more; the room has forgotten them. */
  dismiss(ids: readonly string[], refusal: ErrorReport): void {
    for (const id of ids) {
      const watcher = this.watchers.get(id)
      this.watchers.delete(id)
      watcher?.visitor.refuse(refusal)
    }
  }

  /** There is nothing more to see of a room, for those either who wait to be let in. */
  dismissAll(room: Room, refusal: ErrorReport): void {
    for (const watcher of this.watchers.values()) if (watcher.room === room) watcher.visitor.refuse(refusal)
  }

  /** To be called about every second. */
  tick(nowMs: number): void {
    for (const { visitor } of this.watchers.values()) visitor.look(nowMs, this.parts.ping)
  }

  close(): void {
    for (const client of this.sockets.clients) client.close(1001, 'the relay is shutting down')
  }

  private receive(visitor: Visitor, { name, query }: WatchAddress): void {
    const { api, tokens, streams, switchboard } = this.parts
    const room = api.findToWatch(name)
    // Pages put a slash behind the whole address.
    const token = query.get('token')?.replace(/\/$/, '')
    const grant = token === undefined ? undefined : tokens.read(token, room.id, Date.now() / 1000)
    const refusal = streams.refusalOf(room)
    if (refusal) throw new SimyardError(refusal.code, refusal.message)
    const request: JoinRequest & { readonly watches: true } = {
      id: visitor.id,
      role: 'viewer',
      username: grant?.username ?? 'A watcher',
      environmentUser: false,
      announcement: {},
      watches: true,
      ...(grant ? { invited: true, tokenId: grant.id } : {}),
    }
    const entry = room.watch(request)
    if (entry.refusal) throw new SimyardError(entry.refusal.code, entry.refusal.message)
    const watcher: Watcher = { room, visitor }
    this.watchers.set(visitor.id, watcher)
    switchboard.carry(entry.deliveries)
    if (!entry.waiting) return this.letIn(watcher)
    visitor.wait('Waiting for the owner of the room')
    watcher.done = (outcome) => {
      watcher.done = undefined
      if (outcome.refusal) return this.dismiss([visitor.id], outcome.refusal)
      switchboard.carry(outcome.deliveries)
      this.letIn(watcher)
    }
  }

  private letIn({ room, visitor }: Watcher): void {
    const { streams } = this.parts
    visitor.wait(room.simulator === 'here' ? undefined : 'Waiting for the simulator of the room')
    visitor.enter(streams.open(room))
  }

  private onLeave(visitor: Visitor): void {
    const watcher = this.watchers.get(visitor.id)
    if (!watcher) return
    this.watchers.delete(visitor.id)
    this.parts.switchboard.carry(watcher.room.leave(visitor.id, performance.now()).deliveries)
  }

  // ---- files ----------------------------------------------------------------------------------------------------

  /** Textures and meshes, by the addresses that Webots' pages look for them at: made in the run, or those of the host. */
  handle({ name, path }: WatchAddress, request: IncomingMessage, response: ServerResponse): void {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Cross-Origin-Resource-Policy', 'cross-origin')
    try {
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return sendText(response, 405, 'Use GET.', { Allow: 'GET, HEAD' })
      }
      if (path === '') return sendText(response, 426, 'Connect with a WebSocket.', { Upgrade: 'websocket' })
      // A link that a person opens must not lead from here to wherever a stranger's simulator says.
      if (request.headers.accept?.includes('text/html')) throw new SimyardError('ROUTE_NOT_FOUND', NOT_A_PAGE)
      const parts = path.split('/').map(decodeURIComponent)
      if (parts.some((part) => part === '' || part === '.' || part === '..' || /[\\/]/.test(part))) {
        throw new SimyardError('FILE_PATH_INVALID', 'This path leads out of the project.')
      }
      this.serve(this.parts.api.findToWatch(name), parts.join('/'), response)
    } catch (error) {
      const malformed = { code: 'FILE_PATH_INVALID', message: 'This path is not well formed.' } as const
      sendError(response, error instanceof URIError ? malformed : reportError(error))
    }
  }

  private serve(room: Room, path: string, response: ServerResponse): void {
    const { streams } = this.parts
    const bytes = streams.find(room)?.file(path)
    if (bytes) {
      const type = contentTypeOf(path)
      response.writeHead(200, {
        'Content-Type': PICTURES.test(type) ? type : 'application/octet-stream',
        'Content-Length': bytes.length,
        'Cache-Control': 'no-cache',
        'X-Content-Type-Options': 'nosniff',
        'Content-Security-Policy': "default-src 'none'; sandbox",
      })
      response.end(bytes)
      return
    }
    const location = streams.addressOf(room, path)
    if (location === undefined) throw new SimyardError('FILE_NOT_FOUND', `There is no file ${path} of this room.`)
    response.writeHead(302, { Location: location, 'Cache-Control': 'no-cache' }).end()
  }
}

const NOT_A_PAGE = 'This is the stream of a room: watch it at /watch/ and the code of the room.'

/** What is not well formed names no room. */
function nameIn(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function dialectIn(query: URLSearchParams): StreamDialect | undefined {
  const dialect = query.get('dialect')?.replace(/\/$/, '')
  return dialect === '2019' || dialect === '2022' ? dialect : undefined
}
