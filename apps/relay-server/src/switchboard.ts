import { fossbotEvent, ROOM_PLACE_EVENT, type RoomPlace } from '@simyard/protocol'
import type { Delivery, Outcome, Refusal, Room } from '@simyard/rooms'
import type { Connection } from './connection.js'
import type { RelayMetrics } from './relay-metrics.js'

/** Which connection has which place, and what is carried to it. */
export class Switchboard {
  /** Who gets the messages to a place, by the place's id. */
  private readonly occupants = new Map<string, Connection>()

  constructor(
    private readonly counts: RelayMetrics,
    private readonly connections: ReadonlySet<Connection>,
  ) {}

  /** A connection without a place, by its own id. */
  visitor(socketId: string): Connection | undefined {
    for (const connection of this.connections) if (connection.socket.id === socketId) return connection
    return undefined
  }

  isAt(placeId: string, connection: Connection): boolean {
    return this.occupants.get(placeId) === connection
  }

  at(placeId: string): Connection | undefined {
    return this.occupants.get(placeId)
  }

  take(connection: Connection, room: Room, id: string, as: 'simulator' | 'member'): void {
    connection.place = { room, id, as }
    this.occupants.set(id, connection)
  }

  leave(placeId: string): void {
    this.occupants.delete(placeId)
  }

  /** Another connection has taken this place. */
  replace(placeId: string, by?: Connection): void {
    const before = this.occupants.get(placeId)
    this.occupants.delete(placeId)
    if (!before || before === by) return
    before.place = undefined
    this.refuse(before, { code: 'ROOM_PLACE_LOST', message: 'This place is used from another tab or connection now.' })
    before.socket.disconnect()
  }

  tellPlace(connection: Connection, place: RoomPlace): void {
    connection.outbox.send(ROOM_PLACE_EVENT, place, undefined)
  }

  settle(connection: Connection, { deliveries, refusal }: Outcome): void {
    this.carry(deliveries)
    if (refusal) this.refuse(connection, refusal)
  }

  carry(deliveries: readonly Delivery[]): void {
    for (const { to, event, payload, number } of deliveries) {
      const connection = this.occupants.get(to)
      if (!connection) continue
      this.counts.send()
      if (!connection.outbox.send(event, payload, number)) this.cut(connection, 'does-not-read')
    }
  }

  /** The libraries of users print `data` and end; our own clients read `code`. */
  refuse(connection: Connection, { code, message }: Refusal): void {
    this.counts.refuse(code)
    const { robot, socket, place } = connection
    const user_id = place?.as === 'member' ? place.id : socket.id
    connection.outbox.send(
      fossbotEvent.godotError,
      { data: message, ...(robot === undefined ? {} : { fossbot_name: robot }), user_id, code },
      undefined,
    )
  }

  cut(connection: Connection, reason: 'flood' | 'does-not-read' | 'does-not-poll'): void {
    if (!connection.socket.connected) return
    this.counts.cut(reason)
    connection.socket.disconnect(true)
  }

  /** Places of connections that are gone, and that nobody keeps any more. */
  sweep(): void {
    for (const [id, { socket, place }] of this.occupants) {
      if (!socket.connected && !place?.room.hasMember(id)) this.occupants.delete(id)
    }
  }

  /** Nobody is in this room any more; whoever was may join another one. */
  forget(room: Room): void {
    for (const [id, connection] of this.occupants) {
      if (connection.place?.room !== room) continue
      this.occupants.delete(id)
      connection.place = undefined
    }
  }
}
