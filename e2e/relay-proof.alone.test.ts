import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net'
import { join } from 'node:path'
import { connect } from '@simyard/client'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { eventually, FossbotSimulator, repositoryRoot } from '@simyard/testkit'
import { io } from 'socket.io-client'
import { afterEach, beforeEach, expect, test } from 'vitest'

/** What the relay promises of robots and of members who behave badly, with real connections. */
const PYTHON = '/usr/bin/python3'
const hasPython = existsSync('/usr/lib/python3/dist-packages/socketio/__init__.py')
const PING = { pingInterval: 0.5, pingTimeout: 0.5 }
const ROUNDS = 25

let relay: RelayServer
let port: Listening
let address: string
let tab: FossbotSimulator
let room: { id: string; code: string; key: string }
const closing: (() => void)[] = []
const children: ChildProcess[] = []

beforeEach(async () => {
  const log = createLogger({ name: 'relay', level: 'error' })
  relay = new RelayServer({ config: RelayServerConfig.parse({ ...PING, maxMembers: 300 }), log })
  port = await listen(relay, { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
  room = (await (await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).json()) as typeof room
  const robots = Array.from({ length: 300 }, (_, index) => `r${index}`)
  const identity = { session_id: room.id, key: room.key }
  tab = new FossbotSimulator({ address, robots, identity, socket: { transports: ['websocket'] } })
  await eventually(async () =>
    expect(await (await fetch(`${address}/api/v1/rooms/${room.id}`)).json()).toMatchObject({ simulator: 'here' }),
  )
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const close of closing.splice(0)) close()
  tab.close()
  await relay.close()
  await port.close()
})

async function metric(name: string): Promise<number> {
  const line = (await relay.metrics.text()).split('\n').find((one) => one.startsWith(`${name} `))
  return Number(line?.split(' ').at(-1) ?? 0)
}

const frame = (text: string) => {
  const body = Buffer.from(text)
  const head = body.length < 126 ? [0x81, 0x80 | body.length] : [0x81, 0xfe, body.length >> 8, body.length & 255]
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), body])
}
const claim = (robot: string) =>
  `42/godot,${JSON.stringify(['pythonConnect', { session_id: room.id, fossbot_name: robot, func: 'connect' }])}`
const driven = (robot: string) => eventually(() => expect(tab.owners.has(robot)).toBe(true))

/** A connection below all libraries, that answers nothing by itself. */
async function bareWebSocket(robot: string): Promise<TcpSocket> {
  const socket = connectTcp(port.port, '127.0.0.1')
  closing.push(() => socket.destroy())
  socket.on('error', () => undefined)
  let heard = ''
  socket.on('data', (chunk) => {
    heard += chunk.toString('latin1')
  })
  const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
  socket.write(`GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: relay\r\n${upgrade}${key}\r\n`)
  await eventually(() => expect(heard).toContain('"sid"'))
  socket.write(frame('40/godot,'))
  await eventually(() => expect(heard).toContain('40/godot,{'))
  socket.write(frame(claim(robot)))
  await driven(robot)
  return socket
}

async function barePolling(robot: string): Promise<void> {
  const url = `${address}/socket.io/?EIO=4&transport=polling`
  const { sid } = JSON.parse((await (await fetch(url)).text()).slice(1)) as { sid: string }
  const post = (body: string) => fetch(`${url}&sid=${sid}`, { method: 'POST', body }).then((answer) => answer.text())
  await post('40/godot,')
  await (await fetch(`${url}&sid=${sid}`)).text()
  await post(claim(robot))
  await driven(robot)
}

async function library(robot: string, transport: string) {
  const socket = io(`${address}/godot`, { forceNew: true, reconnection: false, transports: [transport] })
  closing.push(() => socket.disconnect())
  socket.on('connect', () => {
    const fields = { session_id: room.id, user_id: socket.id, fossbot_name: robot, func: 'connect' }
    socket.emit('pythonConnect', fields)
    socket.emit('clientMessage', { func: 'get_distance', fossbot_name: robot })
  })
  await driven(robot)
  return socket
}

/** Ends of a program, each with how it comes about. */
const ends: Record<string, (robot: string) => Promise<void>> = {
  'a goodbye by websocket': async (robot) => void (await library(robot, 'websocket')).disconnect(),
  'a goodbye by polling': async (robot) => void (await library(robot, 'polling')).disconnect(),
  'exit, and then a goodbye': async (robot) => {
    const socket = await library(robot, 'websocket')
    socket.emit('clientMessage', { func: 'exit', fossbot_name: robot })
    socket.disconnect()
  },
  'a closed engine': async (robot) => void (await library(robot, 'websocket')).io.engine.close(),
  'a reset connection': async (robot) => void (await bareWebSocket(robot)).resetAndDestroy(),
  'a half of the connection closed': async (robot) => void (await bareWebSocket(robot)).end(),
  'silence on a websocket': async (robot) => {
    await bareWebSocket(robot)
  },
  'silence of a polling client': (robot) => barePolling(robot),
}

test('two hundred programs end in every way, and every robot is free within the limits of the ping', async () => {
  const owned: number[] = []
  let index = 0
  const startedAt = new Map<string, number>()
  const freedAfter = new Map<string, number>()
  const watch = setInterval(() => {
    for (const [robot, sinceMs] of startedAt) {
      if (!freedAfter.has(robot) && !tab.owners.has(robot)) freedAfter.set(robot, performance.now() - sinceMs)
    }
  }, 20)
  closing.push(() => clearInterval(watch))
  for (let round = 0; round < ROUNDS; round++) {
    await Promise.all(
      Object.entries(ends).map(async ([, end]) => {
        const robot = `r${index++}`
        await end(robot)
        startedAt.set(robot, performance.now())
      }),
    )
    owned.push(tab.owners.size)
  }
  expect(startedAt.size).toBe(200)
  // They were driven: silence takes a while to be noticed.
  expect(Math.max(...owned)).toBeGreaterThan(0)
  await eventually(() => expect(tab.owners.size).toBe(0))
  await eventually(async () => expect(await metric('simyard_relay_members')).toBe(0))
  expect(await metric('simyard_relay_connections')).toBe(1)
  await eventually(() => expect(freedAfter.size).toBe(200))
  // One second of pings, and what a busy machine adds.
  expect(Math.max(...freedAfter.values())).toBeLessThan(5000)
})

test.skipIf(!hasPython)(
  `killed Python programs free their robots at once${hasPython ? '' : ' (skipped: no python3-socketio)'}`,
  async () => {
    const program = `
import sys, time
from fossbot import FossBot
FossBot(sys.argv[2], sys.argv[3], server_address=sys.argv[1], transports=[sys.argv[4]]).get_distance()
time.sleep(100)
`
    const env = { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
    const original = `
import sys, time, socketio
sio = socketio.Client()
@sio.event(namespace='/godot')
def connect():
    param = {'session_id': sys.argv[2], 'user_id': sio.get_sid('/godot'), 'fossbot_name': sys.argv[3], 'func': 'connect'}
    sio.emit('pythonConnect', param, namespace='/godot')
sio.connect(sys.argv[1] + '/godot', namespaces=['/godot'], transports=[sys.argv[4]])
sio.wait()
`
    for (const [round, transport] of ['websocket', 'polling', 'websocket', 'polling'].entries()) {
      const robot = `r${round}`
      const child = spawn(PYTHON, ['-c', original, address, room.id, robot, transport], { env, stdio: 'ignore' })
      children.push(child)
      await driven(robot)
      child.kill('SIGKILL')
      await eventually(() => expect(tab.owners.size).toBe(0), { timeout: 5000 })
    }
    // Our own library keeps its place over a lost connection; after five seconds the robot goes to who asks for it.
    const kept = spawn(PYTHON, ['-c', program, address, room.id, 'r9', 'websocket'], { env, stdio: 'ignore' })
    children.push(kept)
    await driven('r9')
    const before = tab.owners.get('r9')
    kept.kill('SIGKILL')
    const next = await eventually(() => connect({ address, room: room.id, robot: 'r9' }), {
      timeout: 15_000,
      interval: 200,
    })
    closing.push(() => next.close())
    expect(await next.distance()).toBe(10000)
    expect(tab.owners.get('r9')).not.toBe(before)
  },
)

test('ten thousand messages a second of one member are refused, counted and cut, and another notices nothing', async () => {
  const other = await connect({ address, room: room.id, robot: 'r1', transports: ['websocket'] })
  closing.push(() => other.close())
  const medianOf = async (count: number) => {
    const times: number[] = []
    for (let value = 0; value < count; value++) {
      const startedAt = performance.now()
      expect(await other.ask('get_echo', { value })).toBe(value)
      times.push(performance.now() - startedAt)
    }
    return times.sort((a, b) => a - b)[Math.floor(count / 2)]!
  }
  await medianOf(100)
  const before = await medianOf(300)
  const flood = `
import { io } from 'socket.io-client'
const [address, session_id] = process.argv.slice(1)
const socket = io(address + '/godot', { transports: ['websocket'] })
socket.on('connect', () => socket.emit('pythonConnect', { session_id, fossbot_name: 'r0', func: 'connect' }))
setInterval(() => {
  for (let i = 0; i < 120 && socket.connected; i++) socket.emit('clientMessage', { func: 'stop', fossbot_name: 'r0' })
}, 10)
`
  const child = spawn(process.execPath, ['--input-type=module', '-e', flood, address, room.id], {
    cwd: repositoryRoot,
    stdio: 'ignore',
  })
  children.push(child)
  await eventually(
    async () => expect(await metric('simyard_relay_refusals_total{code="RATE_LIMITED"}')).toBeGreaterThan(0),
    { timeout: 20_000 },
  )
  const during = await medianOf(300)
  expect(await metric('simyard_relay_ignored_total')).toBeGreaterThan(0)
  // Three programs share two cores here; a relay that took everything would be late by seconds.
  expect(during).toBeLessThan(Math.max(20, before * 20))
  await eventually(async () => expect(await metric('simyard_relay_cut_total{reason="flood"}')).toBeGreaterThan(0))
  expect(await other.ask('get_echo', { value: 'well' })).toBe('well')
})
