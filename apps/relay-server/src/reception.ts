import { randomBytes } from 'node:crypto'
import { BrowserConnect, type FeedOffer, fossbotEvent, PythonConnect, SimyardError } from '@simyard/protocol'
import type { JoinRequest, Outcome, Room } from '@simyard/rooms'
import { checked } from './checked-payload.js'
import type { Connection } from './connection.js'
import type { PageResolver } from './page-resolver.js'
import { equal } from './page-session.js'
import type { RelayMetrics } from './relay-metrics.js'
import type { RoomTokens } from './room-token.js'
import type { RoomsApi } from './rooms-api.js'
import type { Switchboard } from './switchboard.js'

export interface ReceptionParts {
  readonly api: RoomsApi
  readonly pages: PageResolver
  readonly tokens: RoomTokens
  readonly switchboard: Switchboard
  readonly counts: RelayMetrics
}

/** How somebody names a room and proves what it may do there. */
interface Credentials {
  readonly room: string
  readonly key?: string
  readonly token?: string
  readonly username?: string
}

/** Who one is: gives simulators and members their places. */
export class Reception {
  constructor(private readonly parts: ReceptionParts) {}

  /** Returns its room, and what can be seen of it. Throws what is refused. */
  seatSimulator(
    connection: Connection,
    payload: unknown,
  ): { readonly room: Room; readonly offer: FeedOffer | undefined } {
    const request = checked(BrowserConnect, payload ?? {}, fossbotEvent.browserConnect)
    if (connection.place?.as === 'member' || connection.knock) {
      throw new SimyardError(
        'ROOM_BAD_MESSAGE',
        'This connection is a program of a room. Open another one to simulate.',
      )
    }
    const { pages, switchboard } = this.parts
    const { room, certain } = pages.resolve(request, connection.page)
    const numbered = request.keep_place === true
    const { id } = connection.socket
    const outcome = room.seatSimulator(
      {
        id,
        numbered,
        lastNumber: request.last_number,
        takeOver: certain,
        ...(request.presence ? { presence: true } : {}),
      },
      performance.now(),
    )
    if (outcome.replaced !== undefined) switchboard.replace(outcome.replaced)
    if (outcome.refusal) {
      switchboard.carry(outcome.deliveries)
      throw new SimyardError(outcome.refusal.code, outcome.refusal.message)
    }
    switchboard.take(connection, room, id, 'simulator')
    if (numbered) {
      const received = room.receivedFromSimulator
      switchboard.tellPlace(connection, { user_id: id, return_key: room.identity.key, received })
    }
    switchboard.carry(outcome.deliveries)
    return { room, offer: request.feed }
  }

  /** `pythonConnect`. Throws what is refused. */
  joinProgram(connection: Connection, payload: unknown): void {
    const request = checked(PythonConnect, payload, fossbotEvent.pythonConnect)
    connection.robot = request.fossbot_name
    this.refuseSimulator(connection)
    const { user_id, return_key, key, keep_place, last_number, token, presence, ...announced } = request
    if (keep_place && typeof return_key === 'string' && user_id !== undefined) {
      const { room } = this.parts.api.find(request.session_id)
      return this.comeBack(connection, room, user_id, return_key, last_number ?? 0)
    }
    if (user_id !== undefined && user_id !== connection.socket.id) this.parts.counts.correct()
    const { room, ...granted } = this.find({ room: request.session_id, key, token, username: request.username })
    const returnKey = keep_place ? randomBytes(16).toString('base64url') : undefined
    const join: JoinRequest = {
      id: connection.socket.id,
      ...granted,
      environmentUser: Boolean(request.env_user),
      announcement: announced,
      robot: request.func === 'connect' ? request.fossbot_name : undefined,
      returnKey,
      ...(presence ? { presence } : {}),
    }
    this.join(connection, room, join, (outcome) => {
      if (outcome.refusal) {
        connection.held = []
        return this.parts.switchboard.settle(connection, outcome)
      }
      this.place(connection, room)
      if (returnKey !== undefined) {
        const place = { user_id: connection.socket.id, return_key: returnKey, received: 0 }
        this.parts.switchboard.tellPlace(connection, place)
      }
      this.parts.switchboard.carry(outcome.deliveries)
      connection.release()
    })
  }

  /** A person of the lobby; true while an owner has to admit it. `done` is called at once, or when that is decided. */
  joinPerson(connection: Connection, credentials: Credentials, done: (outcome: Outcome) => void): boolean {
    this.refuseSimulator(connection)
    const { room, ...granted } = this.find(credentials)
    const person: JoinRequest = {
      id: connection.socket.id,
      ...granted,
      environmentUser: false,
      announcement: {},
      lobby: true,
    }
    return this.join(connection, room, person, (outcome) => {
      if (!outcome.refusal) {
        this.place(connection, room)
        this.parts.switchboard.carry(outcome.deliveries)
        connection.release()
      }
      done(outcome)
    })
  }

  /** Who waits to be admitted waits no more. */
  withdraw(connection: Connection): void {
    const { knock } = connection
    connection.knock = undefined
    knock?.room.leave(connection.socket.id, performance.now())
  }

  /** Nobody will admit those who wait for a room that has ended. */
  turnAway(room: Room, connections: Iterable<Connection>): void {
    const refusal = { code: 'ROOM_ENDED', message: 'The room ended before you were admitted.' } as const
    for (const { knock } of connections) if (knock?.room === room) knock.done({ deliveries: [], refusal })
  }

  private join(connection: Connection, room: Room, request: JoinRequest, done: (outcome: Outcome) => void): boolean {
    this.withdraw(connection)
    const entry = room.join(request)
    if (!entry.waiting) {
      done(entry)
      return false
    }
    connection.knock = {
      room,
      done: (outcome) => {
        connection.knock = undefined
        done(outcome)
      },
    }
    this.parts.switchboard.carry(entry.deliveries)
    return true
  }

  private comeBack(connection: Connection, room: Room, memberId: string, returnKey: string, last: number): void {
    const { switchboard } = this.parts
    const outcome = room.comeBack(memberId, returnKey, last, performance.now())
    if (outcome.refusal) return switchboard.settle(connection, outcome)
    switchboard.replace(memberId, connection)
    switchboard.take(connection, room, memberId, 'member')
    const received = room.receivedFrom(memberId)
    switchboard.tellPlace(connection, { user_id: memberId, return_key: returnKey, received })
    switchboard.carry(outcome.deliveries)
    connection.release()
  }

  /** Takes the place in a room; the one in another room is left. */
  private place(connection: Connection, room: Room): void {
    const { switchboard } = this.parts
    const before = connection.place
    if (before && before.room !== room) switchboard.carry(before.room.leave(before.id, performance.now()).deliveries)
    switchboard.take(connection, room, connection.socket.id, 'member')
  }

  private refuseSimulator({ place }: Connection): void {
    if (place?.as !== 'simulator') return
    throw new SimyardError('ROOM_BAD_MESSAGE', 'This connection is the simulator of a room. Open another one to drive.')
  }

  /** The room that somebody names, and what that allows. */
  private find({ room: name, key, token, username }: Credentials) {
    const { room, role } = this.parts.api.find(name)
    if (key !== undefined) {
      if (!equal(key, room.identity.key)) throw new SimyardError('ROOM_KEY_WRONG', 'This key is not that of the room.')
      return { room, role: 'owner' as const, username, invited: true }
    }
    if (token === undefined) return { room, role, username }
    const grant = this.parts.tokens.read(token, room.id, Date.now() / 1000)
    return { room, role: grant.role, username: grant.username, invited: true, tokenId: grant.id }
  }
}
