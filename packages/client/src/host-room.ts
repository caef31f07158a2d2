import {
  type ErrorCode,
  errorCatalogue,
  FOSSBOT_NAMESPACE,
  type FossbotCommand,
  fossbotEvent,
  ROOM_PLACE_EVENT,
  SimyardError,
} from '@simyard/protocol'
import { io, type Socket } from 'socket.io-client'
import { waitFor } from './deadline.js'
import { OutgoingLog } from './outgoing-log.js'
import { relayAddress } from './relay-address.js'
import { isFinal, relayError } from './relay-error.js'
import type { SocketFactory } from './room-connection.js'

/** What one needs to be the simulator of a room. */
export interface RoomAccess {
  readonly id: string
  /** For people. */
  readonly code: string
  /** With it a page is the simulator. Keep it to yourself. */
  readonly key: string
}

/** A command and who sent it. */
export type HostedCommand = FossbotCommand & { readonly user_id: string }

/** Answers one command; commands that ask nothing are not answered. */
export interface Reply {
  (data: unknown): void
  /** Ends the programs of the original libraries, and rejects the question of ours. */
  error(text: string): void
}

export interface HostRoomOptions {
  /** `http://host:port` of the relay. */
  readonly address: string
  /** Called in the order in which each program sends. `exit` and `exit_env` come when a program leaves. */
  readonly onCommand: (command: HostedCommand, reply: Reply) => void
  /** A room that was opened before; without, a new one is. */
  readonly room?: RoomAccess
  /** Keeps the room over a reload of the page, such as `sessionStorage`, which every tab has for itself. */
  readonly storage?: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>
  readonly namespace?: string
  /** Of the joining. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** Told when the connection is lost and comes back by itself. */
  readonly onConnection?: (state: 'here' | 'lost') => void
  /** The room is over for this page; a new one has to be opened. */
  readonly onEnd?: (error: SimyardError) => void
  /** Asks for who comes, goes and changes. */
  readonly onPresence?: (event: string, payload: unknown) => void
  readonly io?: SocketFactory
}

interface Said {
  readonly event: string
  readonly payload: Readonly<Record<string, unknown>>
}

const STORAGE_KEY = 'simyard-room'
const TIMEOUT_MS = 10_000
const KEPT_REPLIES = 2048
const presenceEvents = ['member_joined', 'member_left', 'member_changed', 'member_waiting']

/** Opens a room, or takes back the one of before, and simulates for its programs. */
export async function hostRoom(options: HostRoomOptions): Promise<HostedRoom> {
  const before = options.room ?? stored(options.storage)
  if (before) {
    try {
      return await HostedRoom.enter(options, before)
    } catch (error) {
      const over = error instanceof SimyardError && (error.code === 'ROOM_NOT_FOUND' || error.code === 'ROOM_ENDED')
      if (options.room || !over) throw error
    }
  }
  return HostedRoom.enter(options, await openRoom(options))
}

/** A room whose simulator this page is. */
export class HostedRoom {
  private readonly socket: Socket
  private readonly outgoing = new OutgoingLog<Said>(KEPT_REPLIES)
  private seated = false
  private over = false
  private lastNumber: number | undefined
  private entering: { resolve: (value: undefined) => void; reject: (reason: unknown) => void } | undefined

  private constructor(
    private readonly options: HostRoomOptions,
    readonly access: RoomAccess,
  ) {
    const { address, namespace = FOSSBOT_NAMESPACE, onPresence } = options
    const { url, path } = relayAddress(address, namespace)
    this.socket = (options.io ?? io)(url, {
      path,
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 2000,
    })
    const { socket } = this
    socket.on('connect', () => {
      socket.emit(fossbotEvent.browserConnect, {
        session_id: access.id,
        key: access.key,
        keep_place: true,
        ...(onPresence ? { presence: true } : {}),
        ...(this.lastNumber === undefined ? {} : { last_number: this.lastNumber }),
      })
    })
    socket.on('connect_error', (error: Error) => {
      const message = `There is no relay at ${address}: ${error.message}. Is it started?`
      this.entering?.reject(new SimyardError('RELAY_UNREACHABLE', message, { cause: error }))
    })
    socket.on('disconnect', (reason: string) => {
      this.seated = false
      if (this.over) return
      if (reason !== 'io server disconnect') return options.onConnection?.('lost')
      this.end(new SimyardError('CONNECTION_CLOSED', 'The relay ended the connection. Open the room again.'))
    })
    socket.on(ROOM_PLACE_EVENT, ({ received }: { received: number }) => this.onPlace(received))
    socket.on(fossbotEvent.godotError, (payload: unknown) => {
      const error = relayError(payload)
      if (this.entering || isFinal(error) || error.code === 'ROOM_SIMULATOR_TAKEN') this.end(error)
    })
    socket.on(fossbotEvent.clientMessage, (command: HostedCommand, number?: number) => this.onCommand(command, number))
    for (const event of presenceEvents) socket.on(event, (payload: unknown) => onPresence?.(event, payload))
  }

  /** @internal */
  static async enter(options: HostRoomOptions, access: RoomAccess): Promise<HostedRoom> {
    const room = new HostedRoom(options, access)
    const { timeoutMs = TIMEOUT_MS, signal, address, storage } = options
    try {
      await waitFor<undefined>(
        (resolve, reject) => {
          room.entering = { resolve, reject }
        },
        { timeoutMs, signal },
        () => new SimyardError('ANSWER_TIMEOUT', `${address} did not answer within ${timeoutMs / 1000} s.`),
      )
    } catch (error) {
      room.close()
      throw error
    }
    storage?.setItem(STORAGE_KEY, JSON.stringify(access))
    return room
  }

  /** What `session_id` in programs is. */
  get id(): string {
    return this.access.id
  }

  get code(): string {
    return this.access.code
  }

  /** Says something to one program; answers go through `reply`, which knows to whom. */
  say(event: 'godotMessage' | 'godotError', payload: Readonly<Record<string, unknown>>): void {
    const number = this.outgoing.add({ event, payload })
    if (this.seated) this.socket.emit(event, payload, number)
  }

  /** Leaves the room; its place is kept for a minute, so that a page that is loaded again takes it back. */
  close(): void {
    this.over = true
    this.entering = undefined
    this.socket.disconnect()
  }

  private onPlace(received: number): void {
    const missed = this.outgoing.after(received)
    if (!missed) {
      return this.end(new SimyardError('ROOM_PLACE_LOST', 'Too much was answered while the connection was lost.'))
    }
    this.outgoing.acknowledge(received)
    this.lastNumber ??= 0
    this.seated = true
    for (const { message, number } of missed) this.socket.emit(message.event, message.payload, number)
    if (!this.entering) this.options.onConnection?.('here')
    this.entering?.resolve(undefined)
    this.entering = undefined
  }

  private onCommand(command: HostedCommand, number: number | undefined): void {
    if (number !== undefined) {
      if (number <= (this.lastNumber ?? 0)) return
      this.lastNumber = number
    }
    const { user_id, fossbot_name } = command
    const to = { ...(fossbot_name === undefined ? {} : { fossbot_name }), user_id }
    const reply = (data: unknown) => this.say('godotMessage', { data, ...to })
    this.options.onCommand(
      command,
      Object.assign(reply, { error: (text: string) => this.say('godotError', { data: text, ...to }) }),
    )
  }

  private end(error: SimyardError): void {
    if (this.over) return
    this.over = true
    const { entering } = this
    this.entering = undefined
    this.socket.disconnect()
    if (isFinal(error)) this.options.storage?.removeItem(STORAGE_KEY)
    if (entering) entering.reject(error)
    else this.options.onEnd?.(error)
  }
}

async function openRoom({ address, signal }: HostRoomOptions): Promise<RoomAccess> {
  const url = `${address.replace(/\/+$/, '')}/api/v1/rooms`
  let response: Response
  try {
    response = await fetch(url, { method: 'POST', ...(signal ? { signal } : {}) })
  } catch (error) {
    signal?.throwIfAborted()
    const message = `There is no relay at ${address}, or it does not let pages of this site open rooms. Is it started?`
    throw new SimyardError('RELAY_UNREACHABLE', message, { cause: error })
  }
  const answer = (await response.json()) as RoomAccess & { error?: { code?: string; message?: string } }
  if (response.ok) return { id: answer.id, code: answer.code, key: answer.key }
  const { code = '', message = `${url} answered ${response.status}.` } = answer.error ?? {}
  throw new SimyardError(code in errorCatalogue ? (code as ErrorCode) : 'REQUEST_INVALID', message)
}

function stored(storage: HostRoomOptions['storage']): RoomAccess | undefined {
  const text = storage?.getItem(STORAGE_KEY)
  if (!text) return undefined
  try {
    return JSON.parse(text) as RoomAccess
  } catch {
    return undefined
  }
}
