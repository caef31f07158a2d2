import type { IncomingMessage, ServerResponse } from 'node:http'
import { cpus } from 'node:os'
import { isAbsolute, resolve } from 'node:path'
import type { Duplex } from 'node:stream'
import { createFolderExhibits, createFolderStore, type ProjectStore } from '@simyard/projects'
import { SimyardError } from '@simyard/protocol'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import {
  createLogger,
  type HttpPart,
  type Logger,
  listen,
  onShutdownSignal,
  readConfig,
  refuseUpgrade,
  ShutdownStack,
  sendText,
} from '@simyard/service-host'
import { type FleetMember, SessionServer, SessionServerConfig, sessionServerOptions } from '@simyard/session-server'
import { type ProjectSource, SimulationServer, SimulationServerConfig } from '@simyard/simulation-server'
import { createWebsite, type Website } from '@simyard/website'
import type { Arguments } from './arguments.js'
import { ownHostKey, readHostKey } from './host-key.js'
import { layout, missingBuilds } from './layout.js'
import { isLoopback, refuseUnsafeHost } from './standalone.js'
import { StoreProjectSource } from './store-project-source.js'

const SIMULATIONS_PER_CORE = 8
/** Path of the simulation server behind the one port, as Webots' port rewriting forms it. */
const SIMULATION_PATH = '/2000'

export interface Served {
  readonly address: string
  readonly port: number
  close(): Promise<void>
}

/** `simyard up`: every server of one machine behind one port. */
export async function up(parsed: Arguments): Promise<void> {
  const served = await serveAll(parsed)
  onShutdownSignal(async () => {
    process.stdout.write('\nSimyard is stopping.\n')
    await served.close()
  })
}

export async function serveAll(parsed: Arguments): Promise<Served> {
  const missing = missingBuilds()
  if (missing.length > 0) {
    throw new SimyardError(
      'CONFIG_INVALID',
      `Simyard is not built completely (missing ${missing.join(', ')}). Run npm start, or npm run build.`,
    )
  }
  const host = parsed.host ?? '127.0.0.1'
  const dataDir = absolute(parsed.data ?? '.simyard')
  const log = createLogger({ name: 'simyard', level: parsed.quiet ? 'warn' : undefined })
  const shutdown = new ShutdownStack(log)
  try {
    const store = createFolderStore({ galleryDir: layout.galleryDir, dataDir })
    const simulation = openSimulationServer(parsed, store, log)
    shutdown.add('simulation server', () => simulation.close())
    if (parsed.max === 0) simulation.cordon('This site runs no simulations by itself; its /session names who does.')
    await refuseUnsafeHost(simulation, host)
    const sessions = openSessions(parsed, simulation, log)
    await sessions.open()
    shutdown.add('session server', () => sessions.close())
    const relay = new RelayServer({ config: RelayServerConfig.parse({}), log })
    shutdown.add('relay', () => relay.close())
    const website = await createWebsite({
      store,
      exhibits: createFolderExhibits({
        dataDir,
        onProblem: (folder, problem) => log.error({ folder, problem }, 'what was uploaded is left out'),
      }),
      hostKey: parsed.hostKey === undefined ? ownHostKey(dataDir) : readHostKey(absolute(parsed.hostKey)),
      assets: { protos: `${layout.root}protos`, python: layout.pythonDir },
      pagesDir: layout.pagesDir,
      viewDir: layout.viewDir,
      workerDir: layout.workerDir,
      scriptsDir: layout.scriptsDir,
      pythonDir: layout.pagePythonDir,
      openRoom: (request, again) => relay.openRoom(request, again),
      status: () => {
        const { driver, safe, message } = simulation.sandboxReport
        return { version: layout.version, sandbox: { driver, ok: safe, message } }
      },
    })
    shutdown.add('website', () => website.close())
    const listening = await listen(new OnePort({ sessions, simulation, website, relay }), {
      host,
      port: parsed.port ?? 8000,
    })
    const address = `http://${host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host}:${listening.port}`
    sessions.setMonitor(`${address}/monitor`)
    // Not by the public address: a proxy may be in between.
    const inside = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host
    simulation.setRelay(`http://${inside}:${listening.port}/`)
    process.stdout.write(`\n  Simyard is up: ${address}\n\n`)
    process.stdout.write(`  Projects are saved in ${dataDir}\n  ${simulation.sandboxReport.message}\n`)
    if (!isLoopback(host)) process.stdout.write('  Everybody who reaches this machine can use it.\n')
    process.stdout.write('  Stop with Ctrl-C.\n\n')
    // The port closes last, so that pages are told why.
    const close = async () => {
      await shutdown.close()
      await listening.close()
    }
    return { address, port: listening.port, close }
  } catch (error) {
    await shutdown.close()
    throw error
  }
}

/** Load that this machine tells at most: its seats alone decide, because a busy processor is no reason to refuse oneself. */
const HIGHEST_OWN_LOAD = 90

/** The session server of this process: for this machine, and with `--fleet` for the servers of that configuration too. */
function openSessions(parsed: Arguments, simulation: SimulationServer, log: Logger): SessionServer {
  const own: FleetMember = {
    entry: SIMULATION_PATH,
    secure: false,
    report: async () => ({ ...simulation.status(), load: (simulation.seatPercent * HIGHEST_OWN_LOAD) / 100 }),
  }
  const here = parsed.max === 0 ? [] : [own]
  // Asking oneself costs nothing, and visitors are there at once.
  const quick = { pollIntervalMs: 250, reservationMs: 5000, reportLagMs: 500 }
  if (parsed.fleet === undefined) return new SessionServer({ members: here, ssl: false, log, ...quick })
  const options = sessionServerOptions(readConfig(absolute(parsed.fleet), SessionServerConfig), log)
  return new SessionServer({ ...options, members: [...here, ...options.members] })
}

function openSimulationServer(parsed: Arguments, store: ProjectStore, log: Logger): SimulationServer {
  const source: ProjectSource = new StoreProjectSource(store)
  return new SimulationServer({
    config: SimulationServerConfig.parse({
      port: 2000,
      ssl: false,
      portRewrite: false,
      // Who reaches this site gets its projects, not whatever lies in some repository.
      shareIdleTime: 0,
      sandbox: parsed.sandbox ?? 'auto',
      maxConnections: parsed.max || cpus().length * SIMULATIONS_PER_CORE,
      warmSimulators: parsed.max === 0 ? 0 : parsed.warm,
      selfTestDelay: parsed.selfTestDelay,
    }),
    log,
    sources: { simulatorDir: layout.simulatorDir, pythonDir: layout.pythonDir, javascriptDir: layout.javascriptDir },
    assetsDir: layout.assetsDir,
    projectSources: [source],
    behindOnePort: true,
  })
}

/** Rooms of simulators in tabs, as FOSSBot's programs know them. */
const RELAY_PATH = /^\/(socket\.io|api\/v1\/rooms)(\/|$)/

/** What the session server answers, beside its queue. */
const SESSION_PATHS: ReadonlySet<string> = new Set(['/session', '/load', '/monitor', '/status'])

/** Sends each request to its server by the path, as docs/architecture.md lists them. */
class OnePort implements HttpPart {
  constructor(
    private readonly parts: {
      readonly sessions: SessionServer
      readonly simulation: SimulationServer
      readonly website: Website
      readonly relay: RelayServer
    },
  ) {}

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    if (pathname === '/healthz' || pathname === '/readyz') return sendText(response, 200, 'ok')
    if (SESSION_PATHS.has(pathname) || /^\/api\/v1\/(sessions|fleet)(\/|$)/.test(pathname))
      return this.parts.sessions.handle(request, response, path)
    if (pathname === '/metrics') return this.parts.sessions.metrics.send(response, this.parts.relay.metrics)
    if (RELAY_PATH.test(pathname)) return this.parts.relay.handle(request, response, path)
    const simulation = simulationPath(path)
    if (simulation !== undefined) return this.parts.simulation.handle(request, response, simulation)
    return this.parts.website.handle(request, response)
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    // It has its own rules about origins.
    if (RELAY_PATH.test(path)) return this.parts.relay.upgrade(request, socket, head, path)
    if (!sameOrigin(request)) return refuseUpgrade(socket, 403, 'Pages of other sites may not connect here.')
    const simulation = simulationPath(path)
    if (simulation !== undefined) return this.parts.simulation.upgrade(request, socket, head, simulation)
    return this.parts.sessions.upgrade(request, socket, head, path)
  }

  async close(): Promise<void> {
    // The parts are closed by who opened them.
  }
}

/** `/2000/client` is the simulation server's `/client`; `/2001/…` is a stream of it, with its number. */
function simulationPath(path: string): string | undefined {
  if (path.startsWith(`${SIMULATION_PATH}/`)) return path.slice(SIMULATION_PATH.length)
  return /^\/\d{4,5}(\/|\?|$)/.test(path) ? path : undefined
}

/**
 * A page of another site must not drive simulations that a visitor's browser can reach, on one's own machine above all.
 * Programs that are not browsers send no Origin and pass.
 */
function sameOrigin(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  if (origin === undefined) return true
  try {
    return new URL(origin).host === host
  } catch {
    return false
  }
}

function absolute(path: string): string {
  return isAbsolute(path) ? path : resolve(process.env.INIT_CWD ?? process.cwd(), path)
}
