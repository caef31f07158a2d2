import { readFileSync } from 'node:fs'
import { Agent, createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { type RunningServer, startServer } from '@simyard/testkit'
import { type Bench, percentile } from './figure.js'

const SERVERS = 50
const PROBES = 1000
const PROBE_INTERVAL_MS = 10
const CLIENTS = 10_000
const OPENING_AT_ONCE = 200
const CHANGES = 10
const DEAF_AFTER_MS = 20_000
const fleetKey = 'the-key-of-the-bench'

/** What a fifth of the simulation servers does instead of telling its load. */
const faults: readonly ((request: IncomingMessage, response: ServerResponse) => void)[] = [
  () => {},
  (_request, { socket }) => {
    socket?.write('HTTP/1.1 200 OK\r\n')
    const timer = setInterval(() => socket?.write('X'), 100)
    socket?.once('close', () => clearInterval(timer))
  },
  (request) => request.socket.destroy(),
  (_request, response) => response.end('not a number'),
]

/** The session server with many simulation servers, of which some misbehave, and with many pages that watch. */
export const sessionServer: Bench = {
  name: 'session-server',
  async run(tell) {
    const nodes = await Promise.all(Array.from({ length: SERVERS }, (_, index) => simulationServer(index)))
    const dead = new Set(nodes.filter(({ faulty }) => faulty).map(({ entry }) => `ws://${entry}`))
    const server = await start({ simulationServers: nodes.map(({ entry }) => entry), reservationTime: 1 })
    try {
      const times: number[] = []
      let sentToDead = 0
      const agent = new Agent({ keepAlive: true })
      for (let probe = 0; probe < PROBES; probe++) {
        const startedAt = performance.now()
        const answer = await textOf(`http://127.0.0.1:${server.port}/session`, agent)
        times.push(performance.now() - startedAt)
        if (!answer.startsWith('ws:') || dead.has(answer)) sentToDead++
        await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS))
      }
      agent.destroy()
      const of = `${dead.size} of ${SERVERS} servers ill`
      tell({ name: `/session, ${of}, median`, value: percentile(times, 0.5), unit: 'ms' })
      tell({ name: `/session, ${of}, p99`, value: percentile(times, 0.99), unit: 'ms', bar: { atMost: 50 } })
      tell({ name: `/session, ${of}, worst`, value: Math.max(...times), unit: 'ms' })
      const well = (100 * (PROBES - sentToDead)) / PROBES
      tell({ name: `visitors sent to a server that is well`, value: well, unit: '%', bar: { atLeast: 100 } })
    } finally {
      await server.stop()
      for (const { stop } of nodes) stop()
    }
    await manyPages(tell)
  },
}

async function manyPages(tell: Parameters<Bench['run']>[0]): Promise<void> {
  const server = await start({ simulationServers: [], fleetKey })
  const pages: Page[] = []
  let beats: NodeJS.Timeout | undefined
  try {
    const node = register(server)
    beats = setInterval(() => void node.tell(), 1000)
    await node.tell(0)
    const before = residentKiB(server.pid)
    const startedAt = performance.now()
    while (pages.length < CLIENTS) {
      const some = Array.from({ length: OPENING_AT_ONCE }, () => Page.open(server.port))
      pages.push(...(await Promise.all(some)))
    }
    tell({
      name: `${CLIENTS} pages watch after`,
      value: performance.now() - startedAt,
      unit: 'ms',
      bar: { atMost: 2000 },
    })
    const each = (residentKiB(server.pid) - before) / CLIENTS
    tell({ name: 'memory of a page that watches', value: each, unit: 'KiB', bar: { atMost: 8 } })
    const spreads: number[] = []
    const cpuBefore = processorMs(server.pid)
    for (let change = 0; change < CHANGES; change++) {
      const heard = Promise.all(pages.map((page) => page.next()))
      const sentAt = performance.now()
      await node.tell(change % 2 === 0 ? 1 : 0)
      spreads.push(Math.max(...(await heard)) - sentAt)
    }
    const cpuEach = (1000 * (processorMs(server.pid) - cpuBefore)) / (CHANGES * CLIENTS)
    tell({ name: 'processor time of a change, each page', value: cpuEach, unit: 'µs' })
    tell({ name: `a change is with all ${CLIENTS} pages, median`, value: percentile(spreads, 0.5), unit: 'ms' })
    tell({
      name: `a change is with all ${CLIENTS} pages, worst`,
      value: Math.max(...spreads),
      unit: 'ms',
      bar: { atMost: 100 },
    })
  } finally {
    clearInterval(beats)
    for (const page of pages) page.close()
    await server.stop()
  }
}

function start(config: Record<string, unknown>): Promise<RunningServer> {
  return startServer('session-server', { port: 0, host: '127.0.0.1', ssl: false, ...config })
}

async function simulationServer(index: number): Promise<{ entry: string; faulty: boolean; stop: () => void }> {
  const faulty = index % 5 === 0
  const fault = faults[(index / 5) % faults.length]
  const server: Server = createServer((request, response) => {
    if (faulty) return fault!(request, response)
    response.statusCode = request.url === '/load' ? 200 : 404
    response.end(String(10 + (index % 7)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = () => {
    server.closeAllConnections()
    server.close()
  }
  return { entry: `127.0.0.1:${(server.address() as AddressInfo).port}`, faulty, stop }
}

function textOf(url: string, agent: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })
}

/** One simulation server with one seat. It registers anew each time, so that no lease ends while pages open. */
function register(server: RunningServer): { tell: (taken?: number) => Promise<void> } {
  let last = 0
  return {
    async tell(taken = last) {
      last = taken
      const report = { load: 1, seats: { taken, total: 1 } }
      const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/fleet/nodes`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${fleetKey}` },
        body: JSON.stringify({ version: 1, entry: 'robots.example:2000', report }),
      })
      if (!response.ok) throw new Error(await response.text())
    },
  }
}

/** What the process has used of the processors; counted by the kernel in hundredths of a second. */
function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(11, 13)
    .map(Number)
  return 10 * (user! + system!)
}

function residentKiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** A page that watches, with as little of its own as possible: the handshake and the last letter. */
class Page {
  private waiting: ((atMs: number) => void) | undefined

  private constructor(private readonly socket: Socket) {}

  /** Resolves when the first `1` or `0` is there. */
  static open(port: number): Promise<Page> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1')
      const page = new Page(socket)
      socket.once('error', reject)
      socket.write(
        'GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
      )
      let head = ''
      socket.on('data', (data) => {
        const atMs = performance.now()
        if (head !== 'done') {
          head += data.toString('latin1')
          const end = head.indexOf('\r\n\r\n')
          if (end < 0 || head.length < end + 7) return
          head = 'done'
          return resolve(page)
        }
        page.waiting?.(atMs)
        page.waiting = undefined
      })
    })
  }

  /** When the next news is there. */
  next(): Promise<number> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('a page has not heard of a change')), DEAF_AFTER_MS)
      this.waiting = (atMs) => {
        clearTimeout(timer)
        resolve(atMs)
      }
    })
  }

  close(): void {
    this.socket.destroy()
  }
}
