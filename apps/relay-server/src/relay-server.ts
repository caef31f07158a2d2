import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  BrowserConnect,
  FOSSBOT_SOCKET_PATH,
  type FossbotEvent,
  fossbotEvent,
  isFossbotCommand,
  isFossbotReply,
  PythonConnect,
  ROOM_PLACE_EVENT,
  type RoomPlace,
  reportError,
  SimyardError,
} from '@simyard/protocol'
import {
  type Delivery,
  type LimitOptions,
  MemberLimit,
  type Outcome,
  type Refusal,
  type Role,
  type Room,
  RoomDirectory,
  TokenBucket,
} from '@simyard/rooms'
import { type HttpPart, type Logger, notFound, refuseUpgrade, sendError, sendText } from '@simyard/service-host'
import { Server as Engine } from 'engine.io'
import { type Namespace, Server, type Socket } from 'socket.io'
import type { z } from 'zod'
import type { RelayServerConfig } from './config.js'
import { Connection } from './connection.js'
import { originAllowed } from './origin.js'
import { PageResolver } from './page-resolver.js'
import { equal, PageSessions } from './page-session.js'
import { RelayMetrics } from './relay-metrics.js'
import { type OpenedRoom, ROOMS_PATH, RoomsApi } from './rooms-api.js'

export interface RelayServerOptions {
  readonly config: RelayServerConfig
  readonly log: Logger
}

/** Values of the original: clients have them in their time-outs. */
const PING_INTERVAL_MS = 25_000
const PING_TIMEOUT_MS = 20_000
const TICK_MS = 1000
/** A polling client asks again at once; Python's often ends without a word, and its robot must not wait for the ping. */
const SILENT_POLL_TICKS = 5
/** Commands of somebody who has not said yet which room it wants into. */
const MAX_HELD = 256
/** How much of what is allowed in a second may come at once. */
const BURST_SECONDS = 2
/** A simulator speaks for all of its members. */
const SIMULATOR_SHARE = 10

/** Carries messages between the programs and the simulator of each room; packages/rooms decides which. */
export class RelayServer implements HttpPart {
  private readonly engine: Engine
  private readonly io: Server
  private readonly rooms: RoomDirectory
  private readonly connections = new Set<Connection>()
  /** Who gets the messages to a place, by the place's id. */
  private readonly occupants = new Map<string, Connection>()
  private readonly sessions: PageSessions
  private readonly api: RoomsApi
  private readonly pages: PageResolver
  private readonly counts: RelayMetrics
  private readonly timer: NodeJS.Timeout

  constructor(private readonly options: RelayServerOptions) {
    const { config } = options
    this.rooms = new RoomDirectory({
      maxRooms: config.maxRooms,
      newId: randomUUID,
      newKey: () => randomBytes(16).toString('base64url'),
      randomBelow: (limit) => randomInt(limit),
      room: {
        maxMembers: config.maxMembers,
        maxRobotsPerMember: 64,
        returnMs: config.returnTime * 1000,
        simulatorWaitMs: config.simulatorWaitTime * 1000,
        longestLifeMs: config.roomLife * 1000,
        maxWaitingCommands: 512,
        log: { messages: 2048, characters: 4_000_000 },
      },
    })
    this.sessions = new PageSessions(config.secret ?? randomBytes(32).toString('base64url'))
    this.api = new RoomsApi({
      rooms: this.rooms,
      log: options.log,
      sessions: this.sessions,
      roles: config,
      openings: new TokenBucket(50, 500),
      guesses: new TokenBucket(10, 200),
    })
    this.pages = new PageResolver(this.rooms, this.sessions)
    this.counts = new RelayMetrics({ rooms: () => this.rooms.list(), connections: () => this.connections.size })
    this.engine = new Engine({
      transports: ['polling', 'websocket'],
      pingInterval: PING_INTERVAL_MS,
      pingTimeout: PING_TIMEOUT_MS,
      maxHttpBufferSize: config.maxMessageBytes,
      allowRequest: (request, answer) => {
        const allowed = originAllowed(request, config.allowedOrigins)
        answer(allowed ? null : 'Not an accepted origin.', allowed)
      },
      ...(config.allowedOrigins.length > 0 ? { cors: { origin: config.allowedOrigins, credentials: true } } : {}),
    })
    this.io = new Server({ serveClient: false })
    this.io.bind(this.engine)
    const namespace: Namespace = this.io.of(config.namespace)
    namespace.on('connection', (socket) => this.onConnection(socket))
    this.timer = setInterval(() => this.tick(), TICK_MS)
  }

  get metrics(): RelayMetrics['metrics'] {
    return this.counts.metrics
  }

  /** A room for the page that is about to be sent, or its own room again; throws ROOM_LIMIT_REACHED or RATE_LIMITED. */
  openRoom(request: IncomingMessage, again?: string): OpenedRoom {
    return this.api.open(request, again)
  }

  // ---- HTTP -----------------------------------------------------------------------------------------------------

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (isSocketPath(pathname)) {
      if (Number(request.headers['content-length']) > this.options.config.maxMessageBytes) {
        return this.refuseBody(request, response, path)
      }
      return this.engine.handleRequest(asEngineRequest(request), response)
    }
    if (pathname === '/metrics') return this.metrics.send(response)
    if (pathname === ROOMS_PATH || pathname.startsWith(`${ROOMS_PATH}/`)) {
      if (originAllowed(request, this.options.config.allowedOrigins))
        return this.api.handle(request, response, pathname)
      return sendError(response, { code: 'START_ORIGIN_REFUSED', message: 'Pages of other sites may not open rooms.' })
    }
    notFound(response, path)
  }

  /** Engine.IO would refuse the request alone, and the client wait for ever for an answer to what was in it. */
  private refuseBody(request: IncomingMessage, response: ServerResponse, path: string): void {
    const session = new URLSearchParams(path.split('?')[1]).get('sid') ?? ''
    const connection = [...this.connections].find(({ socket }) => engineId(socket) === session)
    if (connection) {
      this.counts.cut('too-large')
      connection.socket.disconnect(true)
    }
    request.resume()
    sendText(response, 413, `A message may have ${this.options.config.maxMessageBytes} bytes.`)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (!isSocketPath(pathname)) return refuseUpgrade(socket, 404, 'There is no WebSocket here.')
    // Messages are small and answer each other: waiting for more would delay a robot by 40 ms.
    if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true)
    this.engine.handleUpgrade(asEngineRequest(request), socket, head)
  }

  // ---- connections ----------------------------------------------------------------------------------------------

  private onConnection(socket: Socket): void {
    const { headers } = socket.handshake
    const page = { cookie: headers.cookie, referer: headers.referer }
    const connection = new Connection(socket, page, this.limit(1))
    this.connections.add(connection)
    // What is needed of the request is in `page`; the rest would stay as long as the connection.
    socket.handshake.headers = {}
    Object.assign(socket.conn, { request: null })

    const on = (event: FossbotEvent, take: (payload: unknown, number: unknown) => void) =>
      socket.on(event, (payload?: unknown, number?: unknown) => {
        this.counts.receive(event)
        if (!this.withinLimit(connection)) return
        try {
          take(payload, number)
        } catch (error) {
          const { code, message } = reportError(error)
          if (code === 'INTERNAL') this.options.log.error(`The relay failed at ${event}: ${message}`)
          this.refuse(connection, { code, message })
          // A page that is refused would try again for ever, or wait for commands that never come.
          if (event === fossbotEvent.browserConnect) socket.disconnect()
        }
      })
    on('browserConnect', (payload) => this.onSimulator(connection, payload))
    on('pythonConnect', (payload) => this.onMember(connection, payload))
    on('clientMessage', (payload, number) => this.onCommand(connection, payload, number))
    on('godotMessage', (payload) => this.onReply(connection, 'godotMessage', payload))
    on('godotError', (payload) => this.onReply(connection, 'godotError', payload))
    socket.on('disconnect', (reason, description) => this.onDisconnect(connection, reason, description))
  }

  private limit(share: number): MemberLimit {
    const { messagesPerSecond, bytesPerSecond } = this.options.config
    const options: LimitOptions = {
      messagesPerSecond: messagesPerSecond * share,
      messageBurst: messagesPerSecond * share * BURST_SECONDS,
      bytesPerSecond: bytesPerSecond * share,
      byteBurst: bytesPerSecond * share * BURST_SECONDS,
    }
    return new MemberLimit(options)
  }

  private withinLimit(connection: Connection): boolean {
    const verdict = connection.limit.take(connection.takeBytes(), performance.now())
    if (verdict === 'pass') return true
    this.counts.ignore()
    if (verdict === 'refuse') {
      const { messagesPerSecond, bytesPerSecond } = this.options.config
      this.refuse(connection, {
        code: 'RATE_LIMITED',
        message: `You send too much: ${messagesPerSecond} messages and ${bytesPerSecond} bytes a second are allowed. Wait a little in your loops.`,
      })
    }
    if (verdict === 'cut') this.cut(connection, 'flood')
    return false
  }

  private cut(connection: Connection, reason: 'flood' | 'does-not-read' | 'does-not-poll'): void {
    if (!connection.socket.connected) return
    this.counts.cut(reason)
    connection.socket.disconnect(true)
  }

  private onDisconnect(connection: Connection, reason: string, description: unknown): void {
    this.connections.delete(connection)
    connection.held = []
    if (isTooLarge(description)) this.counts.cut('too-large')
    const { place } = connection
    if (!place || this.occupants.get(place.id) !== connection) return
    // A simulator page that loads its scene anew says goodbye too, and comes back.
    const left = place.as === 'member' && reason === 'client namespace disconnect'
    const outcome = left ? place.room.leave(place.id, performance.now()) : place.room.drop(place.id, performance.now())
    if (place.as === 'simulator' || !place.room.hasMember(place.id)) this.occupants.delete(place.id)
    this.carry(outcome.deliveries)
  }

  // ---- who one is -----------------------------------------------------------------------------------------------

  private onSimulator(connection: Connection, payload: unknown): void {
    const request = parse(BrowserConnect, payload ?? {}, fossbotEvent.browserConnect)
    if (connection.place?.as === 'member') {
      throw new SimyardError(
        'ROOM_BAD_MESSAGE',
        'This connection is a program of a room. Open another one to simulate.',
      )
    }
    const { room, certain } = this.pages.resolve(request, connection.page)
    const numbered = request.keep_place === true
    const { id } = connection.socket
    const outcome = room.seatSimulator(
      { id, numbered, lastNumber: request.last_number, takeOver: certain },
      performance.now(),
    )
    if (outcome.replaced !== undefined) this.replace(outcome.replaced)
    if (outcome.refusal) {
      this.carry(outcome.deliveries)
      throw new SimyardError(outcome.refusal.code, outcome.refusal.message)
    }
    this.take(connection, room, id, 'simulator')
    connection.raiseLimit(this.limit(SIMULATOR_SHARE))
    if (numbered) this.tellPlace(connection, { user_id: id, return_key: room.identity.key, received: 0 })
    this.carry(outcome.deliveries)
  }

  private onMember(connection: Connection, payload: unknown): void {
    const request = parse(PythonConnect, payload, fossbotEvent.pythonConnect)
    connection.robot = request.fossbot_name
    if (connection.place?.as === 'simulator') {
      throw new SimyardError(
        'ROOM_BAD_MESSAGE',
        'This connection is the simulator of a room. Open another one to drive.',
      )
    }
    const { room, role } = this.find(request)
    if (request.keep_place && typeof request.return_key === 'string' && request.user_id !== undefined) {
      return this.onReturn(connection, room, request.user_id, request.return_key, request.last_number ?? 0)
    }
    const { id } = connection.socket
    if (request.user_id !== undefined && request.user_id !== id) this.counts.correct()
    const returnKey = request.keep_place ? randomBytes(16).toString('base64url') : undefined
    const { key, return_key, keep_place, last_number, ...announcement } = request
    const outcome = room.join({
      id,
      role,
      environmentUser: Boolean(request.env_user),
      announcement,
      robot: request.func === 'connect' ? request.fossbot_name : undefined,
      returnKey,
    })
    if (outcome.refusal) {
      connection.held = []
      this.refuse(connection, outcome.refusal)
      return
    }
    const before = connection.place
    if (before && before.room !== room) this.carry(before.room.leave(before.id, performance.now()).deliveries)
    this.take(connection, room, id, 'member')
    if (returnKey !== undefined) this.tellPlace(connection, { user_id: id, return_key: returnKey, received: 0 })
    this.carry(outcome.deliveries)
    this.release(connection)
  }

  private onReturn(connection: Connection, room: Room, memberId: string, returnKey: string, last: number): void {
    const outcome = room.comeBack(memberId, returnKey, last, performance.now())
    if (outcome.refusal) {
      this.carry(outcome.deliveries)
      this.refuse(connection, outcome.refusal)
      return
    }
    this.replace(memberId, connection)
    this.take(connection, room, memberId, 'member')
    this.tellPlace(connection, { user_id: memberId, return_key: returnKey, received: room.receivedFrom(memberId) })
    this.carry(outcome.deliveries)
    this.release(connection)
  }

  /** The room that somebody names, and what that allows. */
  private find({ session_id, key }: PythonConnect): { room: Room; role: Role } {
    const { room, role } = this.api.find(session_id)
    if (key === undefined) return { room, role }
    if (!equal(key, room.identity.key)) throw new SimyardError('ROOM_KEY_WRONG', 'This key is not that of the room.')
    return { room, role: 'owner' }
  }

  private take(connection: Connection, room: Room, id: string, as: 'simulator' | 'member'): void {
    connection.place = { room, id, as }
    this.occupants.set(id, connection)
  }

  /** Another connection has taken this place. */
  private replace(placeId: string, by?: Connection): void {
    const before = this.occupants.get(placeId)
    this.occupants.delete(placeId)
    if (!before || before === by) return
    before.place = undefined
    this.refuse(before, { code: 'ROOM_PLACE_LOST', message: 'This place is used from another tab or connection now.' })
    before.socket.disconnect()
  }

  private tellPlace(connection: Connection, place: RoomPlace): void {
    connection.outbox.send(ROOM_PLACE_EVENT, place, undefined)
  }

  // ---- messages -------------------------------------------------------------------------------------------------

  private onCommand(connection: Connection, payload: unknown, number: unknown): void {
    const { place } = connection
    if (!place) {
      // Newer Socket.IO clients send what was called before the connection was up first.
      if (connection.held.length >= MAX_HELD) {
        throw new SimyardError('ROOM_NOT_JOINED', 'Send pythonConnect with the id of a room before your commands.')
      }
      connection.held.push([payload, number])
      return
    }
    if (!isFossbotCommand(payload)) {
      throw new SimyardError('ROOM_BAD_MESSAGE', 'A clientMessage is an object with func, the name of a function.')
    }
    if (typeof payload.fossbot_name === 'string') connection.robot = payload.fossbot_name
    this.settle(
      connection,
      place.as === 'member'
        ? place.room.command(place.id, payload, typeof number === 'number' ? number : undefined)
        : {
            deliveries: [],
            refusal: { code: 'ROOM_ROLE_REFUSED', message: 'A simulator answers, and sends no commands.' },
          },
    )
  }

  private release(connection: Connection): void {
    const { held } = connection
    connection.held = []
    for (const [payload, number] of held) {
      try {
        this.onCommand(connection, payload, number)
      } catch (error) {
        this.refuse(connection, reportError(error))
      }
    }
  }

  private onReply(connection: Connection, event: FossbotEvent, payload: unknown): void {
    if (connection.place?.as !== 'simulator') {
      throw new SimyardError('ROOM_ROLE_REFUSED', 'Only the simulator of a room may answer.')
    }
    if (!isFossbotReply(payload)) {
      throw new SimyardError('ROOM_BAD_MESSAGE', `A ${event} is an object with user_id, the one of the command.`)
    }
    this.settle(connection, connection.place.room.reply(connection.place.id, event, payload))
  }

  private settle(connection: Connection, { deliveries, refusal }: Outcome): void {
    this.carry(deliveries)
    if (refusal) this.refuse(connection, refusal)
  }

  private carry(deliveries: readonly Delivery[]): void {
    for (const { to, event, payload, number } of deliveries) {
      const connection = this.occupants.get(to)
      if (!connection) continue
      this.counts.send()
      if (!connection.outbox.send(event, payload, number)) this.cut(connection, 'does-not-read')
    }
  }

  /** The libraries of users print `data` and end; our own clients read `code`. */
  private refuse(connection: Connection, { code, message }: Refusal): void {
    this.counts.refuse(code)
    const { robot, socket, place } = connection
    const user_id = place?.as === 'member' ? place.id : socket.id
    connection.outbox.send(
      fossbotEvent.godotError,
      { data: message, ...(robot === undefined ? {} : { fossbot_name: robot }), user_id, code },
      undefined,
    )
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  private tick(): void {
    const { deliveries, ended } = this.rooms.tick(performance.now())
    this.carry(deliveries)
    for (const connection of this.connections) {
      if (connection.ticksWithoutPoll() >= SILENT_POLL_TICKS) this.cut(connection, 'does-not-poll')
    }
    for (const room of ended) this.forget(room)
    for (const [id, { socket, place }] of this.occupants) {
      if (!socket.connected && !place?.room.hasMember(id)) this.occupants.delete(id)
    }
    if (ended.length > 0) this.options.log.info(`${ended.length} rooms ended; there are ${this.rooms.size}.`)
  }

  /** Nobody is in this room any more; whoever was may join another one. */
  private forget(room: Room): void {
    for (const [id, connection] of this.occupants) {
      if (connection.place?.room !== room) continue
      this.occupants.delete(id)
      connection.place = undefined
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    for (const room of this.rooms.list()) {
      this.carry(room.end('The relay is being stopped. Start the simulator and the program again when it is back.'))
    }
    await this.io.close()
  }
}

function parse<T>(schema: z.ZodType<T>, payload: unknown, event: FossbotEvent): T {
  const result = schema.safeParse(payload)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const field = issue?.path.join('.') || 'its payload'
  throw new SimyardError('ROOM_BAD_MESSAGE', `${event}: ${field} is wrong. ${issue?.message ?? ''}`)
}

function isSocketPath(pathname: string): boolean {
  return pathname === FOSSBOT_SOCKET_PATH || pathname === FOSSBOT_SOCKET_PATH.slice(0, -1)
}

/** Engine.IO puts its own fields on the request. */
function asEngineRequest(request: IncomingMessage) {
  return request as Parameters<Engine['handleRequest']>[0]
}

/** The id of the connection below, by which polling requests name it. */
function engineId({ conn }: Socket): string {
  return (conn as unknown as { id: string }).id
}

function isTooLarge(description: unknown): boolean {
  if (typeof description !== 'object' || description === null) return false
  const { code, description: cause } = description as { code?: unknown; description?: unknown }
  return code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH' || isTooLarge(cause)
}
