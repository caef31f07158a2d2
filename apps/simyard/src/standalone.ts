import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { createLogger, expandPath, type Logger, listen, onShutdownSignal, readConfig } from '@simyard/service-host'
import type { SimulationServer } from '@simyard/simulation-server'
import type { Arguments } from './arguments.js'
import { layout } from './layout.js'

/** `simyard session-server FILE` */
export async function serveSessions({ files }: Arguments): Promise<void> {
  const { openSessionServer, SessionServerConfig } = await import('@simyard/session-server')
  const config = readConfig(configFile(files, 'config/session/local.json'), SessionServerConfig)
  const server = await openSessionServer(config)
  tellLogFile('session', server.port, config)
  onShutdownSignal(() => server.close())
}

/** `simyard relay-server FILE` */
export async function serveRelay({ files }: Arguments): Promise<void> {
  const { openRelayServer, RelayServerConfig } = await import('@simyard/relay-server')
  const config = readConfig(configFile(files, 'config/relay/local.json'), RelayServerConfig)
  const server = await openRelayServer(config)
  tellLogFile('relay', server.port, config)
  onShutdownSignal(() => server.close())
}

/** `simyard simulation-server FILE` */
export async function serveSimulations({ files }: Arguments): Promise<void> {
  const { SimulationServer, SimulationServerConfig } = await import('@simyard/simulation-server')
  const config = readConfig(configFile(files, 'config/simulation/local.json'), SimulationServerConfig)
  const { logDir, debug, logFormat, sslKey, sslCertificate } = config
  const log = createLogger({ name: 'simulation-server', subfolder: 'simulation', logDir, debug, logFormat })
  const tls =
    sslKey && sslCertificate ? { key: expandPath(sslKey), certificate: expandPath(sslCertificate) } : undefined
  const server = new SimulationServer({
    config,
    log,
    sources: { simulatorDir: layout.simulatorDir, pythonDir: layout.pythonDir, javascriptDir: layout.javascriptDir },
    assetsDir: layout.assetsDir,
    ...(logDir === undefined ? {} : { monitorLogDir: join(expandPath(logDir), 'simulation') }),
    ...(tls ? { tls } : {}),
  })
  await refuseUnsafeHost(server, config.host)
  const { host, port } = config
  const listening = await listen(server, { host, port, log, ...(tls ? { tls } : {}) }).catch(async (error: unknown) => {
    await server.close()
    throw error
  })
  server.setBasePort(listening.port)
  server.register(listening.port)
  log.info(`Simulation server running on port ${listening.port}`)
  tellLogFile('simulation', listening.port, config)
  onShutdownSignal(async (signal) => {
    // The signal of a service manager: who is here may finish. Ctrl-C ends at once.
    if (signal === 'SIGTERM') await drained(server, config.drainTimeout, log)
    await server.close()
    await listening.close()
  })
}

/** A terminal that stays silent looks like a server that hangs. */
function tellLogFile(
  kind: 'session' | 'simulation' | 'relay',
  port: number,
  { debug, logDir }: { debug: boolean; logDir?: string },
): void {
  if (debug || logDir === undefined) return
  const file = join(expandPath(logDir), kind, 'output.log')
  process.stdout.write(`${capitalized(kind)} server running on port ${port}; it logs to ${file}\n`)
}

function capitalized(word: string): string {
  return `${word[0]!.toUpperCase()}${word.slice(1)}`
}

async function drained(server: SimulationServer, timeoutSeconds: number, log: Logger): Promise<void> {
  const { taken } = server.status().seats
  if (taken > 0)
    log.info(`Draining: ${taken} simulation(s) may go on for ${timeoutSeconds} s; a second signal ends them`)
  const limit = new Promise<void>((resolve) => setTimeout(resolve, timeoutSeconds * 1000).unref())
  await Promise.race([server.drain(), limit])
}

/**
 * Without a sandbox, whoever can reach the server could run programs with the operator's rights. On an address that others
 * reach the sandbox has to stand its test before the port opens.
 */
export async function refuseUnsafeHost(server: SimulationServer, host: string): Promise<void> {
  if (isLoopback(host)) return
  if (server.sandboxReport.safe) await server.trySandbox()
  const { safe, message } = server.sandboxReport
  if (safe) return
  await server.close()
  throw new SimyardError(
    'SANDBOX_UNAVAILABLE',
    `${message} For that reason Simyard serves only this machine: use --host 127.0.0.1 or "host": "127.0.0.1", or make the sandbox work (simyard doctor says how).`,
  )
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

function configFile(files: readonly string[], fallback: string): string {
  if (files.length > 1) throw new SimyardError('CONFIG_INVALID', 'Too many arguments.')
  return files[0] ?? `${layout.root}${fallback}`
}
