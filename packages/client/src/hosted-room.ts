import {
  type ErrorReport,
  type FeedOffer,
  FeedRequest,
  FOSSBOT_NAMESPACE,
  type FossbotCommand,
  feedEvent,
  fossbotEvent,
  isFossbotCommand,
  ROOM_PLACE_EVENT,
  reportError,
  SimyardError,
  type TabRoomState,
} from '@simyard/protocol'
import { io, type Socket } from 'socket.io-client'
import { OutgoingLog } from './outgoing-log.js'
import { relayAddress } from './relay-address.js'
import { isFinal, relayError } from './relay-error.js'
import type { RoomAccess } from './room-access.js'
import type { SocketFactory } from './room-connection.js'

/** A command and who sent it. */
export type HostedCommand = FossbotCommand & { readonly user_id: string }

/** Answers one command; commands that ask nothing are not answered. */
export interface Reply {
  (data: unknown): void
  /** Ends the programs of the original libraries, and rejects the question of ours. */
  error(text: string): void
}

/** What those who watch the room see; `Feed` of @simyard/stream is what makes it. */
export interface RoomFeed {
  /** Where it runs, and where its files are. */
  offer(): FeedOffer
  /** Somebody watches: everything that stands is told first. `taken`: there is room for more. */
  begin(send: (piece: Uint8Array, taken: () => void) => void): void
  /** Nobody watches any more, or the connection is lost. */
  end(): void
  request(message: FeedRequest): void
}

export interface HostedRoomOptions {
  /** `http://host:port` of the relay. */
  readonly address: string
  /** Called in the order in which each program sends. `exit` and `exit_env` come when a program leaves. */
  readonly onCommand: (command: HostedCommand, reply: Reply) => void
  /** `refused` is the last one: the room is over for this simulator. */
  readonly onState?: (state: TabRoomState) => void
  /** Nobody answers at the address. It is tried again until `close`. */
  readonly onUnreachable?: (error: SimyardError) => void
  /** Asks for who comes, goes and changes. */
  readonly onPresence?: (event: string, payload: unknown) => void
  /** With it the room can be watched. */
  readonly feed?: RoomFeed
  /** The relay takes no more of the feed. */
  readonly onFeedRefused?: (error: ErrorReport) => void
  readonly namespace?: string
  readonly io?: SocketFactory
  /** Tried in this order. */
  readonly transports?: readonly ('polling' | 'websocket')[]
}

interface Said {
  readonly event: 'godotMessage' | 'godotError'
  readonly payload: Readonly<Record<string, unknown>>
}

const KEPT_REPLIES = 2048
const presenceEvents = ['member_joined', 'member_left', 'member_changed', 'member_waiting']

/** A room whose simulator one is: commands in, replies out, and back to the same place after a lost connection. */
export class HostedRoom {
  private readonly socket: Socket
  private readonly outgoing = new OutgoingLog<Said>(KEPT_REPLIES)
  private seated = false
  private everSeated = false
  private over = false
  private lastNumber: number | undefined

  constructor(
    private readonly options: HostedRoomOptions,
    readonly access: RoomAccess,
  ) {
    const { address, namespace = FOSSBOT_NAMESPACE, onPresence, onUnreachable, transports, feed } = options
    const { url, path } = relayAddress(address, namespace)
    this.socket = (options.io ?? io)(url, {
      path,
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 2000,
      ...(transports ? { transports: [...transports], tryAllTransports: true } : {}),
    })
    const { socket } = this
    socket.on('connect', () => {
      socket.emit(fossbotEvent.browserConnect, {
        session_id: access.id,
        key: access.key,
        keep_place: true,
        ...(onPresence ? { presence: true } : {}),
        ...(feed ? { feed: feed.offer() } : {}),
        ...(this.lastNumber === undefined ? {} : { last_number: this.lastNumber }),
      })
    })
    socket.on('connect_error', (error: Error) => {
      const message = `There is no relay at ${address}: ${error.message}. Is it started?`
      onUnreachable?.(new SimyardError('RELAY_UNREACHABLE', message, { cause: error }))
    })
    socket.on('disconnect', (reason: string) => {
      this.seated = false
      feed?.end()
      if (this.over) return
      if (reason !== 'io server disconnect') return options.onState?.({ state: 'away' })
      this.end(new SimyardError('CONNECTION_CLOSED', 'The relay ended the connection. Open the room again.'))
    })
    socket.on(ROOM_PLACE_EVENT, ({ received }: { received: number }) => this.onPlace(received))
    socket.on(fossbotEvent.godotError, (payload: unknown) => {
      const error = relayError(payload)
      if (!this.everSeated || isFinal(error) || error.code === 'ROOM_SIMULATOR_TAKEN') this.end(error)
    })
    socket.on(fossbotEvent.clientMessage, (command: unknown, number?: number) => {
      if (isFossbotCommand(command)) this.onCommand(command as HostedCommand, number)
    })
    for (const event of presenceEvents) socket.on(event, (payload: unknown) => onPresence?.(event, payload))
    if (feed) this.listenForWatchers(feed)
  }

  /** What `session_id` in programs is. */
  get id(): string {
    return this.access.id
  }

  get code(): string {
    return this.access.code
  }

  /** Takes the place; until then nobody's commands come, and what is said waits. Once more has no effect. */
  open(): void {
    if (this.over || this.socket.connected || this.socket.active) return
    this.options.onState?.({ state: 'joining' })
    this.socket.connect()
  }

  /** Says something to one program; answers may go through `reply`, which knows to whom. */
  say(event: 'godotMessage' | 'godotError', payload: Readonly<Record<string, unknown>>): void {
    const number = this.outgoing.add({ event, payload })
    if (this.seated) this.socket.emit(event, payload, number)
  }

  /** Leaves the room; its place is kept for a minute, so that a page that is loaded again takes it back. */
  close(): void {
    this.over = true
    this.socket.disconnect()
  }

  private listenForWatchers(feed: RoomFeed): void {
    const { socket } = this
    socket.on(feedEvent.wanted, (wanted: { readonly feed: number; readonly error?: ErrorReport }) => {
      if (wanted.feed === 0) feed.end()
      else feed.begin((piece, taken) => socket.emit(feedEvent.piece, wanted.feed, piece, taken))
      if (wanted.error) this.options.onFeedRefused?.(wanted.error)
    })
    socket.on(feedEvent.request, (request: unknown) => {
      const known = FeedRequest.safeParse(request)
      if (known.success) feed.request(known.data)
    })
  }

  private onPlace(received: number): void {
    const missed = this.outgoing.after(received)
    if (!missed) {
      return this.end(new SimyardError('ROOM_PLACE_LOST', 'Too much was answered while the connection was lost.'))
    }
    this.outgoing.acknowledge(received)
    this.lastNumber ??= 0
    this.seated = true
    this.everSeated = true
    for (const { message, number } of missed) this.socket.emit(message.event, message.payload, number)
    this.options.onState?.({ state: 'here' })
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
    this.close()
    this.options.onState?.({ state: 'refused', error: reportError(error) })
  }
}
