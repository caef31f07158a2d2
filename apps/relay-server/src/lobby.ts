import {
  LobbyAdmit,
  LobbyCreate,
  LobbyJoin,
  LobbyPromote,
  LobbyRemove,
  type LobbyRequest,
  LobbySettings,
  lobbyEvent,
  lobbyRequests,
  reportError,
  SimyardError,
} from '@simyard/protocol'
import type { Outcome } from '@simyard/rooms'
import { checked } from './checked-payload.js'
import type { Connection } from './connection.js'
import type { Reception } from './reception.js'
import type { RoomsApi } from './rooms-api.js'
import type { Switchboard } from './switchboard.js'
import type { WatchDoor } from './watch/watch-door.js'

/** What a request is answered with beside `ok`. */
type Answer = Readonly<Record<string, unknown>>
type Acknowledge = (answer: Answer) => void

export interface LobbyParts {
  readonly api: RoomsApi
  readonly reception: Reception
  readonly switchboard: Switchboard
  readonly watchDoor: WatchDoor
}

/** People meet here, and owners decide; docs/protocol/lobby-v1.md has the rules. */
export class Lobby {
  constructor(private readonly parts: LobbyParts) {}

  /** `admits` is asked before each request, and says whether the sender is within its limits. */
  listen(connection: Connection, admits: () => boolean): void {
    for (const name of lobbyRequests) {
      connection.socket.on(name, (...given: unknown[]) => {
        const last = given.at(-1)
        const acknowledge: Acknowledge = typeof last === 'function' ? (last as Acknowledge) : () => {}
        const [payload] = typeof last === 'function' ? given.slice(0, -1) : given
        try {
          if (!admits()) throw new SimyardError('RATE_LIMITED', 'You send too much. Wait a little.')
          const answer = this.handlers[name](connection, payload ?? {}, acknowledge)
          if (answer) acknowledge({ ok: true, ...answer })
        } catch (error) {
          acknowledge({ ok: false, error: reportError(error) })
        }
      })
    }
  }

  /** Undefined is one that is answered later. */
  private readonly handlers: Record<
    LobbyRequest,
    (connection: Connection, payload: unknown, acknowledge: Acknowledge) => Answer | undefined
  > = {
    create_room: (connection, payload) => {
      const { username, admission } = checked(LobbyCreate, payload, 'create_room')
      const room = this.parts.api.openForPerson()
      if (admission) room.requireAdmission()
      const { id, identity } = room
      let answer: Answer = {}
      this.parts.reception.joinPerson(connection, { room: id, key: identity.key, username }, (outcome) => {
        succeed(outcome)
        answer = { room_id: id, code: identity.code, key: identity.key, ...whoIs(connection) }
      })
      const game = { room_id: id, code: identity.code }
      this.parts.switchboard.carry([{ to: connection.socket.id, event: lobbyEvent.newGame, payload: game }])
      return answer
    },
    join_room: (connection, payload, acknowledge) => {
      const { room, username, key, token } = checked(LobbyJoin, payload, 'join_room')
      let now = true
      const waits = this.parts.reception.joinPerson(connection, { room, username, key, token }, (outcome) => {
        // Later, when an owner decides, nobody is there to catch what is thrown.
        if (now) succeed(outcome)
        acknowledge(
          outcome.refusal ? { ok: false, error: outcome.refusal } : { ok: true, ...whoIs(connection), admitted: true },
        )
      })
      now = false
      if (waits) connection.socket.emit(lobbyEvent.memberWaiting, { user_id: connection.socket.id, username })
      return undefined
    },
    leave_room: (connection) => {
      const { reception, switchboard } = this.parts
      if (connection.knock) reception.withdraw(connection)
      else {
        const { room, id } = memberOf(connection)
        connection.place = undefined
        switchboard.leave(id)
        switchboard.carry(room.leave(id, performance.now()).deliveries)
      }
      return {}
    },
    list_members: (connection) => {
      const { room, id } = memberOf(connection)
      return { ...room.list(id), simulator: room.simulator }
    },
    admit_member: (connection, payload) => {
      const { user_id, role } = checked(LobbyAdmit, payload, 'admit_member')
      const { room, id } = memberOf(connection)
      const visitor = this.knocking(room.id, user_id)
      const outcome = room.admit(id, user_id, role)
      succeed(outcome)
      if (outcome.entry && !this.parts.watchDoor.decide(user_id, outcome.entry)) visitor?.knock?.done(outcome.entry)
      return {}
    },
    promote_member: (connection, payload) => {
      const { user_id, role } = checked(LobbyPromote, payload, 'promote_member')
      const { room, id } = memberOf(connection)
      return this.decided(room.promote(id, user_id, role))
    },
    remove_member: (connection, payload) => {
      const { user_id } = checked(LobbyRemove, payload, 'remove_member')
      const { room, id } = memberOf(connection)
      const { switchboard, watchDoor } = this.parts
      const visitor = this.knocking(room.id, user_id)
      const member = switchboard.at(user_id)
      const outcome = room.remove(id, user_id, performance.now())
      succeed(outcome)
      const refusal = { code: 'ROOM_REMOVED', message: 'The owner of the room has removed you.' } as const
      if (member?.place?.id === user_id && member.place.room === room) {
        switchboard.refuse(member, refusal)
        member.place = undefined
        switchboard.leave(user_id)
      }
      watchDoor.dismiss([user_id], refusal)
      visitor?.knock?.done({
        deliveries: [],
        refusal: { ...refusal, message: 'The owner of the room did not admit you.' },
      })
      return this.decided(outcome)
    },
    set_room: (connection, payload) => {
      const settings = checked(LobbySettings, payload, 'set_room')
      const { room, id } = memberOf(connection)
      const outcome = room.set(id, settings)
      const refusal = { code: 'ROOM_REMOVED', message: 'The owner lets nobody watch this room any more.' } as const
      this.parts.watchDoor.dismiss(outcome.dismissed ?? [], refusal)
      return this.decided(outcome)
    },
  }

  private decided(outcome: Outcome): Answer {
    succeed(outcome)
    this.parts.switchboard.carry(outcome.deliveries)
    return {}
  }

  /** The connection of somebody who waits to be admitted to this room. */
  private knocking(roomId: string, userId: string): Connection | undefined {
    const connection = this.parts.switchboard.visitor(userId)
    return connection?.knock?.room.id === roomId ? connection : undefined
  }
}

function succeed({ refusal }: Outcome): void {
  if (refusal) throw new SimyardError(refusal.code, refusal.message)
}

function memberOf({ place }: Connection) {
  if (place?.as === 'member') return place
  throw new SimyardError('ROOM_NOT_JOINED', 'You are in no room. Send create_room, join_room or pythonConnect first.')
}

function whoIs(connection: Connection) {
  const { room, id } = memberOf(connection)
  return { user_id: id, role: room.roleOf(id) }
}
