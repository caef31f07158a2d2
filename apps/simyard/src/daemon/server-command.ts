import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { RelayServerConfig } from '@simyard/relay-server'
import { expandPath, nearest, readConfig } from '@simyard/service-host'
import { SessionServerConfig } from '@simyard/session-server'
import { SimulationServerConfig } from '@simyard/simulation-server'
import type { Arguments } from '../arguments.js'
import { layout } from '../layout.js'
import { Daemon, type DaemonKind } from './daemon.js'

const actions = ['start', 'stop', 'restart', 'status'] as const
interface Server {
  readonly daemon: Daemon
  /** `http://127.0.0.1:1999` */
  readonly address: string
  readonly kind: DaemonKind
}

/** Exit codes of service scripts: 0 all run, 3 something does not. */
const NOT_RUNNING = 3

/**
 * `simyard server start|stop|restart|status [NAME]`: the session server, the simulation server and the relay of this machine with
 * `config/session/NAME.json`, `config/simulation/NAME.json` and `config/relay/NAME.json`; only those whose files exist.
 */
export async function serverCommand({ files, drain }: Arguments): Promise<number> {
  const [word = '', name = 'local', ...rest] = files
  if (rest.length > 0) throw new SimyardError('CONFIG_INVALID', 'Too many arguments.')
  const action = actions.find((one) => one === word)
  if (!action) {
    const near = nearest(word, actions)
    throw new SimyardError(
      'CONFIG_INVALID',
      `simyard server takes start, stop, restart or status${word ? `, not "${word}"` : ''}${near ? `; did you mean "${near}"?` : '.'}`,
    )
  }
  const servers = findServers(name)
  switch (action) {
    case 'start':
      return start(servers)
    case 'stop':
      return stop(servers, drain)
    case 'restart':
      await stop(servers, drain)
      return start(servers)
    case 'status':
      return status(servers)
  }
}

function findServers(name: string): Server[] {
  if (!/^[\w.-]+$/.test(name)) throw new SimyardError('CONFIG_INVALID', `"${name}" is not the name of a configuration.`)
  const found: Server[] = []
  // First: simulations ask it for rooms.
  const relay = configFile('relay', name)
  if (relay) {
    const { port, logDir, sslKey } = readConfig(relay, RelayServerConfig)
    found.push(server('relay', relay, logDir ?? 'log', port, sslKey !== undefined))
  }
  const session = configFile('session', name)
  if (session) {
    const { port, logDir } = readConfig(session, SessionServerConfig)
    found.push(server('session', session, logDir ?? 'log', port))
  }
  const simulation = configFile('simulation', name)
  if (simulation) {
    const { port, logDir } = readConfig(simulation, SimulationServerConfig)
    found.push(server('simulation', simulation, logDir ?? 'log', port))
  }
  if (found.length > 0) return found
  throw new SimyardError(
    'CONFIG_INVALID',
    `There is neither config/session/${name}.json nor config/simulation/${name}.json nor config/relay/${name}.json, here or in ${layout.root}config.`,
  )
}

function server(kind: DaemonKind, configPath: string, logDir: string, port: number, tls = false): Server {
  const daemon = new Daemon({ kind, configFile: configPath, logDir: expandPath(logDir) })
  return { daemon, kind, address: `${tls ? 'https' : 'http'}://127.0.0.1:${port}` }
}

function configFile(kind: DaemonKind, name: string): string | undefined {
  const candidates = [resolve('config', kind, `${name}.json`), join(layout.root, 'config', kind, `${name}.json`)]
  return candidates.find((path) => existsSync(path))
}

async function start(servers: readonly Server[]): Promise<number> {
  const started: Server[] = []
  try {
    for (const one of servers) {
      const port = await one.daemon.start()
      started.push(one)
      say(`The ${one.daemon.name} runs on port ${port} (process ${one.daemon.pid}).`)
    }
  } catch (error) {
    // Half an installation helps nobody.
    for (const one of started) await one.daemon.stop('SIGINT')
    throw error
  }
  return 0
}

async function stop(servers: readonly Server[], drain: boolean): Promise<number> {
  for (const one of [...servers].reverse()) {
    const gently = drain && one.kind === 'simulation'
    let last = ''
    const stopped = await one.daemon.stop(gently ? 'SIGTERM' : 'SIGINT', async () => {
      if (!gently) return
      const taken = await seatsTaken(one)
      if (taken && taken !== last) say(`Waiting for ${taken} simulation(s) to end; Ctrl-C leaves the server draining.`)
      last = taken
    })
    say(stopped ? `The ${one.daemon.name} has stopped.` : `The ${one.daemon.name} did not run.`)
  }
  return 0
}

async function status(servers: readonly Server[]): Promise<number> {
  let allRun = true
  for (const one of servers) {
    const { daemon } = one
    const { pid } = daemon
    if (pid === undefined) {
      allRun = false
      say(`The ${daemon.name} does not run.`)
      continue
    }
    say(`The ${daemon.name} runs (process ${pid}); ${await described(one)}`)
  }
  return allRun ? 0 : NOT_RUNNING
}

async function described({ kind, address }: Server): Promise<string> {
  try {
    if (kind === 'relay') {
      await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(2000) })
      return `see ${address}/metrics`
    }
    const response = await fetch(`${address}/load`, { signal: AbortSignal.timeout(2000) })
    return `load ${(await response.text()).slice(0, 20)} %, see ${address}/monitor`
  } catch {
    return `it does not answer at ${address}.`
  }
}

async function seatsTaken({ address }: Server): Promise<string> {
  try {
    const response = await fetch(`${address}/status`, { signal: AbortSignal.timeout(1000) })
    const { seats } = (await response.json()) as { seats?: { taken?: number } }
    return seats?.taken ? String(seats.taken) : ''
  } catch {
    return ''
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}
