import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodeFrame, FrameDecoder, type ServerToSimulator, type SimulatorToServer } from '@simyard/protocol'
import { repositoryRoot } from '@simyard/testkit'
import type { SandboxedProcess } from '../../apps/simulation-server/src/sandbox/sandbox.js'

export interface Heard {
  readonly message: SimulatorToServer
  readonly body: Uint8Array
}

/** simulator-v1 with one simulator, as a server has it: files are answered, everything else is kept in its order. */
export class Conversation {
  readonly heard: Heard[] = []
  private readonly decoder = new FrameDecoder()
  private readonly listeners = new Set<() => void>()
  private errorOutput = ''
  /** Called with every message, for those who carry controllers' bytes. */
  onMessage: (heard: Heard) => void = () => undefined

  constructor(
    readonly process: SandboxedProcess,
    private readonly files: Readonly<Record<string, string>> | string,
  ) {
    process.stdout.resume()
    process.stderr.on('data', (chunk: Buffer) => {
      this.errorOutput += chunk.toString()
    })
    process.channel.on('data', (chunk: Buffer) => {
      for (const frame of this.decoder.push(chunk)) {
        const heard: Heard = { message: frame.header as SimulatorToServer, body: frame.body }
        if (heard.message.type === 'read-file') void this.answer(heard.message)
        this.heard.push(heard)
        this.onMessage(heard)
      }
      for (const listener of this.listeners) listener()
    })
    void process.exited.then(() => {
      for (const listener of this.listeners) listener()
    })
  }

  private async answer({ request, scope, path }: Extract<SimulatorToServer, { type: 'read-file' }>): Promise<void> {
    const bytes = await this.read(scope, path).catch(() => undefined)
    if (bytes) this.send({ type: 'file', request, found: true }, bytes)
    else this.send({ type: 'file', request, found: false, error: 'Not here.' })
  }

  private async read(scope: 'project' | 'asset', path: string): Promise<Uint8Array> {
    if (scope === 'asset') return readFile(join(repositoryRoot, path))
    if (typeof this.files === 'string') return readFile(join(this.files, path))
    const text = this.files[path]
    if (text === undefined) throw new Error(`no file ${path}`)
    return new TextEncoder().encode(text)
  }

  send(message: ServerToSimulator, body?: Uint8Array): void {
    this.process.channel.write(encodeFrame(message, body))
  }

  /** What is not of the protocol, for a peer that should bear it. */
  sendWrong(header: unknown): void {
    this.process.channel.write(encodeFrame(header))
  }

  /** The first message of a type, after those before `from`, that pleases. */
  async next<T extends SimulatorToServer['type']>(
    type: T,
    pleases: (message: Extract<SimulatorToServer, { type: T }>) => boolean = () => true,
    from = 0,
  ): Promise<{ index: number; message: Extract<SimulatorToServer, { type: T }>; body: Uint8Array }> {
    let ended = false
    void this.process.exited.then(() => {
      ended = true
    })
    for (;;) {
      for (let index = from; index < this.heard.length; index++) {
        const { message, body } = this.heard[index]!
        if (message.type !== type) continue
        const found = message as Extract<SimulatorToServer, { type: T }>
        if (pleases(found)) return { index, message: found, body }
      }
      if (ended) throw new Error(`the simulator has ended: ${this.errorOutput}`)
      await new Promise<void>((resolve) => {
        const listener = () => {
          this.listeners.delete(listener)
          resolve()
        }
        this.listeners.add(listener)
      })
    }
  }

  /** Types of what was heard from an index on, without what depends on the wall clock or on the simulator's files. */
  types(from: number, leaveOut: readonly SimulatorToServer['type'][] = ['loading', 'read-file', 'speed']): string[] {
    return this.heard
      .slice(from)
      .map(({ message }) => message.type)
      .filter((type) => !leaveOut.includes(type))
  }

  get length(): number {
    return this.heard.length
  }
}
