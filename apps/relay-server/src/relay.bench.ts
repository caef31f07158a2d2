import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { eventually, FossbotSimulator, type FossbotSimulatorOptions } from '@simyard/testkit'
import { expect } from 'vitest'
import { RelayServerConfig } from './config.js'
import { RelayServer } from './relay-server.js'

/** A relay within the process of its tests. What a test opens at it is closed with it. */
export class RelayBench {
  relay!: RelayServer
  /** `http://127.0.0.1:<port>` */
  address = ''
  private listening!: Listening
  private readonly logDir = mkdtempSync(join(tmpdir(), 'simyard-relay-'))
  private readonly opened: (() => void)[] = []

  async start(settings: Partial<RelayServerConfig> = {}): Promise<void> {
    const log = createLogger({ name: 'relay', level: 'debug', logDir: this.logDir })
    this.relay = new RelayServer({ config: RelayServerConfig.parse(settings), log })
    this.listening = await listen(this.relay, { host: '127.0.0.1', port: 0 })
    this.address = `http://127.0.0.1:${this.port}`
  }

  async stop(): Promise<void> {
    for (const close of this.opened.splice(0)) close()
    await this.relay.close()
    await this.listening.close()
  }

  /** Another one, with other settings. */
  async restart(settings: Partial<RelayServerConfig>): Promise<void> {
    await this.stop()
    await this.start(settings)
  }

  /** After the last one. */
  remove(): void {
    rmSync(this.logDir, { recursive: true })
  }

  get port(): number {
    return this.listening.port
  }

  /** Everything that all of them have logged. */
  get log(): string {
    return readFileSync(join(this.logDir, 'session/output.log'), 'utf8')
  }

  closeAtEnd(close: () => void): void {
    this.opened.push(close)
  }

  /** A simulator that knocks here. */
  simulator(options: Omit<FossbotSimulatorOptions, 'address'> = {}): FossbotSimulator {
    const simulator = new FossbotSimulator({ address: this.address, ...options })
    this.closeAtEnd(() => simulator.close())
    return simulator
  }

  async untilSimulatorIs(state: 'here' | 'away' | undefined, room: string): Promise<void> {
    await eventually(async () => {
      const { simulator } = (await (await fetch(`${this.address}/api/v1/rooms/${room}`)).json()) as {
        simulator?: string
      }
      expect(simulator).toBe(state)
    })
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.address}/metrics`)).text()
    const line = text.split('\n').find((one) => one.startsWith(`${name} `))
    return Number(line?.split(' ').at(-1) ?? 0)
  }
}
