import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, type HttpPart, type Listening, listen } from '@simyard/service-host'
import { chromiumProblem, eventually, launchChromium, repositoryRoot } from '@simyard/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

/** Simulators in tabs of a real Chromium, driven by Debian's python-socketio. */
const PYTHON = '/usr/bin/python3'
const noPython = existsSync('/usr/lib/python3/dist-packages/socketio/__init__.py')
  ? undefined
  : 'no python3-socketio; run npm run setup'
const reason = chromiumProblem ?? noPython
const problem = reason ? `(skipped: ${reason})` : ''

const scripts = join(repositoryRoot, 'packages/client/dist/pages')
const guide = join(repositoryRoot, 'docs/guides/own-simulator.html')
const socketIo = join(repositoryRoot, 'node_modules/socket.io-client-4.0/dist/socket.io.js')

/** As the original's page is: it knows nothing but what the server wrote into it, and its browser's cookie. */
const originalPage = (id: string) => `<!doctype html><span id="session-id">${id}</span>
<script src="/socket.io.min.js"></script>
<script>
window.received = []
const godotSocket = io.connect('http://' + location.host + '/godot')
godotSocket.on('connect', () => godotSocket.emit('browserConnect'))
godotSocket.on('clientMessage', (message) => {
  received.push(message)
  const { func, fossbot_name, user_id, value } = message
  if (func === 'get_echo') {
    godotSocket.emit('godotMessage', { data: document.getElementById('session-id').textContent + value, fossbot_name, user_id })
  }
})
</script>`

/** The relay and the pages behind one port, as a site has them. */
class Site implements HttpPart {
  constructor(private readonly relay: RelayServer) {}

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { pathname, searchParams } = new URL(path, 'http://site')
    const send = (type: string, body: string | Buffer, headers = {}) =>
      response.writeHead(200, { 'Content-Type': type, ...headers }).end(body)
    if (pathname === '/godot' && !searchParams.has('session_id')) {
      const { id, setCookie } = this.relay.openRoom(request)
      return void response.writeHead(302, { Location: `/godot?session_id=${id}`, 'Set-Cookie': setCookie }).end()
    }
    if (pathname === '/godot') return void send('text/html', originalPage(searchParams.get('session_id')!))
    if (pathname === '/own') return void send('text/html', readFileSync(guide))
    if (pathname === '/programs') {
      return void send('text/html', '<!doctype html><title>x</title><script src="/fossbot_class.js"></script>')
    }
    if (pathname === '/socket.io.min.js') return void send('text/javascript', readFileSync(socketIo))
    if (/^\/(fossbot_class|simulator_bridge)\.js$/.test(pathname)) {
      return void send('text/javascript', readFileSync(join(scripts, pathname)))
    }
    this.relay.handle(request, response, path)
  }

  upgrade(...given: Parameters<HttpPart['upgrade']>): void {
    this.relay.upgrade(...given)
  }

  close(): Promise<void> {
    return this.relay.close()
  }
}

let browser: Browser
let context: BrowserContext
let relay: RelayServer
let port: Listening
let address: string

beforeAll(async () => {
  if (!reason) browser = await launchChromium()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  relay = new RelayServer({ config: RelayServerConfig.parse({}), log: createLogger({ name: 'relay', level: 'warn' }) })
  port = await listen(new Site(relay), { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
  if (!reason) context = await browser.newContext()
})
afterEach(async () => {
  await context?.close()
  await relay.close()
  await port.close()
})

async function idOf(page: Page): Promise<string> {
  await expect.poll(() => page.textContent('#session-id')).toMatch(/^[0-9a-f]{8}-/)
  const id = (await page.textContent('#session-id'))!
  await expect.poll(() => stateOf(id)).toBe('here')
  return id
}

async function stateOf(id: string): Promise<unknown> {
  return ((await (await fetch(`${address}/api/v1/rooms/${id}`)).json()) as { simulator: unknown }).simulator
}

async function python(id: string, program: string): Promise<string[]> {
  const script = `
import sys
from fossbot import *
with FossBot(sys.argv[2], server_address=sys.argv[1], timeout=30) as robot:
${program
  .trim()
  .split('\n')
  .map((line) => `    ${line}`)
  .join('\n')}
`
  const env = { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', script, address, id], { timeout: 120_000, env })
  return stdout.trim().split('\n').slice(1)
}

describe.skipIf(problem)(`a tab ${problem}`, () => {
  test('with the guide’s simulator is driven by Python and JavaScript, and takes its room back when it is loaded again', async () => {
    const page = await context.newPage()
    await page.goto(`${address}/own`)
    const id = await idOf(page)
    expect(await page.textContent('#join-code')).toMatch(/^[A-Z0-9]{3}-[A-Z0-9]{3}$/)
    const drive = `
print(robot.get_distance())
robot.move_distance(4)
robot.rotate_counterclockwise_90()
robot.move_reverse_distance(1)
`
    expect(await python(id, drive)).toEqual(['10000'])
    expect(Number(await page.textContent('#position'))).toBeCloseTo(3, 1)
    expect(await page.textContent('#heading')).toBe('90')

    await page.reload()
    expect(await idOf(page)).toBe(id)
    expect(await python(id, drive)).toEqual(['10000'])
    expect(Number(await page.textContent('#position'))).toBeCloseTo(3, 1)

    const programs = await context.newPage()
    await programs.goto(`${address}/programs`)
    const answer = await programs.evaluate(
      `(async () => {
        const robot = new FossBot(${JSON.stringify(id)}, {})
        await robot.move_distance(2)
        await robot.rotate_90(1)
        const distance = await robot.get_distance()
        await robot.exit()
        return distance
      })()`,
    )
    expect(answer).toBe(10000)
    expect(Number(await page.textContent('#position'))).toBeCloseTo(5, 1)
    // The one who drives is alone, and the next one may when it has left.
    expect(await python(id, 'print(robot.get_distance())')).toEqual(['10000'])
  })

  test('of an unmodified page hosts its room and comes back to it, also beside another one', async () => {
    const pages = [await context.newPage(), await context.newPage()]
    const ids: string[] = []
    // Both share one cookie, which names the room of the second.
    for (const page of pages) await page.goto(`${address}/godot`)
    for (const page of pages) ids.push(await idOf(page))
    const ask = `print(all(robot.ask('get_echo', value=i) == '%s' + str(i) for i in range(50)))`
    const both = () => Promise.all(ids.map((id) => python(id, ask.replace('%s', id))))
    expect(await both()).toEqual([['True'], ['True']])
    // The network fails for both at once.
    for (const page of pages) await page.evaluate('godotSocket.io.engine.close()')
    for (const id of ids) await expect.poll(() => stateOf(id)).toBe('here')
    expect(await both()).toEqual([['True'], ['True']])
    // A page that is loaded again by its own address comes back to its own room too.
    await pages[0]!.reload()
    expect(await idOf(pages[0]!)).toBe(ids[0])
    expect(await both()).toEqual([['True'], ['True']])
    const heard = await Promise.all(
      pages.map((page) => page.evaluate<string[]>('received.map(({ user_id }) => user_id)')),
    )
    expect(heard[0]!.filter((user) => heard[1]!.includes(user))).toEqual([])
    await eventually(async () =>
      expect(await relay.metrics.text()).toContain('simyard_relay_rooms{simulator="here"} 2'),
    )
  })
})
