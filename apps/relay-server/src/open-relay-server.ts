import { SimyardError } from '@simyard/protocol'
import { createLogger, expandPath, type Listening, listen, type TlsFiles } from '@simyard/service-host'
import type { RelayServerConfig } from './config.js'
import { RelayServer } from './relay-server.js'

/** A relay as its configuration wants it, with its port open. */
export async function openRelayServer(
  config: RelayServerConfig,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { host, port, logDir, debug, logFormat } = config
  const tls = tlsFiles(config)
  const log = createLogger({ name: 'relay-server', subfolder: 'relay', logDir, debug, logFormat })
  const server = new RelayServer({ config, log })
  let listening: Listening
  try {
    listening = await listen(server, { host, port, log, ...(tls ? { tls } : {}) })
  } catch (error) {
    await server.close()
    throw error
  }
  log.info(`Relay server running on port ${listening.port}`)
  return {
    port: listening.port,
    // The port closes last, so that programs are told why.
    close: async () => {
      await server.close()
      await listening.close()
    },
  }
}

function tlsFiles({ sslKey, sslCertificate }: RelayServerConfig): TlsFiles | undefined {
  if (sslKey !== undefined && sslCertificate !== undefined) {
    return { key: expandPath(sslKey), certificate: expandPath(sslCertificate) }
  }
  if (sslKey === undefined && sslCertificate === undefined) return undefined
  const [given, missing] = sslKey === undefined ? ['sslCertificate', 'sslKey'] : ['sslKey', 'sslCertificate']
  throw new SimyardError(
    'CONFIG_INVALID',
    `"${given}" is set and "${missing}" is not: TLS needs both. Set both, or none.`,
  )
}
