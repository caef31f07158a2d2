import {
  CONTROLLER_PROTOCOL_VERSION,
  ControllerMessage,
  type DeviceCommand,
  encodeLine,
  LineDecoder,
  type SimulationToController,
} from '@simyard/protocol'

/**
 * What a robot's controller is doing:
 * - `absent`: the robot has none (`<none>`, `void`), or it has ended; nobody waits for it.
 * - `awaiting-hello`: started, not connected yet.
 * - `computing`: it has its values and has not asked for time; the simulation waits.
 * - `awaiting-time`: it has asked for time until `dueMs`.
 * - `late`: it owed an answer for too long; the world goes on until it asks for time again.
 */
export type ControllerState =
  | { readonly state: 'absent' }
  | { readonly state: 'awaiting-hello'; readonly extern: boolean }
  | { readonly state: 'computing' }
  | { readonly state: 'awaiting-time'; readonly dueMs: number }
  | { readonly state: 'late' }

export interface ControllerSessionHost {
  send(bytes: Uint8Array): void
  welcome(): Omit<Extract<SimulationToController, { type: 'welcome' }>, 'type' | 'version' | 'mode'>
  /** Milliseconds of simulated time now, and of one basic step. */
  timeMs(): number
  stepMs: number
  /** A warning for the controller's author, told on the console. */
  warn(text: string): void
  /** The controller spoke: whoever waits may go on. */
  changed(): void
  joined(): void
}

/** One controller's side of controller-v1: bytes in, state and commands out. Nothing it sends can throw. */
export class ControllerSession {
  state: ControllerState
  private readonly decoder = new LineDecoder()
  private pending: DeviceCommand[] = []
  private refused = false

  constructor(
    private readonly host: ControllerSessionHost,
    extern: boolean,
  ) {
    this.state = { state: 'awaiting-hello', extern }
  }

  receive(bytes: Uint8Array): void {
    if (this.refused) return
    let lines: string[]
    try {
      lines = this.decoder.push(bytes)
    } catch (error) {
      return this.refuse(`a message is too long (${(error as Error).message})`)
    }
    for (const line of lines) this.line(line)
  }

  private line(line: string): void {
    if (this.refused) return
    let raw: unknown
    try {
      raw = JSON.parse(line)
    } catch {
      return this.refuse(`a message is not JSON: ${shorten(line)}`)
    }
    const parsed = ControllerMessage.safeParse(raw)
    if (!parsed.success) {
      const issue = parsed.error.issues[0]
      return this.refuse(
        `a message is wrong at ${issue?.path.join('.') || 'its type'}: ${issue?.message}: ${shorten(line)}`,
      )
    }
    const message = parsed.data
    switch (message.type) {
      case 'hello':
        if (this.state.state !== 'awaiting-hello') return this.refuse('it said hello twice')
        this.send({ type: 'welcome', version: CONTROLLER_PROTOCOL_VERSION, mode: 'simulation', ...this.host.welcome() })
        this.state = { state: 'computing' }
        this.host.joined()
        break
      case 'commands':
        this.pending.push(...message.commands)
        break
      case 'step': {
        if (this.state.state !== 'computing' && this.state.state !== 'late')
          return this.refuse('it asked for time before its last step was answered')
        this.pending.push(...message.commands)
        const steps = Math.ceil(message.ms / this.host.stepMs)
        this.state = { state: 'awaiting-time', dueMs: this.host.timeMs() + steps * this.host.stepMs }
        break
      }
    }
    this.host.changed()
  }

  takeCommands(): DeviceCommand[] {
    if (this.pending.length === 0) return []
    const commands = this.pending
    this.pending = []
    return commands
  }

  /** Answers the step it waits for; it computes from now on. */
  answer(message: Extract<SimulationToController, { type: 'stepped' }>, attachments: readonly Uint8Array[]): void {
    this.state = { state: 'computing' }
    this.send(message, attachments)
  }

  quit(reason: 'reset' | 'reload' | 'close'): void {
    if (this.state.state !== 'absent' && this.state.state !== 'awaiting-hello') this.send({ type: 'quit', reason })
    this.state = { state: 'absent' }
  }

  private refuse(why: string): void {
    this.refused = true
    this.send({ type: 'quit', reason: 'refused', message: why })
    this.state = { state: 'absent' }
    this.host.warn(`Its controller was disconnected: ${why}. [CONTROLLER_BAD_MESSAGE]`)
    this.host.changed()
  }

  private send(message: SimulationToController, attachments: readonly Uint8Array[] = []): void {
    this.host.send(encodeLine(message, attachments))
  }
}

function shorten(line: string): string {
  return line.length > 120 ? `${line.slice(0, 120)}…` : line
}
