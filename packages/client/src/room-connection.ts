import { FOSSBOT_NAMESPACE, type FossbotCommand, fossbotEvent, ROOM_PLACE_EVENT, SimyardError } from '@simyard/protocol'
import { io, type Socket } from 'socket.io-client'
import { answerTimeout, type WaitOptions, waitFor } from './deadline.js'
import { OutgoingLog } from './outgoing-log.js'
import { relayAddress } from './relay-address.js'
import { isFinal, relayError } from './relay-error.js'

/** What makes sockets: `io` of socket.io-client, of whatever release a page has loaded. */
export type SocketFactory = (address: string, options: object) => Socket

export interface ConnectOptions {
  /** `http://host:port` of the relay. */
  readonly address: string
  /** Id or join code of the room. */
  readonly room: string
  /** Makes the client the owner of the room. */
  readonly key?: string
  /** What an owner made for this client; gives it a name and a role. */
  readonly token?: string
  /** How others see the member. */
  readonly username?: string
  readonly namespace?: string
  /** Cancels the joining; later it has no effect. */
  readonly signal?: AbortSignal
  /** For the joining and for each answer. */
  readonly timeoutMs?: number
  /** For how long a lost connection is tried again. */
  readonly lostMs?: number
  /** Asks for who comes, goes and changes, and for the simulator's state. */
  readonly onPresence?: (event: string, payload: unknown) => void
  /** Told of errors while nothing waits for an answer. Without it the next question is rejected with the error. */
  readonly onError?: (error: SimyardError) => void
  readonly io?: SocketFactory
  /** `['websocket']` leaves out the polling at the beginning. */
  readonly transports?: readonly ('polling' | 'websocket')[]
}

export interface AskOptions extends WaitOptions {
  /** Whether a value can be the answer; others are late answers to something else. */
  readonly accepts?: (data: unknown) => boolean
}

interface Question {
  readonly accepts: (data: unknown) => boolean
  /** Number of the command, when it has one. */
  readonly number: number | undefined
  readonly resolve: (data: unknown) => void
  readonly reject: (reason: unknown) => void
}

const presenceEvents = [
  'new_game',
  'member_joined',
  'member_left',
  'member_changed',
  'member_waiting',
  'simulator_changed',
]
const TIMEOUT_MS = 10_000
const LOST_MS = 60_000
/** For the two questions that tell late answers from new ones. */
const SETTLE_MS = 2000
const KEPT_COMMANDS = 2048

/**
 * A program's place in a room. Answers have no mark that says to which question they belong, so that there is one
 * question at a time. A lost connection comes back to its place: nothing is lost or doubled.
 */
export class RoomConnection {
  private readonly socket: Socket
  private readonly outgoing = new OutgoingLog<FossbotCommand>(KEPT_COMMANDS)
  private state: 'joining' | 'here' | 'lost' | 'closed' = 'joining'
  /** Where to come back to; without, the relay is one that keeps no places. */
  private place: { readonly user_id: string; readonly return_key: string } | undefined
  private lastNumber = 0
  /** Number of the last command before the connection was lost, for relays that keep no places. */
  private saidBefore = 0
  private question: Question | undefined
  private questions: Promise<unknown> = Promise.resolve()
  /** An answer may still come that nobody waits for any more. */
  private unsettled = false
  private untold: SimyardError | undefined
  private endReason: SimyardError | undefined
  private lostTimer: ReturnType<typeof setTimeout> | undefined
  private joined: { resolve: (value: undefined) => void; reject: (reason: unknown) => void } | undefined

  private constructor(
    private readonly options: ConnectOptions,
    private readonly identity: Readonly<Record<string, unknown>>,
  ) {
    const { address, namespace = FOSSBOT_NAMESPACE, transports } = options
    const { url, path } = relayAddress(address, namespace)
    this.socket = (options.io ?? io)(url, {
      path,
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 2000,
      ...(transports ? { transports: [...transports] } : {}),
    })
    const { socket } = this
    socket.on('connect', () => this.introduce())
    socket.on('connect_error', (error: Error) => this.onUnreachable(error))
    socket.on('disconnect', (reason: string) => this.onLost(reason))
    socket.on(ROOM_PLACE_EVENT, (place: { user_id: string; return_key: string; received: number }) =>
      this.onPlace(place),
    )
    // The original sends to everybody what anybody says: that is how one learns there that one is in.
    socket.on(fossbotEvent.clientMessage, (payload: { user_id?: unknown }) => {
      if (this.state !== 'here' && payload.user_id === socket.id) this.enter(this.saidBefore)
    })
    socket.on(fossbotEvent.godotMessage, (payload: { data?: unknown }, number?: number) => {
      if (this.isNew(number)) this.onAnswer(payload.data)
    })
    socket.on(fossbotEvent.godotError, (payload: unknown, number?: number) => {
      if (this.isNew(number)) this.onError(relayError(payload))
    })
    for (const event of presenceEvents) {
      socket.on(event, (payload: unknown, number?: number) => {
        if (this.isNew(number)) options.onPresence?.(event, payload)
      })
    }
  }

  /** `identity`: the fields of `pythonConnect` that say what the client is. */
  static async open(options: ConnectOptions, identity: Readonly<Record<string, unknown>>): Promise<RoomConnection> {
    options.signal?.throwIfAborted()
    const connection = new RoomConnection(options, identity)
    const { timeoutMs = TIMEOUT_MS, signal } = options
    try {
      await waitFor<undefined>(
        (resolve, reject) => {
          connection.joined = { resolve, reject }
        },
        { timeoutMs, signal },
        () =>
          new SimyardError(
            'ANSWER_TIMEOUT',
            `${options.address} did not let the program into room ${options.room} within ${timeoutMs / 1000} s. Is a relay there, and does somebody have to admit you?`,
          ),
      )
    } catch (error) {
      connection.end(error instanceof SimyardError ? error : closedError())
      throw error
    }
    return connection
  }

  /** By what the simulator names this member. */
  get userId(): string | undefined {
    return this.place?.user_id ?? this.socket.id
  }

  /** False when the relay is an original one, which may let messages overtake each other. */
  get keepsOrder(): boolean {
    return this.place !== undefined
  }

  /** Why nothing can be sent any more; undefined while it can. */
  get ended(): SimyardError | undefined {
    return this.endReason
  }

  /** Sends a command that is not answered. While the connection is lost, it waits. */
  post(command: FossbotCommand): void {
    this.send(command)
  }

  /** Sends a command and waits for its answer; further questions wait until this one is answered. */
  ask(command: FossbotCommand, options: AskOptions = {}): Promise<unknown> {
    const { accepts = () => true, signal, timeoutMs = this.options.timeoutMs ?? TIMEOUT_MS } = options
    const turn = this.questions.then(async () => {
      signal?.throwIfAborted()
      if (this.endReason) throw this.endReason
      const { untold } = this
      this.untold = undefined
      if (untold) throw untold
      await this.settle()
      return this.askNow(command, accepts, { signal, timeoutMs })
    })
    this.questions = turn.catch(() => undefined)
    if (!signal) return turn
    // Who cancels while others are asked need not wait for them.
    return waitFor((resolve, reject) => void turn.then(resolve, reject), { signal }, closedError)
  }

  /** Leaves the room; what was said before arrives. */
  close(): void {
    this.end(closedError())
  }

  // ---- questions ------------------------------------------------------------------------------------------------

  private async askNow(
    command: FossbotCommand,
    accepts: (data: unknown) => boolean,
    { signal, timeoutMs }: { signal?: AbortSignal; timeoutMs: number },
  ): Promise<unknown> {
    try {
      return await waitFor<unknown>(
        (resolve, reject) => {
          this.question = { accepts, number: this.send(command), resolve, reject }
        },
        { signal, timeoutMs },
        () => answerTimeout(command.func, timeoutMs),
      )
    } catch (error) {
      this.unsettled = true
      throw error
    } finally {
      this.question = undefined
    }
  }

  /**
   * After a question that was given up, its answer may still come. Two questions whose answers follow each other as
   * nothing else does, a truth value and then a number, say where the answers to earlier questions end.
   */
  private async settle(): Promise<void> {
    const robot = this.identity.fossbot_name
    if (!this.unsettled || robot === undefined) return
    let truth = false
    const accepts = (data: unknown) => {
      const last = truth && typeof data === 'number'
      truth = typeof data === 'boolean'
      return last
    }
    const timeoutMs = Math.min(SETTLE_MS, this.options.timeoutMs ?? SETTLE_MS)
    try {
      this.send({ func: 'get_noise_detection', fossbot_name: robot })
      await this.askNow({ func: 'get_elapsed', fossbot_name: robot }, accepts, { timeoutMs })
    } catch (error) {
      // A simulator may not know these two; what it does not answer is not late either.
      if (!(error instanceof SimyardError) || error.code !== 'ANSWER_TIMEOUT') throw error
    }
    this.unsettled = false
  }

  private onAnswer(data: unknown): void {
    const { question } = this
    if (!question?.accepts(data)) return
    this.question = undefined
    if (question.number !== undefined) this.outgoing.acknowledge(question.number)
    question.resolve(data)
  }

  private onError(error: SimyardError): void {
    if (this.joined || isFinal(error)) return this.end(error)
    const { question } = this
    this.question = undefined
    if (question) question.reject(error)
    else if (this.options.onError) this.options.onError(error)
    else this.untold = error
  }

  private isNew(number: number | undefined): boolean {
    if (number === undefined) return true
    if (number <= this.lastNumber) return false
    this.lastNumber = number
    return true
  }

  private send(command: FossbotCommand): number | undefined {
    if (this.endReason) throw this.endReason
    const number = this.outgoing.add(command)
    if (this.state === 'here') this.emit(command, number)
    return number
  }

  private emit(command: FossbotCommand, number: number): void {
    if (this.place) this.socket.emit(fossbotEvent.clientMessage, command, number)
    else this.socket.emit(fossbotEvent.clientMessage, command)
  }

  // ---- the connection -------------------------------------------------------------------------------------------

  private introduce(): void {
    const { room, key, token, username, onPresence } = this.options
    this.socket.emit(fossbotEvent.pythonConnect, {
      session_id: room,
      user_id: this.socket.id,
      ...this.identity,
      ...(key === undefined ? {} : { key }),
      ...(token === undefined ? {} : { token }),
      ...(username === undefined ? {} : { username }),
      ...(onPresence ? { presence: true } : {}),
      keep_place: true,
      ...(this.place ? { ...this.place, last_number: this.lastNumber } : {}),
    })
  }

  private onPlace({ user_id, return_key, received }: { user_id: string; return_key: string; received: number }): void {
    this.place = { user_id, return_key }
    this.enter(received)
  }

  private enter(received: number): void {
    if (this.state === 'closed') return
    clearTimeout(this.lostTimer)
    const missed = this.outgoing.after(received)
    if (!missed) {
      const message = 'Too many commands were given while the connection was lost. Connect again.'
      return this.end(new SimyardError('ROOM_PLACE_LOST', message))
    }
    this.state = 'here'
    for (const { message, number } of missed) this.emit(message, number)
    this.joined?.resolve(undefined)
    this.joined = undefined
  }

  private onUnreachable(error: Error): void {
    if (this.state !== 'joining') return
    const { address } = this.options
    this.end(
      new SimyardError('RELAY_UNREACHABLE', `There is no relay at ${address}: ${error.message}. Is it started?`, {
        cause: error,
      }),
    )
  }

  private onLost(reason: string): void {
    if (this.state === 'closed') return
    if (reason === 'io server disconnect') {
      const message = `The relay ended the connection${this.untold ? `: ${this.untold.message}` : '.'} Connect again.`
      return this.end(new SimyardError('CONNECTION_CLOSED', message))
    }
    if (this.state !== 'here') return
    this.state = 'lost'
    if (!this.place) this.forgetWhatWasSaid(reason)
    const lostMs = this.options.lostMs ?? LOST_MS
    this.lostTimer = setTimeout(() => {
      const message = `The connection to ${this.options.address} was lost (${reason}), and did not come back within ${lostMs / 1000} s.`
      this.end(new SimyardError('RELAY_UNREACHABLE', message))
    }, lostMs)
  }

  /** A relay that keeps no places takes who returns for somebody else, and answers nothing that was asked before. */
  private forgetWhatWasSaid(reason: string): void {
    this.saidBefore = this.outgoing.lastNumber
    this.outgoing.acknowledge(this.saidBefore)
    this.question?.reject(
      new SimyardError('ROOM_PLACE_LOST', `The connection was lost (${reason}) before the answer came. Ask again.`),
    )
    this.question = undefined
  }

  private end(reason: SimyardError): void {
    if (this.state === 'closed') return
    this.state = 'closed'
    this.endReason = reason
    clearTimeout(this.lostTimer)
    const { question, joined } = this
    this.question = undefined
    this.joined = undefined
    question?.reject(reason)
    joined?.reject(reason)
    if (!question && !joined && reason.code !== 'CONNECTION_CLOSED') this.options.onError?.(reason)
    this.socket.disconnect()
  }
}

function closedError(): SimyardError {
  return new SimyardError('CONNECTION_CLOSED', 'This client was closed. Connect again.')
}
