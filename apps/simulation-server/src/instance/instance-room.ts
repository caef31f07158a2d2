import { HostedRoom, openRoom, type RoomFeed } from '@simyard/client'
import {
  type ErrorReport,
  type FossbotCommand,
  type FossbotReply,
  fossbotExit,
  type OwnStreamEvent,
  reportError,
} from '@simyard/protocol'

export interface InstanceRoomEvents {
  command(command: FossbotCommand): void
  /** Where programs find it, and whether they do. After `refused` another id follows. */
  state(room: Extract<OwnStreamEvent, { type: 'room' }>): void
  failed(error: ErrorReport): void
  /** Programs can join again; what was told as failed is no longer so. */
  mended(): void
}

const OPEN_LIMIT_MS = 5000
const FIRST_DELAY_MS = 500
const LONGEST_DELAY_MS = 15_000

/**
 * The room of one simulation on this server, at a relay: programs that know it drive its robots. A relay that was away is
 * asked again until it gives a room: the simulation outlives it.
 */
export class InstanceRoom {
  private room: HostedRoom | undefined
  /** Programs of the room: user ids. */
  private readonly members = new Set<string>()
  private wanted = false
  private closed = false
  private failing = false
  private delayMs = FIRST_DELAY_MS
  private timer: NodeJS.Timeout | undefined

  constructor(
    /** Address of the relay, `https://robots.example/`. */
    private readonly relay: string,
    private readonly events: InstanceRoomEvents,
    /** What those see who watch the room. */
    private readonly feed: RoomFeed,
  ) {}

  /** To be called whenever a world with something to drive is there; the room stays over worlds. */
  open(): void {
    if (this.wanted || this.closed) return
    this.wanted = true
    void this.enter()
  }

  reply(event: 'godotMessage' | 'godotError', payload: FossbotReply): void {
    this.room?.say(event, payload)
  }

  close(): void {
    this.closed = true
    clearTimeout(this.timer)
    this.room?.close()
  }

  private async enter(): Promise<void> {
    try {
      const access = await openRoom(this.relay, AbortSignal.timeout(OPEN_LIMIT_MS))
      if (this.closed) return
      const { id, code } = access
      this.room = new HostedRoom(
        {
          address: this.relay,
          transports: ['websocket', 'polling'],
          feed: this.feed,
          onFeedRefused: (error) => this.events.failed(error),
          onCommand: (command) => this.onCommand(command),
          onState: (now) => {
            this.events.state({ type: 'room', id, code, state: now.state })
            if (now.state === 'here') this.onHere()
            if (now.state === 'refused') this.onRefused(now.error)
          },
        },
        access,
      )
      this.room.open()
    } catch (error) {
      this.again(this.explain(reportError(error)))
    }
  }

  private onCommand(command: FossbotCommand & { readonly user_id: string }): void {
    // Who leaves and goes on all the same is there again with the next command.
    if (command.func === 'exit' || command.func === 'exit_env') this.members.delete(command.user_id)
    else this.members.add(command.user_id)
    this.events.command(command)
  }

  private onHere(): void {
    this.delayMs = FIRST_DELAY_MS
    if (this.failing) this.events.mended()
    this.failing = false
  }

  /** The relay has forgotten the room and cannot say who left it: their robots would wait for them for ever. */
  private onRefused({ code, message }: ErrorReport): void {
    this.room = undefined
    for (const user of this.members) {
      this.events.command(fossbotExit(true, user))
      this.events.command(fossbotExit(false, user))
    }
    this.members.clear()
    this.again({ code, message: `The room of this simulation is over: ${message} A new one is being opened.` })
  }

  private again(error: ErrorReport): void {
    if (this.closed) return
    // Once, however often it is tried.
    if (!this.failing) this.events.failed(error)
    this.failing = true
    // A relay that was started again is not to be asked by all simulations at the same moment.
    this.timer = setTimeout(() => void this.enter(), this.delayMs * (0.5 + Math.random() / 2))
    this.delayMs = Math.min(2 * this.delayMs, LONGEST_DELAY_MS)
  }

  private explain({ code, message }: ErrorReport): ErrorReport {
    const silent = code === 'INTERNAL'
    const reason = silent ? `the relay ${this.relay} did not answer within ${OPEN_LIMIT_MS / 1000} s.` : message
    return {
      code: silent ? 'RELAY_UNREACHABLE' : code,
      message: `Programs cannot join this simulation: ${reason} It is tried again.`,
    }
  }
}
