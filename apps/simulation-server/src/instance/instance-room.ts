import { SimulatorSeat } from '@simyard/client'
import {
  type ErrorReport,
  FOSSBOT_NAMESPACE,
  type FossbotCommand,
  type OwnStreamEvent,
  reportError,
  SimyardError,
} from '@simyard/protocol'
import { z } from 'zod'

export interface InstanceRoomEvents {
  command(command: FossbotCommand): void
  /** Where programs find it, and whether they do. */
  state(room: Extract<OwnStreamEvent, { type: 'room' }>): void
  failed(error: ErrorReport): void
}

const OpenedRoom = z.object({ id: z.string(), code: z.string(), key: z.string() })
const OPEN_LIMIT_MS = 5000

/** The room of one simulation on this server, at a relay: programs that know it drive its robots. */
export class InstanceRoom {
  private seat: SimulatorSeat | undefined
  private opening = false
  private closed = false

  constructor(
    /** Address of the relay, `https://robots.example/`. */
    private readonly relay: string,
    private readonly events: InstanceRoomEvents,
  ) {}

  /** To be called whenever a world with something to drive is there; the room stays over worlds. */
  open(): void {
    if (this.opening || this.seat || this.closed) return
    this.opening = true
    this.ask().then(
      (room) => this.sit(room),
      (error) => {
        this.opening = false
        this.events.failed(reportError(error))
      },
    )
  }

  reply(event: 'godotMessage' | 'godotError', payload: unknown): void {
    this.seat?.reply(event, payload)
  }

  close(): void {
    this.closed = true
    this.seat?.close()
  }

  private async ask(): Promise<z.infer<typeof OpenedRoom>> {
    const address = new URL('api/v1/rooms', this.relay)
    try {
      const answer = await fetch(address, { method: 'POST', signal: AbortSignal.timeout(OPEN_LIMIT_MS) })
      if (!answer.ok) throw new Error(`it answered ${answer.status}`)
      return OpenedRoom.parse(await answer.json())
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new SimyardError(
        'RELAY_UNREACHABLE',
        `Programs cannot join this simulation: the relay ${address.host} gave it no room (${reason}). Load the world again to try again.`,
        { cause },
      )
    }
  }

  private sit({ id, code, key }: z.infer<typeof OpenedRoom>): void {
    if (this.closed) return
    const address = this.relay
    const room = { address, namespace: FOSSBOT_NAMESPACE, id, key }
    this.seat = new SimulatorSeat(room, {
      command: (command) => this.events.command(command),
      state: (state) => {
        this.events.state({ type: 'room', id, code, state: state.state })
        if (state.state === 'refused') this.events.failed(state.error)
      },
    })
    this.seat.open()
  }
}
