import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  launchChromium,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'

/** What an operator sees and sets of one simulation server. */
let site: RunningSimyard
const folder = mkdtempSync(join(tmpdir(), 'simyard-node-'))
const servers: RunningServer[] = []

beforeAll(async () => {
  site = await startSimyard()
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await site?.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function serve(config: Record<string, unknown> = {}, env: Record<string, string> = {}): Promise<RunningServer> {
  const server = await startServer('simulation-server', { websites: [site.address], warmSimulators: 0, ...config }, env)
  servers.push(server)
  return server
}

const start = () => JSON.stringify({ start: { url: `${site.address}/projects/radio-duet/worlds/radio_duet.wbt` } })

async function open(server: RunningServer): Promise<{ client: TextSocket; url: string }> {
  const client = await TextSocket.open(`ws://127.0.0.1:${server.port}/client`)
  client.send(start())
  const ready = await client.next((text) => text.startsWith('webots:ws'))
  return { client, url: ready.slice('webots:'.length) }
}

test('monitor.csv has the words of the original and a row each second', async () => {
  const server = await serve({ logDir: folder })
  const { client } = await open(server)
  const file = () => readFileSync(join(folder, 'simulation/monitor.csv'), 'utf8').trim().split('\n')
  await expect.poll(() => file().length).toBeGreaterThan(3)
  const [header, ...rows] = file()
  expect(header).toBe(
    'Timestamp, Webots running, Webots idle, CPU load, CPU memory, GPU load compute, GPU load memory, GPU memory, Swap, Disk, Network sent, Network received',
  )
  for (const row of rows) expect(row).toMatch(/^\d{10}(, \d+){2}(, \d+\.\d+){2}(, \d+){2}(, \d+(\.\d+)?){5}$/)
  expect(rows.at(-1)).toMatch(/^\d+, 0, 1, /)
  expect(Number(await (await fetch(`${server.address}/load`)).text())).toBeGreaterThan(0)
  client.close()
})

test('a graphics card counts for the load, and the monitor names it', async () => {
  const tools = join(folder, 'tools')
  mkdirSync(tools)
  // The driver's own program, as far as it is asked.
  writeFileSync(join(tools, 'nvidia-smi'), '#!/bin/sh\necho "NVIDIA RTX 4070, 83, 12, 3072, 12288"\n', { mode: 0o755 })
  const server = await serve({ logDir: join(folder, 'gpu') }, { PATH: `${tools}:${process.env.PATH}` })
  const csv = () => readFileSync(join(folder, 'gpu/simulation/monitor.csv'), 'utf8').trim().split('\n').at(-1)!
  await expect.poll(() => csv().split(', ').slice(5, 8)).toEqual(['83', '12', '25.0'])
  await expect.poll(async () => Number(await (await fetch(`${server.address}/load`)).text())).toBeGreaterThanOrEqual(83)
  expect(await (await fetch(`${server.address}/monitor`)).text()).toContain('NVIDIA RTX 4070 – 12 GB')
})

test('the log goes to a file in the lines of the original', async () => {
  const logs = join(folder, 'logs')
  const server = await serve({ debug: false, logDir: logs })
  const log = readFileSync(join(logs, 'simulation/output.log'), 'utf8')
  expect(log).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \[INFO {3}\] {2}Simulation server running on port \d+/m)
  expect(server.output()).toContain('output.log')
})

test('a server with certificates speaks TLS on its port and on those of the streams', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keyType: 'ec' })
  const files = { sslCertificate: join(folder, 'cert.pem'), sslKey: join(folder, 'key.pem') }
  writeFileSync(files.sslCertificate, cert)
  writeFileSync(files.sslKey, key)
  const server = await serve(files)
  const trusting = { rejectUnauthorized: false }
  const client = new WebSocket(`wss://127.0.0.1:${server.port}/client`, trusting)
  const address = await new Promise<string>((resolve, reject) => {
    client.once('error', reject)
    client.once('open', () => client.send(start()))
    client.on('message', (data) => {
      const text = String(data)
      if (text.startsWith('webots:')) resolve(text.slice('webots:'.length))
    })
  })
  expect(address).toMatch(/^wss:\/\/127\.0\.0\.1:\d+$/)
  const stream = new WebSocket(`${address}/`, trusting)
  const model = await new Promise<string>((resolve, reject) => {
    stream.once('error', reject)
    stream.once('open', () => stream.send('x3d'))
    stream.on('message', (data) => {
      if (String(data).startsWith('model:')) resolve(String(data))
    })
  })
  expect(model).toContain('<WorldInfo')
  client.close()
})

test('with port rewriting a proxy and the main port both lead to the stream', async () => {
  const server = await serve({ portRewrite: true })
  const { client, url } = await open(server)
  const port = Number(/^ws:\/\/127\.0\.0\.1\/(\d+)$/.exec(url)?.[1])
  for (const address of [`ws://127.0.0.1:${port}/`, `ws://127.0.0.1:${server.port}/${port}/`]) {
    const stream = await TextSocket.open(address)
    stream.send('x3d')
    await stream.next((text) => text.startsWith('model:'))
    stream.close()
  }
  client.close()
})

test('registration addresses are told where the server is, again when they fail at first', async () => {
  const bodies: string[] = []
  const registry = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString()
    })
    request.on('end', () => {
      bodies.push(body)
      response.statusCode = bodies.length === 1 ? 500 : 200
      response.end('Simulation server published on https://example')
    })
  })
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve))
  const { port } = registry.address() as AddressInfo
  const server = await serve({
    notify: `http://127.0.0.1:${port}/setup.php`,
    shareIdleTime: 30,
    allowedRepositories: ['https://github.com/a/', 'https://github.com/b/'],
  })
  await expect.poll(() => bodies.length).toBe(2)
  expect(Object.fromEntries(new URLSearchParams(bodies[1]))).toEqual({
    url: `http://127.0.0.1:${server.port}`,
    shareIdleTime: '30',
    allowedRepositories: 'https://github.com/a/,https://github.com/b/',
  })
  await expect.poll(() => server.output()).toContain('Simulation server published')
  registry.close()
})

test('metrics count starts by their result', async () => {
  const server = await serve({ maxConnections: 1 })
  const { client } = await open(server)
  const refused = await TextSocket.open(`ws://127.0.0.1:${server.port}/client`)
  refused.send(start())
  await refused.untilClosed()
  const text = await (await fetch(`${server.address}/metrics`)).text()
  expect(text).toContain('simyard_starts_total{result="opened"} 1')
  expect(text).toContain('simyard_starts_total{result="NODE_FULL"} 1')
  expect(text).toContain('simyard_seats_taken 1')
  client.close()
})

test('a list that was written as one word is refused with an example', async () => {
  await expect(serve({ allowedRepositories: 'https://github.com/a/' })).rejects.toThrow(
    /allowedRepositories: must be a list of addresses in brackets, for example/,
  )
})

test('the monitor page shows the machine, who is here and the last ten minutes, without JavaScript', async () => {
  const server = await serve({ title: 'Robots <of> the school', description: 'In room 12.' })
  const { client } = await open(server)
  const browser = await launchChromium()
  try {
    for (const { name, javaScriptEnabled, width, colorScheme } of [
      { name: 'wide', javaScriptEnabled: true, width: 1280, colorScheme: 'light' },
      { name: 'narrow', javaScriptEnabled: false, width: 390, colorScheme: 'dark' },
    ] as const) {
      const page = await browser.newPage({ javaScriptEnabled, colorScheme, viewport: { width, height: 900 } })
      await page.goto(`${server.address}/monitor`)
      const text = await page.locator('body').textContent()
      expect(text).toContain('Robots <of> the school')
      expect(text).toContain('radio-duet')
      expect(text).toMatch(/1 of \d+/)
      expect(await page.locator('figure svg').count()).toBeGreaterThanOrEqual(4)
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      if (process.env.SIMYARD_SCREENSHOTS)
        await page.screenshot({
          path: join(repositoryRoot, `e2e/screenshots/simulation-monitor-${name}.png`),
          fullPage: true,
        })
      await page.close()
    }
    const page = await browser.newPage()
    await page.goto(`${server.address}/monitor`)
    client.close()
    await expect.poll(() => page.locator('main').textContent()).toContain('Nobody is here')
  } finally {
    await browser.close()
  }
})
