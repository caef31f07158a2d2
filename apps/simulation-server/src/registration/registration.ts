import type { FleetReport } from '@simyard/protocol'
import type { Logger } from '@simyard/service-host'
import type { SimulationServerConfig } from '../config.js'
import type { ServerStatus } from '../monitor/server-status.js'
import { FleetLease } from './fleet-lease.js'
import { announce } from './notify.js'

export interface RegistrationOptions {
  readonly config: SimulationServerConfig
  /** Port of `/client`, as it was opened. */
  readonly port: number
  readonly secure: boolean
  readonly log: Logger
  status(): ServerStatus
  /** What an operator has decided at the session server. */
  obey(order: 'cordon' | 'drain' | 'return'): void
}

/** Tells others where this server is, as long as it is open: the addresses of `notify` once, a session server all the time. */
export class Registration {
  private readonly closing = new AbortController()
  private readonly lease: FleetLease | undefined

  constructor({ config, port, secure, log, status, obey }: RegistrationOptions) {
    const { shareIdleTime, allowedRepositories } = config
    const name = config.server ?? config.fullyQualifiedDomainName ?? 'localhost'
    const ownEntry = `${name}${config.portRewrite ? '/' : ':'}${port}`
    const url = `${secure ? 'https' : 'http'}://${ownEntry}`
    void announce(config.notify, { url, shareIdleTime, allowedRepositories }, log, this.closing.signal)
    if (!config.fleet) return
    const { sessionServer, key, entry = ownEntry } = config.fleet
    const report = (): FleetReport => {
      const { load, seats, warm, draining, opened } = status()
      return { load, seats, warm, draining, opened, shareIdleTime, allowedRepositories: [...allowedRepositories] }
    }
    const onOrder = (order: 'cordon' | 'drain' | 'return') => {
      log.info(`The session server says: ${order}`)
      obey(order)
    }
    this.lease = new FleetLease({ sessionServer, key, entry, log, report, onOrder })
  }

  /** There is news that visitors should not wait for. */
  renew(): void {
    this.lease?.renew()
  }

  async close(): Promise<void> {
    this.closing.abort()
    await this.lease?.close()
  }
}
