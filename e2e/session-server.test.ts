import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { get } from 'node:https'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FleetReport } from '@simyard/protocol'
import { createLogger, type Logger } from '@simyard/service-host'
import { FleetLease } from '@simyard/simulation-server'
import {
  freePorts,
  openSimulation,
  type RunningServer,
  repositoryRoot,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const program = join(repositoryRoot, 'apps/simyard/bin/simyard.mjs')
const fleetKey = 'the-key-of-this-fleet'
const operatorKey = 'the-key-of-its-operators'
const closers: (() => unknown)[] = []
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-session-'))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

async function sessions(config: Record<string, unknown> = {}): Promise<RunningServer & { address: string }> {
  const server = await startServer('session-server', {
    port: 0,
    host: '127.0.0.1',
    server: '127.0.0.1',
    simulationServers: [],
    ssl: false,
    pollInterval: 0.2,
    pollTimeout: 1,
    fleetKey,
    operatorKey,
    ...config,
  })
  closers.push(() => server.stop())
  return { ...server, address: `http://127.0.0.1:${server.port}` }
}

interface Node {
  readonly lease: FleetLease
  readonly orders: string[]
}

function lease(
  address: string,
  report: () => FleetReport = () => ({ load: 5, seats: { taken: 0, total: 4 } }),
  key = fleetKey,
  log = createLogger({ name: 'node', level: 'silent' }),
): Node {
  const orders: string[] = []
  const opened = new FleetLease({
    sessionServer: address,
    key,
    entry: 'robots.example:2000',
    report,
    log,
    onOrder: (order) => orders.push(order),
  })
  closers.push(() => opened.close())
  return { lease: opened, orders }
}

const text = async (url: string) => (await fetch(url)).text()
const offered = (address: string, what: string | RegExp, timeout = 5000) =>
  vi.waitFor(async () => expect(await text(`${address}/session`)).toMatch(what), { timeout, interval: 50 })

/** A simulation server of which only /load matters. */
async function loadServer(load: string): Promise<{ entry: string; stop: () => void }> {
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/load' ? 200 : 404
    response.end(load)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  closers.push(stop)
  return { entry: `127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

test('a simulation server keeps its place by heartbeats, hears of orders and leaves', async () => {
  const { address } = await sessions()
  const page = await TextSocket.open(address.replace('http', 'ws'))
  await page.next((message) => message === '0')
  let taken = 0
  const node = lease(address, () => ({ load: 5, seats: { taken, total: 4 } }))
  await page.next((message) => message === '1')
  expect(await text(`${address}/session`)).toBe('ws://robots.example:2000')
  taken = 4
  await vi.waitFor(() => expect(page.received).toEqual(['0', '1', '0']), { timeout: 30_000 })
  taken = 1
  await vi.waitFor(() => expect(page.received).toEqual(['0', '1', '0', '1']), { timeout: 30_000 })
  const drained = await fetch(`${address}/api/v1/fleet/orders`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${operatorKey}` },
    body: JSON.stringify({ entry: 'robots.example:2000', order: 'drain' }),
  })
  expect(drained.status).toBe(200)
  await vi.waitFor(() => expect(node.orders).toEqual(['drain']), { timeout: 30_000 })
  await node.lease.close()
  expect(await (await fetch(`${address}/status`)).json()).toMatchObject({ servers: [] })
  page.close()
})

test('a simulation server that tells that it drains is not offered', async () => {
  const { address } = await sessions()
  let draining = false
  const node = lease(address, () => ({ load: 5, seats: { taken: 0, total: 4 }, draining }))
  await offered(address, 'ws://robots.example:2000')
  draining = true
  node.lease.renew()
  await offered(address, /^Error/, 900)
})

test('of two simulation servers with the same address one is in the fleet, and the other one says why not', async () => {
  const { address } = await sessions()
  const first = lease(address)
  await offered(address, 'ws://robots.example:2000')
  const said: string[] = []
  const log = { info: () => {}, warn: (_fields: unknown, text: string) => said.push(text) } as unknown as Logger
  const second = lease(address, () => ({ load: 7, seats: { taken: 0, total: 4 } }), fleetKey, log)
  await vi.waitFor(() => expect(said.join()).toContain('Another server has registered as robots.example:2000'), {
    timeout: 30_000,
  })
  expect(first.lease.registered || second.lease.registered).toBe(true)
})

test('a simulation server with a wrong key is not taken, and says so once', async () => {
  const { address } = await sessions()
  const said: string[] = []
  const log = { info: () => {}, warn: (_fields: unknown, text: string) => said.push(text) } as unknown as Logger
  let asked = 0
  const report = () => {
    asked++
    return { load: 5 }
  }
  const node = lease(address, report, 'not-the-key-of-this-fleet', log)
  await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(3), { timeout: 30_000 })
  expect(said).toEqual([expect.stringContaining('Authorization: Bearer <fleetKey>')])
  expect([node.lease.registered, await text(`${address}/session`)]).toEqual([false, expect.stringMatching(/^Error/)])
})

test('a simulation server that is killed is not offered after three missed heartbeats', async () => {
  const { address } = await sessions()
  const register = await fetch(`${address}/api/v1/fleet/nodes`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${fleetKey}` },
    body: JSON.stringify({ version: 1, entry: 'h:2000', report: { load: 0, seats: { taken: 0, total: 1000 } } }),
  })
  expect(register.status).toBe(200)
  expect(await text(`${address}/session`)).toBe('ws://h:2000')
  await offered(address, /^Error/, 5000)
  expect(await text(`${address}/monitor`)).toContain('it has not renewed its lease')
})

test('a session server that is killed and started again gets its fleet back by itself', async () => {
  const first = await sessions()
  lease(first.address)
  await offered(first.address, 'ws://robots.example:2000')
  await first.stop('SIGKILL')
  const second = await sessions({ port: first.port })
  await offered(second.address, 'ws://robots.example:2000', 10_000)
})

test('a mail server that never answers delays no news', async () => {
  const deaf = createTcpServer(() => {})
  await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve))
  closers.push(() => deaf.close())
  const node = await loadServer('1')
  const { address } = await sessions({
    simulationServers: [node.entry],
    administrator: 'admin@robots.example',
    mailServer: '127.0.0.1',
    mailServerPort: (deaf.address() as AddressInfo).port,
    mailSender: 'simulations@robots.example',
  })
  const page = await TextSocket.open(address.replace('http', 'ws'))
  await page.next((message) => message === '1')
  node.stop()
  await page.next((message) => message === '0', { timeoutMs: 2000 })
  expect(await (await fetch(`${address}/status`)).json()).toMatchObject({ notDelivered: { mails: 1 } })
  page.close()
})

test('the port speaks TLS with the two files, also when the certificate has expired, and says so', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'robots.example' }], {
    keyType: 'ec',
    notBeforeDate: new Date('2020-01-01'),
    notAfterDate: new Date('2021-01-01'),
  })
  writeFileSync(join(folder, 'cert.pem'), cert)
  writeFileSync(join(folder, 'key.pem'), key)
  const server = await sessions({ sslCertificate: join(folder, 'cert.pem'), sslKey: join(folder, 'key.pem') })
  const status = await new Promise((resolve, reject) => {
    get(`https://127.0.0.1:${server.port}/healthz`, { rejectUnauthorized: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    }).on('error', reject)
  })
  expect(status).toBe(200)
  expect(server.output()).toContain('The certificate expired on 2021-01-01')
})

test("the log is a file with the originals' lines, whole after kill -9", async () => {
  const port = await freePorts(1)
  const config = join(folder, 'config.json')
  writeFileSync(
    config,
    JSON.stringify({ port, host: '127.0.0.1', ssl: false, simulationServers: [], logDir: '$SIMYARD_TEST_FOLDER/log' }),
  )
  const child = spawn(process.execPath, [program, 'session-server', config], {
    stdio: 'ignore',
    env: { ...process.env, SIMYARD_TEST_FOLDER: folder },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  closers.push(() => child.kill('SIGKILL'))
  const log = () => readFileSync(join(folder, 'log/session/output.log'), 'utf8')
  await vi.waitFor(() => expect(log()).toContain(`Session server running on port ${port}`), { timeout: 30_000 })
  const page = await TextSocket.open(`ws://127.0.0.1:${port}`)
  page.send('hello?')
  await vi.waitFor(() => expect(log()).toContain('Ignored'), { timeout: 30_000 })
  child.kill('SIGKILL')
  await ended
  const lines = log().trimEnd().split('\n')
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[(INFO {3}|WARNING)\] {2}\S/)
  expect(lines.map((line) => line.slice(35))).toEqual([
    `Session server running on port ${port}`,
    `[127.0.0.1:${port}] New client`,
    `[127.0.0.1:${port}] Ignored client message: hello?`,
  ])
})

const command = (...args: string[]) =>
  spawnSync(process.execPath, [program, 'session-server', ...args], { encoding: 'utf8', timeout: 60_000 })

test('in simyard up a page may wait for the one seat, and gets it when it is free', async () => {
  const simyard = await startSimyard(['--max', '1', '--quiet'])
  closers.push(() => simyard.stop())
  const url = `${simyard.address}/projects/radio-duet/worlds/radio_duet.wbt`
  const { client } = await openSimulation(simyard.address, { start: { url } })
  const page = await TextSocket.open(simyard.address.replace('http', 'ws'))
  await page.next((message) => message === '0')
  const answer = await fetch(`${simyard.address}/api/v1/sessions`, { method: 'POST' })
  expect(answer.status).toBe(202)
  const { ticket } = (await answer.json()) as { ticket: string }
  client.close()
  const server = simyard.address.replace('http', 'ws')
  await vi.waitFor(
    async () => {
      const now = await (await fetch(`${simyard.address}/api/v1/sessions/${ticket}`)).json()
      expect(now).toEqual({ server: `${server}/2000` })
    },
    { timeout: 30_000 },
  )
  // The seat is kept for the ticket: nobody else hears that there is one.
  expect(page.received).toEqual(['0'])
  expect(await text(`${simyard.address}/session`)).toMatch(/^Error/)
  page.close()
})

test('a port that is taken ends the start with a sentence', async () => {
  const { port } = await sessions()
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify({ port, host: '127.0.0.1', ssl: false, simulationServers: [] }))
  const { status, stderr } = command(file)
  expect(status).toBe(1)
  expect(stderr).toMatch(new RegExp(`Port ${port} on 127.0.0.1 is in use.*\\[PORT_IN_USE\\]`))
})

test('more than one file is too many', () => {
  const { status, stderr } = command('a.json', 'b.json')
  expect([status, stderr]).toEqual([1, expect.stringContaining('Too many arguments.')])
})

test('a log folder that cannot be written ends the start', () => {
  const file = join(folder, 'config.json')
  writeFileSync(file, JSON.stringify({ port: 0, simulationServers: [], logDir: `${file}/log` }))
  const { status, stderr } = command(file)
  expect([status, stderr]).toEqual([1, expect.stringMatching(/cannot be written.*\[CONFIG_INVALID\]/)])
})

test('it ends with 0 and tells its pages', async () => {
  const server = await sessions()
  const page = await TextSocket.open(server.address.replace('http', 'ws'))
  await page.next((message) => message === '0')
  expect(await server.stop('SIGTERM')).toBe(0)
  expect((await page.untilClosed()).code).toBe(1001)
})
