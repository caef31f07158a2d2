import {
  type ErrorReport,
  type FossbotCommand,
  fossbotEvent,
  isFossbotCommand,
  ROOM_PLACE_EVENT,
  type TabRoom,
  type TabRoomState,
} from '@simyard/protocol'
import { io, type Socket } from 'socket.io-client'
import { relayAddress } from './relay-address.js'

export interface SimulatorSeatHost {
  command(command: FossbotCommand): void
  state(state: TabRoomState): void
}

/** Refusals after which trying again is of no use. */
const FINAL: ReadonlySet<string> = new Set([
  'ROOM_NOT_FOUND',
  'ROOM_ENDED',
  'ROOM_KEY_WRONG',
  'ROOM_SIMULATOR_TAKEN',
  'ROOM_PLACE_LOST',
  'ROOM_PAGE_AMBIGUOUS',
])

/** The simulator's seat in a room: commands in, replies out, and back to the same place after a lost connection. */
export class SimulatorSeat {
  private readonly socket: Socket
  /** Number of the last command that it has got. */
  private lastNumber: number | undefined
  private seated = false
  private readonly unsent: [string, unknown][] = []

  constructor(
    room: TabRoom,
    private readonly host: SimulatorSeatHost,
  ) {
    const { url, path } = relayAddress(room.address, room.namespace)
    this.socket = io(url, {
      path,
      autoConnect: false,
      forceNew: true,
      transports: ['websocket', 'polling'],
      reconnectionDelayMax: 3000,
    })
    this.socket.on('connect', () => {
      this.socket.emit(fossbotEvent.browserConnect, {
        session_id: room.id,
        key: room.key,
        keep_place: true,
        ...(this.lastNumber === undefined ? {} : { last_number: this.lastNumber }),
      })
    })
    this.socket.on(ROOM_PLACE_EVENT, () => this.onSeated())
    this.socket.on(fossbotEvent.clientMessage, (command: unknown, number: unknown) => {
      if (typeof number === 'number') this.lastNumber = number
      if (isFossbotCommand(command)) host.command(command)
    })
    this.socket.on(fossbotEvent.godotError, (error: unknown) => this.onError(error))
    this.socket.on('disconnect', () => {
      this.seated = false
      if (this.socket.active) host.state({ state: 'away' })
    })
  }

  open(): void {
    if (this.socket.connected || this.socket.active) return
    this.host.state({ state: 'joining' })
    this.socket.connect()
  }

  reply(event: 'godotMessage' | 'godotError', payload: unknown): void {
    if (this.seated) this.socket.emit(event, payload)
    else this.unsent.push([event, payload])
  }

  close(): void {
    this.socket.disconnect()
  }

  private onSeated(): void {
    this.seated = true
    for (const [event, payload] of this.unsent.splice(0)) this.socket.emit(event, payload)
    this.host.state({ state: 'here' })
  }

  private onError(error: unknown): void {
    const { data, code } = (error ?? {}) as { data?: unknown; code?: unknown }
    if (typeof code !== 'string' || !FINAL.has(code)) return
    this.socket.disconnect()
    this.host.state({ state: 'refused', error: { code: code as ErrorReport['code'], message: String(data) } })
  }
}
