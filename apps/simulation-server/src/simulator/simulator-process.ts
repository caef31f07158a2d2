import {
  encodeFrame,
  FrameDecoder,
  type ServerToSimulator,
  type SimulatorToServer,
  SimyardError,
} from '@simyard/protocol'
import type { SandboxedProcess } from '../sandbox/sandbox.js'

export interface SimulatorListener {
  message(message: SimulatorToServer, body: Uint8Array): void
  /** Once; the process is gone. */
  exited(reason: SimyardError): void
}

/** One simulator as messages: simulator-v1 over the process's channel. */
export class SimulatorProcess {
  private readonly decoder = new FrameDecoder()
  private listener: SimulatorListener | undefined
  private lastErrorOutput = ''
  private readonly helloSeen: Promise<void>

  constructor(
    private readonly process: SandboxedProcess,
    readonly startedAtMs: number,
  ) {
    let hello: () => void = () => undefined
    let gone: (error: SimyardError) => void = () => undefined
    this.helloSeen = new Promise((resolve, reject) => {
      hello = resolve
      gone = reject
    })
    // A process that dies in the pool is noticed by the pool; without this line the rejection had no reader.
    this.helloSeen.catch(() => undefined)
    process.stderr.on('data', (chunk: Buffer) => {
      this.lastErrorOutput = (this.lastErrorOutput + chunk.toString()).slice(-4000)
    })
    process.stdout.resume()
    process.channel.on('data', (chunk: Buffer) => {
      try {
        for (const frame of this.decoder.push(chunk)) {
          const message = frame.header as SimulatorToServer
          if (message.type === 'hello') hello()
          else this.listener?.message(message, frame.body)
        }
      } catch (cause) {
        this.lastErrorOutput += `unreadable message: ${String(cause)}`
        this.kill()
      }
    })
    void process.exited.then(({ exitCode, signal }) => {
      const how = signal ? `by signal ${signal}` : `with code ${exitCode}`
      const lastLines = this.lastErrorOutput.trim().split('\n').slice(-3).join(' | ')
      const error = new SimyardError(
        'SIMULATOR_CRASHED',
        `The simulator ended unexpectedly (${how}). Start the simulation again.${lastLines ? ` It said: ${lastLines}` : ''}`,
      )
      gone(error)
      this.listener?.exited(error)
    })
  }

  get pid(): number {
    return this.process.pid
  }

  get exited(): Promise<unknown> {
    return this.process.exited
  }

  /** Resolves when the simulator has loaded its engine and waits for a world. */
  ready(): Promise<void> {
    return this.helloSeen
  }

  listen(listener: SimulatorListener): void {
    this.listener = listener
  }

  /** Returns false when the simulator is behind with reading. */
  send(message: ServerToSimulator, body?: Uint8Array): boolean {
    if (this.process.channel.destroyed) return true
    return this.process.channel.write(encodeFrame(message, body))
  }

  onceDrained(resume: () => void): void {
    this.process.channel.once('drain', resume)
  }

  kill(): void {
    this.process.kill()
  }
}
