import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { TextSocket } from '@simyard/testkit'
import { afterEach, expect, test, vi } from 'vitest'
import { SessionServerConfig } from './config.js'
import { openSessionServer } from './open-session-server.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** A simulation server of which only HTTP matters. Returns its `host:port`. */
async function node(handler: Handler): Promise<string> {
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Answers /load as the originals do, and nothing else. */
const loadOnly =
  (load: () => string): Handler =>
  (request, response) => {
    response.statusCode = request.url === '/load' ? 200 : 404
    response.end(request.url === '/load' ? load() : 'no')
  }

async function open(simulationServers: readonly string[], more: Record<string, unknown> = {}): Promise<string> {
  const config = SessionServerConfig.parse({
    port: 0,
    host: '127.0.0.1',
    simulationServers,
    ssl: false,
    pollInterval: 0.05,
    pollTimeout: 0.5,
    ...more,
  })
  vi.stubEnv('SIMYARD_LOG_LEVEL', 'silent')
  const server = await openSessionServer(config)
  closers.push(() => server.close())
  return `http://127.0.0.1:${server.port}`
}

const text = async (url: string, init?: RequestInit) => (await fetch(url, init)).text()
const json = async (url: string, init?: RequestInit) => (await fetch(url, init)).json()
const session = (address: string) => text(`${address}/session`)

test('the answers of the original, and what was missing beside them', async () => {
  const a = await node(loadOnly(() => '12.5\n'))
  const b = await node(loadOnly(() => '20'))
  const address = await open([a, b])
  const first = await fetch(`${address}/session?url=https://github.com/x`)
  expect([first.status, await first.text()]).toEqual([200, `ws://${a}`])
  expect(Object.fromEntries(first.headers)).toMatchObject({
    'content-type': 'text/html; charset=UTF-8',
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'x-requested-with',
    'access-control-allow-methods': 'POST, GET, OPTIONS',
  })
  for (const method of ['POST', 'OPTIONS']) {
    const refused = await fetch(`${address}/session`, { method })
    expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([405, '*'])
  }
  expect(await text(`${address}/load`)).toBe('16.25')
  expect(await text(`${address}/`)).toBe('1')
  expect(await text(`${address}/healthz`)).toBe('ok')
  const missing = await fetch(`${address}/nothing`)
  expect([missing.status, await missing.text()]).toEqual([
    404,
    '<html><title>404: Not Found</title><body>404: Not Found</body></html>',
  ])
})

test('without a server the answer is an error with status 200', async () => {
  const address = await open([])
  const answer = await fetch(`${address}/session`)
  expect([answer.status, await answer.text()]).toEqual([200, 'Error: no simulation server available at the moment.'])
  expect(await text(`${address}/load`)).toBe('-1')
  expect(await text(`${address}/`)).toBe('0')
})

test('pages hear 1 or 0 at once and each change once', async () => {
  let load = '10'
  const address = await open([await node(loadOnly(() => load))])
  const socket = await TextSocket.open(address.replace('http', 'ws'))
  await socket.next((message) => message === '1')
  socket.send('anybody there?')
  load = '99'
  await socket.next((message) => message === '0')
  load = '20'
  await vi.waitFor(() => expect(socket.received).toEqual(['1', '0', '1']))
  const late = await TextSocket.open(address.replace('http', 'ws'))
  await late.next((message) => message === '1')
  expect(late.received).toEqual(['1'])
  socket.close()
  late.close()
})

test.each(['7', '8', '13'])('version %s of the WebSocket protocol is taken', async (version) => {
  expect(await handshake(await open([]), '/', version)).toMatch(/^HTTP\/1.1 101 /)
})

test('another version is refused with those that are taken', async () => {
  const answer = await handshake(await open([]), '/', '99')
  expect(answer).toMatch(/^HTTP\/1.1 426 /)
  expect(answer).toMatch(/\r\nSec-WebSocket-Version: 7, 8, 13\r\n/i)
  expect(await handshake(await open([]), '/elsewhere', '13')).toMatch(/^HTTP\/1.1 404 /)
})

function handshake(address: string, path: string, version: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address)
    const socket = connect(Number(port), hostname, () => {
      socket.write(
        `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: ${version}\r\n\r\n`,
      )
    })
    socket.once('data', (data) => {
      resolve(String(data))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}

const faults: Record<string, Handler> = {
  hangs: () => {},
  'drips its header': (_request, response) => {
    response.socket?.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => response.socket?.write('X'), 50)
    response.socket?.once('close', () => clearInterval(timer))
  },
  'drips its body': (_request, response) => {
    response.writeHead(200)
    const timer = setInterval(() => response.write('1'), 50)
    response.once('close', () => clearInterval(timer))
  },
  'closes without an answer': (request) => request.socket.destroy(),
  'answers no number': loadOnly(() => 'not a number'),
  'answers NaN': loadOnly(() => 'nan'),
  'answers nothing': loadOnly(() => ''),
  'answers a negative number': loadOnly(() => '-5'),
  'answers a page': loadOnly(() => '<html>0</html>'),
  'answers without end': (_request, response) => {
    response.writeHead(200)
    const more = () => {
      while (response.writable && response.write('1'.repeat(16_384))) {}
    }
    response.on('drain', more)
    more()
  },
  redirects: (_request, response) => {
    response.writeHead(302, { Location: '/elsewhere' })
    response.end()
  },
  fails: (_request, response) => {
    response.writeHead(500)
    response.end('0')
  },
  'does not speak HTTP': (request) => void request.socket.end('SSH-2.0-hello\r\n'),
}

test.each(Object.keys(faults))('a server that %s gets nobody, and delays nobody', async (name) => {
  const bad = await node(faults[name]!)
  const good = await node(loadOnly(() => '90'))
  const startedAt = performance.now()
  const address = await open([bad, good])
  expect(performance.now() - startedAt).toBeLessThan(2000)
  expect(await session(address)).toBe(`ws://${good}`)
  await vi.waitFor(async () => {
    const { servers } = (await json(`${address}/status`)) as {
      servers: { state: string; reason: string; load: number }[]
    }
    expect(servers[0]).toMatchObject({ state: 'silent', load: 1000 })
    expect(servers[0]!.reason.length).toBeGreaterThan(5)
  })
  expect(await text(`${address}/monitor`)).toContain('does not answer properly')
})

test('a server that falls ill while it runs is left out within the time-out, and comes back', async () => {
  let ill = false
  const a = await node((request, response) => {
    if (!ill) loadOnly(() => '1')(request, response)
  })
  const b = await node(loadOnly(() => '50'))
  const address = await open([a, b])
  expect(await session(address)).toBe(`ws://${a}`)
  ill = true
  await vi.waitFor(async () => expect(await session(address)).toBe(`ws://${b}`), { timeout: 3000 })
  ill = false
  await vi.waitFor(async () => expect(await session(address)).toBe(`ws://${a}`), { timeout: 3000 })
})

test('a server that tells its seats is filled to the last one and no further', async () => {
  const seats = { taken: 1, total: 3 }
  const own = await node((request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(request.url === '/status' ? JSON.stringify({ load: 3, seats, warm: { ready: 1, size: 2 } }) : '3')
  })
  const address = await open([own])
  const answers = [await session(address), await session(address), await session(address)]
  expect(answers).toEqual([`ws://${own}`, `ws://${own}`, 'Error: no simulation server available at the moment.'])
  expect(await text(`${address}/`)).toBe('0')
  seats.taken = 2
  await vi.waitFor(async () => {
    expect(await json(`${address}/status`)).toMatchObject({
      seats: { taken: 2, total: 3 },
      reservations: 1,
      available: false,
    })
  })
})

test('who finds no seat waits for one in the order of coming', async () => {
  const seats = { taken: 1, total: 1 }
  const own = await node((_request, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify({ load: 3, seats }))
  })
  const address = await open([own])
  const post = () => fetch(`${address}/api/v1/sessions`, { method: 'POST' })
  const first = await post()
  expect([first.status, first.headers.get('access-control-allow-origin')]).toEqual([202, '*'])
  const { ticket, ...rest } = (await first.json()) as { ticket: string }
  expect(rest).toMatchObject({ place: 1, estimateSeconds: expect.any(Number), retryAfterMs: expect.any(Number) })
  const second = (await (await post()).json()) as { ticket: string; place: number }
  expect(second.place).toBe(2)
  seats.taken = 0
  await vi.waitFor(async () => expect(await json(`${address}/status`)).toMatchObject({ waiting: 1 }))
  expect(await session(address)).toMatch(/^Error:/)
  expect(await json(`${address}/api/v1/sessions/${second.ticket}`)).toMatchObject({ place: 1 })
  expect(await json(`${address}/api/v1/sessions/${ticket}`)).toEqual({ server: `ws://${own}` })
  const given = await fetch(`${address}/api/v1/sessions/${second.ticket}`, { method: 'DELETE' })
  expect(given.status).toBe(204)
  const gone = await fetch(`${address}/api/v1/sessions/${second.ticket}`)
  expect([gone.status, await gone.json()]).toMatchObject([410, { error: { code: 'TICKET_LAPSED' } }])
  expect((await fetch(`${address}/api/v1/sessions`, { method: 'OPTIONS' })).status).toBe(204)
})

test.each([
  ['{', 400, 'REQUEST_INVALID'],
  ['{"url":5}', 400, 'REQUEST_INVALID'],
  [JSON.stringify({ url: 'x'.repeat(100_000) }), 400, 'REQUEST_INVALID'],
])('a body that is wrong is refused: %.12s', async (body, status, code) => {
  const address = await open([])
  const answer = await fetch(`${address}/api/v1/sessions`, { method: 'POST', body })
  expect([answer.status, await answer.json()]).toMatchObject([status, { error: { code } }])
})

const fleetKey = 'a key of sixteen and more'.replaceAll(' ', '-')
const operatorKey = 'another key, of an operator'.replaceAll(/[ ,]/g, '-')
const post = (address: string, what: string, key: string | undefined, body: unknown) =>
  fetch(`${address}/api/v1/fleet/${what}`, {
    method: 'POST',
    headers: key === undefined ? {} : { Authorization: `Bearer ${key}` },
    body: JSON.stringify(body),
  })
const registration = { version: 1, entry: 'n.example:2000', report: { load: 5, seats: { taken: 0, total: 2 } } }

test.each([
  ['nodes', undefined, fleetKey],
  ['nodes', operatorKey, fleetKey],
  ['orders', fleetKey, operatorKey],
])('%s refuses a wrong key and takes the right one', async (what, wrong, right) => {
  const address = await open([], { fleetKey, operatorKey })
  const body = what === 'nodes' ? registration : { entry: 'nobody:1', order: 'drain' }
  const refused = await post(address, what, wrong, body)
  expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: 'FLEET_KEY_WRONG' } }])
  expect((await post(address, what, right, body)).status).not.toBe(401)
})

test('without a key nobody can register', async () => {
  expect((await post(await open([]), 'nodes', fleetKey, registration)).status).toBe(401)
})

test('a node registers, keeps its lease, is drained by an operator and leaves', async () => {
  const address = await open([], { fleetKey, operatorKey })
  const socket = await TextSocket.open(address.replace('http', 'ws'))
  const lease = (await (await post(address, 'nodes', fleetKey, registration)).json()) as { epoch: number }
  await socket.next((message) => message === '1')
  expect(await session(address)).toBe('ws://n.example:2000')
  const renewal = { entry: registration.entry, epoch: lease.epoch, report: registration.report }
  expect(await (await post(address, 'heartbeat', fleetKey, renewal)).json()).toEqual({ order: 'return' })
  const order = { entry: registration.entry, order: 'drain' }
  expect((await post(address, 'orders', operatorKey, order)).status).toBe(200)
  expect(await (await post(address, 'heartbeat', fleetKey, renewal)).json()).toEqual({ order: 'drain' })
  expect(await session(address)).toMatch(/^Error/)
  const list = await json(`${address}/api/v1/fleet`, { headers: { Authorization: `Bearer ${operatorKey}` } })
  expect(list).toMatchObject({ servers: [{ entry: registration.entry, state: 'draining', kind: 'leased' }] })
  const stale = await post(address, 'heartbeat', fleetKey, { ...renewal, epoch: lease.epoch - 1 })
  expect([stale.status, await stale.json()]).toMatchObject([409, { error: { code: 'LEASE_STALE' } }])
  expect((await post(address, 'leave', fleetKey, renewal)).status).toBe(200)
  const ended = await post(address, 'heartbeat', fleetKey, renewal)
  expect([ended.status, await ended.json()]).toMatchObject([410, { error: { code: 'LEASE_ENDED' } }])
  const nobody = await post(address, 'orders', operatorKey, { entry: 'nobody:1', order: 'drain' })
  expect([nobody.status, await nobody.json()]).toMatchObject([404, { error: { code: 'FLEET_NODE_UNKNOWN' } }])
  socket.close()
})

test('a simulation server of the original registers by its notify, if that is allowed', async () => {
  const own = await node(loadOnly(() => '30'))
  const form = new URLSearchParams({
    url: `http://${own}`,
    shareIdleTime: '50',
    allowedRepositories: 'https://github.com/alice/,https://github.com/bob/robots',
  })
  const setup = (address: string) => text(`${address}/ajax/server/setup.php`, { method: 'POST', body: form })
  const closed = await open([])
  expect((await fetch(`${closed}/ajax/server/setup.php`, { method: 'POST', body: form })).status).toBe(404)

  const address = await open([], { allowRegistration: true })
  expect(await setup(address)).toBe(`Simulation server published on https://${new URL(address).host}/server`)
  expect(await setup(address)).toMatch(/^Simulation server published/)
  const find = (url: string) => text(`${address}/ajax/server/session.php?url=${encodeURIComponent(url)}`)
  expect(await find('https://github.com/alice/a/blob/main/worlds/a.wbt')).toBe(`ws://${own}`)
  const list = { method: 'POST', body: '{"offset":0,"limit":10}' }
  expect(await json(`${address}/ajax/server/list.php`, list)).toMatchObject({
    servers: [{ id: 1, url: `http://${own}`, load: 30, share: 50 }],
    total: 1,
  })
  const update = { method: 'POST', body: JSON.stringify({ url: `http://${own}` }) }
  expect(await json(`${address}/ajax/server/update.php`, update)).toMatchObject({ url: `http://${own}`, load: 30 })
  expect(
    await json(`${address}/ajax/server/update.php`, { method: 'POST', body: '{"url":"http://x:1"}' }),
  ).toHaveProperty('error')
})

test('a server that names another host as its own is refused', async () => {
  const address = await open([], { allowRegistration: true })
  const form = new URLSearchParams({ url: 'http://192.0.2.7:2000', shareIdleTime: '50' })
  const answer = await json(`${address}/ajax/server/setup.php`, { method: 'POST', body: form })
  expect(answer).toEqual({ error: expect.stringContaining('192.0.2.7') })
  // The header of a proxy is believed only when the proxy is named.
  const forged = { method: 'POST', body: form, headers: { 'X-Forwarded-For': '192.0.2.7' } }
  expect(await json(`${address}/ajax/server/setup.php`, forged)).toEqual({
    error: expect.stringContaining('192.0.2.7'),
  })
})

test('the monitor needs no JavaScript, and is text where servers send markup', async () => {
  const address = await open([await node(loadOnly(() => '<b>30</b>')), await node(loadOnly(() => '97'))])
  const answer = await fetch(`${address}/monitor`)
  const page = await answer.text()
  expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'nonce-/)
  expect(page).toContain('<title>Webots simulation server</title>')
  expect(page).toContain('<h1>Webots session server</h1>')
  expect(page).toContain('Managing 2 simulation server(s):')
  expect(page).toMatch(/<span class="bad">97\.0%<\/span>/)
  expect(page).toMatch(/Started on \w+, \w+ \d\d, \d{4} at \d\d:\d\d:\d\d\./)
  expect(page).not.toContain('<b>30')
})

test('figures for machines', async () => {
  const address = await open([await node(loadOnly(() => '30'))])
  await session(address)
  const metrics = await text(`${address}/metrics`)
  expect(metrics).toContain('simyard_session_available 1')
  expect(metrics).toContain('simyard_session_nodes{state="ready"} 1')
  expect(metrics).toContain('simyard_session_visitors_total{answer="server"} 1')
  expect(metrics).toMatch(/simyard_session_node_load_percent\{server="127\.0\.0\.1:\d+"\} 30/)
})

test('a request without an end does not keep others waiting', async () => {
  const address = await open([await node(loadOnly(() => '1'))])
  const { hostname, port } = new URL(address)
  const slow = httpRequest({
    hostname,
    port,
    path: '/api/v1/sessions',
    method: 'POST',
    headers: { 'Content-Length': 10 },
  })
  slow.on('error', () => {})
  slow.write('{')
  expect(await session(address)).toMatch(/^ws:/)
  slow.destroy()
})
