import { existsSync } from 'node:fs'
import { join } from 'node:path'
import {
  aliveAmong,
  descendantsOf,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

/** Webots runs the simulations: a program that stands in for it, started as every release is. */
const webotsHome = join(repositoryRoot, 'e2e/stand-ins/webots-home')
let site: RunningSimyard
let server: RunningServer | undefined

beforeAll(async () => {
  site = await startSimyard()
})
afterEach(async () => {
  await server?.stop()
  server = undefined
})
afterAll(() => site?.stop())

async function serve(standIn: string, config: Record<string, unknown> = {}): Promise<RunningServer> {
  server = await startServer(
    'simulation-server',
    { webotsHome, websites: [site.address], ...config },
    { WEBOTS_STANDIN: standIn },
  )
  return server
}

const worldUrl = () => `${site.address}/projects/radio-duet/worlds/radio_duet.wbt`

async function start(running: RunningServer, request?: unknown): Promise<{ client: TextSocket; url: string }> {
  const client = await TextSocket.open(`ws://127.0.0.1:${running.port}/client`)
  client.send(JSON.stringify(request ?? { start: { url: worldUrl() } }))
  const ready = await client.next((text) => text.startsWith('webots:ws'))
  return { client, url: ready.slice('webots:'.length) }
}

async function status(running: RunningServer) {
  return (await (await fetch(`${running.address}/status`)).json()) as {
    running: number
    idle: number
    seats: { taken: number }
    placement: { driver: string }
  }
}

const words = (client: TextSocket) => client.received.filter((text) => !text.startsWith('simyard:') && text !== '.')

describe.each([
  ['R2020a', { init: true, subscribe: 'x3d', key: 'poses' }],
  ['R2021b', { init: false, subscribe: 'x3d', key: 'poses' }],
  ['R2023b', { init: false, subscribe: 'x3d', key: 'updates' }],
  ['R2025a', { init: false, subscribe: 'w3d', key: 'updates' }],
])('release %s', (release, { init, subscribe, key }) => {
  test('starts, is ready, streams, counts as running or idle, and ends with its visitor', async () => {
    const running = await serve(release)
    const request = init ? { init: [site.address, 'radio-duet', 'radio_duet.wbt', '', '', '', '', '', ''] } : undefined
    const { client, url } = await start(running, request)
    expect(words(client)).toEqual(['shutdownTimeout: 7200', `webots:${url}`])
    expect((await status(running)).placement.driver).toBe('webots')

    const stream = await TextSocket.open(`${url}/`)
    stream.send(subscribe)
    await stream.next((text) => text.startsWith('model:'))
    await stream.next((text) => text.startsWith('pause'))
    expect(await status(running)).toMatchObject({ running: 0, idle: 1, seats: { taken: 1 } })
    stream.send('real-time:-1')
    await stream.next((text) => text.includes(`"${key}"`))
    await expect.poll(async () => (await status(running)).running).toBe(1)
    stream.send('pause')
    await expect.poll(async () => (await status(running)).running).toBe(0)

    const pids = descendantsOf(running.pid).map(({ pid }) => pid)
    expect(pids.length).toBeGreaterThan(0)
    client.close()
    await expect.poll(() => aliveAmong(pids), { timeout: 5000 }).toEqual([])
    expect((await status(running)).seats.taken).toBe(0)
  })
})

test('a page that asks for pictures gets a Webots with a window', async () => {
  const running = await serve('R2023b')
  await start(running, { start: { url: worldUrl(), mode: 'mjpeg' } })
  const [command] = descendantsOf(running.pid).filter(({ command }) => command.includes('--stream'))
  expect(command?.command).toContain('--stream=mjpeg')
  expect(command?.command).not.toContain('--minimize')
})

test('with port rewriting the stream and its files are also behind the main port', async () => {
  const running = await serve('R2023b', { portRewrite: true })
  const { url } = await start(running)
  const port = Number(/^ws:\/\/127\.0\.0\.1\/(\d+)$/.exec(url)?.[1])
  const stream = await TextSocket.open(`ws://127.0.0.1:${running.port}/${port}/`)
  stream.send('x3d')
  await stream.next((text) => text.startsWith('model:'))
  const file = await fetch(`${running.address}/${port}/textures/a.txt`)
  expect(await file.text()).toBe('a texture')
  expect(file.headers.get('access-control-allow-origin')).toBe('*')
  expect((await fetch(`${running.address}/${port}/textures/b.txt`)).status).toBe(404)
})

test('a program that ends before it is ready is told with its last words, and the seat is free again', async () => {
  const running = await serve('R2023b crash')
  const client = await TextSocket.open(`ws://127.0.0.1:${running.port}/client`)
  client.send(JSON.stringify({ start: { url: worldUrl() } }))
  const told = await client.next((text) => text.startsWith('loading: Error: '))
  expect(told).toContain('Webots ended before it was ready (with code 1)')
  expect(told).toContain('ERROR: Cannot initialize OpenGL')
  await client.untilClosed()
  await expect.poll(async () => (await status(running)).seats.taken).toBe(0)
})

test('a program that is never ready is ended', async () => {
  const running = await serve('R2023b silent', { startTimeout: 1 })
  const client = await TextSocket.open(`ws://127.0.0.1:${running.port}/client`)
  client.send(JSON.stringify({ start: { url: worldUrl() } }))
  expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('was not ready after 1 s')
  await client.untilClosed()
  await expect.poll(() => descendantsOf(running.pid)).toEqual([])
})

test('a program that is killed while it runs is reported', async () => {
  const running = await serve('R2023b')
  const { client } = await start(running)
  for (const { pid, command } of descendantsOf(running.pid)) {
    if (command.includes('/webots ') && !command.includes('bwrap')) process.kill(pid, 'SIGKILL')
  }
  expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('Webots ended')
  await client.untilClosed()
})

test('a world that does not exist is told in the words of the original, and the connection closes', async () => {
  const running = await serve('R2023b')
  const client = await TextSocket.open(`ws://127.0.0.1:${running.port}/client`)
  client.send(JSON.stringify({ start: { url: worldUrl().replace('radio_duet.wbt', 'absent.wbt') } }))
  expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain(
    'worlds/absent.wbt does not exist.',
  )
  await client.untilClosed()
})

test('an installation that is not there, and a release that is not known', async () => {
  const absent = await serve('R2023b', { webotsHome: '/nowhere' })
  const client = await TextSocket.open(`ws://127.0.0.1:${absent.port}/client`)
  client.send(JSON.stringify({ start: { url: worldUrl() } }))
  expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('no Webots at /nowhere/webots')
  await absent.stop()
  const unknown = await serve('what?')
  const second = await TextSocket.open(`ws://127.0.0.1:${unknown.port}/client`)
  second.send(JSON.stringify({ start: { url: worldUrl() } }))
  expect(await second.next((text) => text.startsWith('loading: Error: '))).toContain('"webotsVersion"')
})

test('kill -9 of the server ends Webots and what it started', async () => {
  const running = await serve('R2023b child')
  await start(running)
  const processes = descendantsOf(running.pid)
  expect(processes.some(({ command }) => command.startsWith('sleep'))).toBe(true)
  running.kill('SIGKILL')
  await expect.poll(() => aliveAmong(processes.map(({ pid }) => pid)), { timeout: 5000 }).toEqual([])
  server = undefined
  expect(existsSync(webotsHome)).toBe(true)
})

test('SIGTERM lets simulations finish and refuses new ones; then the server ends', async () => {
  const running = await serve('R2023b')
  const { client } = await start(running)
  running.kill('SIGTERM')
  await expect.poll(() => running.output()).toContain('Draining: 1 simulation')
  expect(await (await fetch(`${running.address}/load`)).text()).toBe('100.0')
  const late = await TextSocket.open(`ws://127.0.0.1:${running.port}/client`)
  late.send(JSON.stringify({ start: { url: worldUrl() } }))
  expect(await late.next((text) => text.startsWith('loading: Error: '))).toContain('is being shut down')
  expect(client.closed).toBeUndefined()
  client.close()
  expect(await running.exited).toBe(0)
})

test('a second SIGTERM ends simulations at once', async () => {
  const running = await serve('R2023b')
  const { client } = await start(running)
  const pids = descendantsOf(running.pid).map(({ pid }) => pid)
  running.kill('SIGTERM')
  await expect.poll(() => running.output()).toContain('Draining')
  running.kill('SIGTERM')
  await running.exited
  await client.untilClosed()
  await expect.poll(() => aliveAmong(pids), { timeout: 5000 }).toEqual([])
})
