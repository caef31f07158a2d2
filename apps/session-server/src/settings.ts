import { SimyardError } from '@simyard/protocol'
import type { TlsFiles } from '@simyard/service-host'
import type { SessionServerConfig } from './config.js'

/** The configuration with every value that follows from others. Times in milliseconds. */
export interface Settings {
  readonly ssl: boolean
  readonly loadThreshold: number
  readonly unreachableLoad: number
  readonly pollIntervalMs: number
  readonly pollTimeoutMs: number
  readonly reservationMs: number
  readonly tls: TlsFiles | undefined
  /** Sentences that the operator should read at start. */
  readonly warnings: readonly string[]
}

const generations = {
  current: { loadThreshold: 95, unreachableLoad: 1000 },
  '2019': { loadThreshold: 99, unreachableLoad: 100 },
} as const

/** Fills in what a file of the original leaves out. Throws CONFIG_INVALID when two keys contradict each other. */
export function settle(config: SessionServerConfig): Settings {
  const { sslCertificate, sslKey, generation } = config
  if ((sslCertificate === undefined) !== (sslKey === undefined)) {
    const [given, missing] = sslKey === undefined ? ['sslCertificate', 'sslKey'] : ['sslKey', 'sslCertificate']
    throw new SimyardError(
      'CONFIG_INVALID',
      `"${given}" is set and "${missing}" is not: TLS needs both. Set both, or none.`,
    )
  }
  const tls =
    sslCertificate !== undefined && sslKey !== undefined ? { certificate: sslCertificate, key: sslKey } : undefined
  const ssl = config.ssl ?? (generation === '2019' ? tls !== undefined : true)
  const warnings: string[] = []
  const direct = config.simulationServers.filter((entry) => !entry.includes('/'))
  if (config.ssl === undefined && ssl && direct.length > 0) {
    warnings.push(
      `"ssl" is not set, so simulation servers are asked by https:, as the original does; ${direct[0]} looks like one without. Set "ssl", or "generation": "2019" for a file of that time.`,
    )
  }
  return {
    ssl,
    loadThreshold: config.loadThreshold ?? generations[generation].loadThreshold,
    unreachableLoad: config.unreachableLoad ?? generations[generation].unreachableLoad,
    pollIntervalMs: config.pollInterval * 1000,
    pollTimeoutMs: config.pollTimeout * 1000,
    reservationMs: config.reservationTime * 1000,
    tls,
    warnings,
  }
}

/** Where this server's monitor is, for mails: `http(s)://<server><: or /><port>/monitor`, as the original forms it. */
export function monitorAddress(config: SessionServerConfig, ssl: boolean, port: number): string {
  const rewrite = config.portRewrite ?? config.generation !== '2019'
  return `${ssl ? 'https' : 'http'}://${config.server}${rewrite ? '/' : ':'}${port}/monitor`
}
