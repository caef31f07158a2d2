import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  FOSSBOT_SOCKET_PATH,
  type FossbotEvent,
  feedEvent,
  fossbotEvent,
  isFossbotCommand,
  isFossbotReply,
  reportError,
  SimyardError,
} from '@simyard/protocol'
import { type LimitOptions, MemberLimit, RoomDirectory, TokenBucket } from '@simyard/rooms'
import { type HttpPart, type Logger, notFound, refuseUpgrade, sendError, sendText } from '@simyard/service-host'
import { Server as Engine } from 'engine.io'
import { type Namespace, Server, type Socket } from 'socket.io'
import type { RelayServerConfig } from './config.js'
import { Connection } from './connection.js'
import { Lobby } from './lobby.js'
import { originAllowed } from './origin.js'
import { PageResolver } from './page-resolver.js'
import { PageSessions } from './page-session.js'
import { Reception } from './reception.js'
import { RelayMetrics } from './relay-metrics.js'
import { RoomTokens } from './room-token.js'
import { type OpenedRoom, ROOMS_PATH, RoomsApi } from './rooms-api.js'
import { Switchboard } from './switchboard.js'
import { RoomStreams } from './watch/room-streams.js'
import { WatchDoor } from './watch/watch-door.js'

export interface RelayServerOptions {
  readonly config: RelayServerConfig
  readonly log: Logger
}

const TICK_MS = 1000
/** A polling client asks again at once; Python's often ends without a word, and its robot must not wait for the ping. */
const SILENT_POLL_TICKS = 5
/** Commands of somebody who has not said yet which room it wants into. */
const MAX_HELD = 256
/** How much of what is allowed in a second may come at once. */
const BURST_SECONDS = 2
/** MiB that one room may fill for those who watch it. */
const ROOM_WATCH_MEMORY = 64
/** A simulator speaks for all of its members. */
const SIMULATOR_SHARE = 10

/** Carries messages between the programs and the simulator of each room; packages/rooms decides which. */
export class RelayServer implements HttpPart {
  private readonly engine: Engine
  private readonly io: Server
  private readonly rooms: RoomDirectory
  private readonly connections = new Set<Connection>()
  private readonly switchboard: Switchboard
  private readonly reception: Reception
  private readonly lobby: Lobby
  private readonly streams: RoomStreams
  private readonly watchDoor: WatchDoor
  private readonly api: RoomsApi
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
        maxWatchers: config.maxWatchers,
        maxRobotsPerMember: 64,
        returnMs: config.returnTime * 1000,
        simulatorWaitMs: config.simulatorWaitTime * 1000,
        longestLifeMs: config.roomLife * 1000,
        maxWaitingCommands: 512,
        log: { messages: 2048, characters: 4_000_000 },
      },
    })
    const secret = config.secret ?? randomBytes(32).toString('base64url')
    const sessions = new PageSessions(secret)
    const tokens = new RoomTokens(secret)
    this.counts = new RelayMetrics({
      rooms: () => this.rooms.list(),
      connections: () => this.connections.size,
      watchers: () => this.streams.watcherCount,
      watchersBehind: () => this.streams.watchersBehind,
      watchedRooms: () => this.streams.count,
      watchMemoryBytes: () => this.streams.memoryBytes,
    })
    this.streams = new RoomStreams({
      counts: this.counts,
      feedBytesPerSecond: config.feedBytesPerSecond,
      roomMemory: ROOM_WATCH_MEMORY,
      memory: config.watchMemory,
      dismiss: (room, error) => this.watchDoor.dismissAll(room, error),
    })
    this.api = new RoomsApi({
      rooms: this.rooms,
      streams: this.streams,
      log: options.log,
      sessions,
      tokens,
      allowedOrigins: config.allowedOrigins,
      roles: config,
      openings: new TokenBucket(50, 500),
      guesses: new TokenBucket(10, 200),
    })
    this.switchboard = new Switchboard(this.counts, this.connections)
    const { api, switchboard, counts, streams } = this
    const pages = new PageResolver(this.rooms, sessions)
    this.reception = new Reception({ api, pages, tokens, switchboard, counts })
    const ping = { intervalMs: config.pingInterval * 1000, timeoutMs: config.pingTimeout * 1000 }
    this.watchDoor = new WatchDoor({ api, tokens, streams, switchboard, ping })
    this.lobby = new Lobby({ api, reception: this.reception, switchboard, watchDoor: this.watchDoor })
    this.engine = new Engine({
      transports: ['polling', 'websocket'],
      pingInterval: config.pingInterval * 1000,
      pingTimeout: config.pingTimeout * 1000,
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
    if (pathname === '/healthz' || pathname === '/readyz') return sendText(response, 200, 'ok')
    const watched = this.watchDoor.addressIn(path)
    if (watched) return this.watchDoor.handle(watched, request, response)
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
    const watched = this.watchDoor.addressIn(path)
    if (watched) {
      if (originAllowed(request, this.options.config.allowedOrigins))
        return this.watchDoor.upgrade(watched, request, socket, head)
      return refuseUpgrade(socket, 403, 'Pages of other sites may not watch rooms of this relay.')
    }
    if (!isSocketPath(pathname)) return refuseUpgrade(socket, 404, 'There is no WebSocket here.')
    // Messages are small and answer each other: waiting for more would delay a robot by 40 ms.
    if ('setNoDelay' in socket && typeof socket.setNoDelay === 'function') socket.setNoDelay(true)
    this.engine.handleUpgrade(asEngineRequest(request), socket, head)
  }

  // ---- connections ----------------------------------------------------------------------------------------------

  private onConnection(socket: Socket): void {
    const { headers } = socket.handshake
    const page = { cookie: headers.cookie, referer: headers.referer, host: headers.host }
    const connection = new Connection(socket, page, this.limit(1), (one, payload, number) =>
      this.attempt(one, 'clientMessage', () => this.onCommand(one, payload, number)),
    )
    this.connections.add(connection)
    // What is needed of the request is in `page`; the rest would stay as long as the connection.
    socket.handshake.headers = {}
    Object.assign(socket.conn, { request: null })

    const on = (event: FossbotEvent, take: (payload: unknown, number: unknown) => void) =>
      socket.on(event, (payload?: unknown, number?: unknown) => {
        this.counts.receive(event)
        if (!this.withinLimit(connection)) return
        this.attempt(connection, event, () => take(payload, number))
      })
    on('browserConnect', (payload) => {
      const { room, offer } = this.reception.seatSimulator(connection, payload)
      connection.raiseLimit(this.limit(SIMULATOR_SHARE))
      this.streams.seated(room, connection, offer)
    })
    on('pythonConnect', (payload) => this.reception.joinProgram(connection, payload))
    on('clientMessage', (payload, number) => this.onCommand(connection, payload, number))
    on('godotMessage', (payload, number) => this.onReply(connection, 'godotMessage', payload, number))
    on('godotError', (payload, number) => this.onReply(connection, 'godotError', payload, number))
    socket.on(feedEvent.piece, (feed?: unknown, piece?: unknown, answer?: unknown) => {
      if (this.withinLimit(connection)) this.onPiece(connection, feed, piece, answer)
    })
    this.lobby.listen(connection, () => this.withinLimit(connection))
    socket.on('disconnect', (reason, description) => this.onDisconnect(connection, reason, description))
  }

  /** What is refused is told to the sender. */
  private attempt(connection: Connection, event: FossbotEvent, run: () => void): void {
    try {
      run()
    } catch (error) {
      const { code, message } = reportError(error)
      if (code === 'INTERNAL') this.options.log.error(`The relay failed at ${event}: ${message}`)
      this.switchboard.refuse(connection, { code, message })
      // A page that is refused would try again for ever, or wait for commands that never come.
      if (event === fossbotEvent.browserConnect) connection.socket.disconnect()
    }
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
      this.switchboard.refuse(connection, {
        code: 'RATE_LIMITED',
        message: `You send too much: ${messagesPerSecond} messages and ${bytesPerSecond} bytes a second are allowed. Wait a little in your loops.`,
      })
    }
    if (verdict === 'cut') this.switchboard.cut(connection, 'flood')
    return false
  }

  private onDisconnect(connection: Connection, reason: string, description: unknown): void {
    this.connections.delete(connection)
    connection.held = []
    this.reception.withdraw(connection)
    if (isTooLarge(description)) this.counts.cut('too-large')
    const { place } = connection
    if (!place || !this.switchboard.isAt(place.id, connection)) return
    this.streams.lost(place.room, connection)
    // A simulator page that loads its scene anew says goodbye too, and comes back.
    const left = place.as === 'member' && reason === 'client namespace disconnect'
    const nowMs = performance.now()
    const outcome = left
      ? place.room.leave(place.id, nowMs)
      : place.room.drop(place.id, nowMs, reason === 'transport close')
    if (place.as === 'simulator' || !place.room.hasMember(place.id)) this.switchboard.leave(place.id)
    this.switchboard.carry(outcome.deliveries)
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
    this.switchboard.settle(
      connection,
      place.as === 'member'
        ? place.room.command(place.id, payload, asNumber(number))
        : {
            deliveries: [],
            refusal: { code: 'ROOM_ROLE_REFUSED', message: 'A simulator answers, and sends no commands.' },
          },
    )
  }

  private onReply(connection: Connection, event: FossbotEvent, payload: unknown, number: unknown): void {
    if (connection.place?.as !== 'simulator') {
      throw new SimyardError('ROOM_ROLE_REFUSED', 'Only the simulator of a room may answer.')
    }
    if (!isFossbotReply(payload)) {
      throw new SimyardError('ROOM_BAD_MESSAGE', `A ${event} is an object with user_id, the one of the command.`)
    }
    this.switchboard.settle(
      connection,
      connection.place.room.reply(connection.place.id, event, payload, asNumber(number)),
    )
  }

  /** Only the simulator of a room shows it; what others send as if they were goes nowhere. */
  private onPiece(connection: Connection, feed: unknown, piece: unknown, answer: unknown): void {
    const { place } = connection
    if (place?.as !== 'simulator' || typeof feed !== 'number' || !Buffer.isBuffer(piece)) return
    const answered = typeof answer === 'function' ? () => answer() : () => undefined
    this.streams.piece(place.room, connection, feed, piece, answered)
  }

  // ---- time -----------------------------------------------------------------------------------------------------

  private tick(): void {
    const { deliveries, ended } = this.rooms.tick(performance.now())
    this.switchboard.carry(deliveries)
    for (const connection of this.connections) {
      if (connection.ticksWithoutPoll() >= SILENT_POLL_TICKS) this.switchboard.cut(connection, 'does-not-poll')
    }
    for (const room of ended) {
      this.switchboard.forget(room)
      this.reception.turnAway(room, this.connections)
      this.streams.roomEnded(room)
    }
    this.streams.tick(performance.now())
    this.watchDoor.tick(performance.now())
    this.switchboard.sweep()
    if (ended.length > 0) this.options.log.info(`${ended.length} rooms ended; there are ${this.rooms.size}.`)
  }

  async close(): Promise<void> {
    clearInterval(this.timer)
    for (const room of this.rooms.list()) {
      this.switchboard.carry(
        room.end('The relay is being stopped. Start the simulator and the program again when it is back.'),
      )
      this.streams.roomEnded(room)
    }
    this.watchDoor.close()
    await this.io.close()
  }
}

function asNumber(given: unknown): number | undefined {
  return typeof given === 'number' ? given : undefined
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
