import type { Socket as TcpSocket } from 'node:net'
import { eventually, type FossbotSimulator } from '@simyard/testkit'
import { io, type Socket } from 'socket.io-client'
// @ts-expect-error: this release does not tell its types to this kind of import.
import { io as io40 } from 'socket.io-client-4.0'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RelayBench } from './relay.bench.js'

type Message = Record<string, unknown>

const bench = new RelayBench()
beforeEach(() => bench.start())
afterEach(() => bench.stop())
afterAll(() => bench.remove())

interface OpenedPage {
  readonly id: string
  readonly code: string
  readonly key: string
  readonly cookie: string
}

async function openPage(cookie?: string): Promise<OpenedPage> {
  const response = await fetch(`${bench.address}/api/v1/rooms`, { method: 'POST', headers: cookie ? { cookie } : {} })
  const [set = ''] = response.headers.getSetCookie()
  return { ...((await response.json()) as Omit<OpenedPage, 'cookie'>), cookie: set.split(';')[0]! }
}

/** A simulator page of the original: a cookie, and a bare `browserConnect`. */
async function simulate(
  page: OpenedPage,
  { robots, referer }: { robots?: string[]; referer?: string } = {},
): Promise<FossbotSimulator> {
  const extraHeaders = { cookie: page.cookie, ...(referer ? { referer } : {}) }
  const simulator = bench.simulator({ robots, socket: { extraHeaders, reconnectionDelay: 10 } })
  await bench.untilSimulatorIs('here', page.id)
  return simulator
}

interface Program {
  readonly socket: Socket
  readonly replies: Message[]
  readonly errors: Message[]
  readonly commands: Message[]
  ask(func: string, parameters?: Message): Promise<unknown>
}

/** A program as the JavaScript library is one: it joins whenever it is connected, and asks by `func`. */
function program(
  sessionId: string,
  options: { robot?: string; join?: Message; socket?: object; client?: typeof io } = {},
): Program {
  const { robot = 'fossbot', join = {}, socket: socketOptions = {}, client = io } = options
  const socket = client(`${bench.address}/godot`, { forceNew: true, ...socketOptions })
  bench.closeAtEnd(() => socket.disconnect())
  const replies: Message[] = []
  const errors: Message[] = []
  const commands: Message[] = []
  socket.on('connect', () => {
    const user_id = socket.id
    socket.emit('pythonConnect', { session_id: sessionId, user_id, fossbot_name: robot, func: 'connect', ...join })
  })
  socket.on('godotMessage', (message) => replies.push(message))
  socket.on('godotError', (message) => errors.push(message))
  socket.on('clientMessage', (message) => commands.push(message))
  const ask = (func: string, parameters: Message = {}) =>
    new Promise<unknown>((resolve, reject) => {
      socket.once('godotMessage', ({ data }) => resolve(data))
      socket.once('godotError', ({ data }) => reject(new Error(data)))
      socket.emit('clientMessage', { func, fossbot_name: robot, ...parameters })
    })
  return { socket, replies, errors, commands, ask }
}

const connected = (socket: Socket) => eventually(() => expect(socket.connected && socket.id).toBeTruthy())

const clients: [string, typeof io, string[]][] = [
  ['newest by polling', io, ['polling']],
  ['newest by websocket', io, ['websocket']],
  ['4.0.1 by polling', io40 as unknown as typeof io, ['polling']],
  ['4.0.1 by websocket', io40 as unknown as typeof io, ['websocket']],
]

describe.each(clients)('a program with socket.io-client %s', (_name, client, transports) => {
  test('asks before it has joined, and gets its answers in order without an echo', async () => {
    const page = await openPage()
    const simulator = await simulate(page)
    const { socket, replies, commands } = program(page.id, { client, socket: { transports } })
    // At once, as a script does: newer clients send this before pythonConnect.
    for (let value = 0; value < 100; value++) {
      socket.emit('clientMessage', { func: 'get_echo', fossbot_name: 'fossbot', value, user_id: 'somebody' })
    }
    await eventually(() => expect(replies).toHaveLength(100))
    expect(replies.map(({ data }) => data)).toEqual(Array.from({ length: 100 }, (_, value) => value))
    expect(replies[0]).toEqual({ data: 0, fossbot_name: 'fossbot', user_id: socket.id })
    expect(commands).toEqual([])
    expect(simulator.received[0]).toEqual({
      session_id: page.id,
      user_id: socket.id,
      fossbot_name: 'fossbot',
      func: 'connect',
    })
    expect(simulator.received[1]).toEqual({
      func: 'get_echo',
      fossbot_name: 'fossbot',
      value: 0,
      user_id: socket.id,
    })
    const { id } = socket
    socket.disconnect()
    await eventually(() => expect(simulator.received.at(-1)).toEqual({ func: 'exit', user_id: id }))
    expect(simulator.owners.size).toBe(0)
  })
})

test('the handshake is that of the original', async () => {
  const open = await fetch(`${bench.address}/socket.io/?EIO=4&transport=polling`)
  expect(JSON.parse((await open.text()).slice(1))).toMatchObject({
    pingInterval: 25_000,
    pingTimeout: 20_000,
    upgrades: ['websocket'],
  })
  expect((await fetch(`${bench.address}/socket.io/?EIO=3&transport=polling`)).status).toBe(400)
  expect((await fetch(`${bench.address}/socket.io/?transport=polling`)).status).toBe(400)
  const unknown = await fetch(`${bench.address}/socket.io/?EIO=4&transport=polling&sid=nobody`)
  expect(unknown.status).toBe(400)
})

test('pages of other sites may not connect, those of the same host may by any of its names', async () => {
  const status = async (origin: string) =>
    (await fetch(`${bench.address}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })).status
  expect(await status('http://elsewhere.example')).toBe(403)
  expect(await status(bench.address)).toBe(200)
  expect(await status(bench.address.replace('127.0.0.1', 'localhost'))).toBe(200)
})

test('an environment user changes the scene, and its end is told by another word', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const { socket } = program(page.id, { join: { env_user: true, func: 'connect_env', fossbot_name: undefined } })
  const answer = new Promise((resolve) => socket.once('godotMessage', resolve))
  await connected(socket)
  socket.emit('clientMessage', { func: 'reset_terrain', floor_index: '0' })
  expect(await answer).toEqual({ data: 'Terrain Reset.', user_id: socket.id })
  const { id } = socket
  socket.disconnect()
  await eventually(() => expect(simulator.received.at(-1)).toEqual({ func: 'exit_env', user_id: id }))
})

test('a second driver of a robot gets the exact error, and the first one notices nothing', async () => {
  const page = await openPage()
  await simulate(page)
  const first = program(page.id)
  expect(await first.ask('get_distance')).toBe(10000)
  const second = program(page.id)
  await eventually(() => expect(second.errors).toHaveLength(1))
  expect(second.errors[0]).toMatchObject({
    data: 'fossbot is already controlled by another user!',
    fossbot_name: 'fossbot',
    user_id: second.socket.id,
    code: 'ROBOT_TAKEN',
  })
  second.socket.disconnect()
  expect(await first.ask('get_echo', { value: 'mine' })).toBe('mine')
})

test('a robot that is not there gives the exact error, and stays free', async () => {
  const page = await openPage()
  await simulate(page)
  const wrong = program(page.id, { robot: 'fosbot' })
  await eventually(() => expect(wrong.errors[0]?.data).toBe('Requested fosbot does not exist in scene.'))
})

test('a room that is not there, and one without its simulator, are told at once', async () => {
  const page = await openPage()
  const lost = program('0b0f0d9c-9f3a-4d0e-8f41-000000000000')
  const early = program(page.id)
  await eventually(() => expect(lost.errors[0]?.code).toBe('ROOM_NOT_FOUND'))
  await eventually(() => expect(early.errors[0]?.code).toBe('ROOM_SIMULATOR_MISSING'))
})

test('pythonConnect without a room is refused with what is wrong', async () => {
  const { socket, errors } = program('')
  await eventually(() => expect(errors[0]?.data).toMatch(/^pythonConnect: session_id is wrong/))
  socket.emit('pythonConnect', 'text')
  await eventually(() => expect(errors[1]?.code).toBe('ROOM_BAD_MESSAGE'))
  socket.emit('an event that nobody knows', 1)
  expect(socket.connected).toBe(true)
})

test('a second pythonConnect moves a program to the other room', async () => {
  const [left, right] = [await openPage(), await openPage()]
  const [old, next] = [await simulate(left), await simulate(right)]
  const { socket, ask } = program(left.id)
  await ask('get_distance')
  socket.emit('pythonConnect', { session_id: right.id, user_id: socket.id, fossbot_name: 'fossbot', func: 'connect' })
  expect(await ask('get_echo', { value: 2 })).toBe(2)
  await eventually(() => expect(old.received.at(-1)).toEqual({ func: 'exit', user_id: socket.id }))
  expect(next.received.at(-1)).toMatchObject({ func: 'get_echo', value: 2 })
})

test('nobody speaks for another, and only the simulator answers', async () => {
  const page = await openPage()
  const simulator = await simulate(page, { robots: ['a', 'b'] })
  const victim = program(page.id, { robot: 'a' })
  await victim.ask('get_distance')
  const thief = program(page.id, { robot: 'b', join: { user_id: victim.socket.id } })
  await thief.ask('get_distance')
  expect(simulator.owners.get('b')).toBe(thief.socket.id)
  const before = victim.replies.length
  for (const event of ['godotMessage', 'godotError']) {
    thief.socket.emit(event, { data: 'forged', fossbot_name: 'a', user_id: victim.socket.id })
    thief.socket.emit(event, { data: 'forged', user_id: page.id })
  }
  await eventually(() => expect(thief.errors).toHaveLength(4))
  expect(thief.errors.map(({ code }) => code)).toEqual(Array(4).fill('ROOM_ROLE_REFUSED'))
  thief.socket.disconnect()
  await eventually(() => expect(simulator.owners.has('b')).toBe(false))
  expect(await victim.ask('get_echo', { value: 'still mine' })).toBe('still mine')
  expect(victim.replies.slice(before).map(({ data }) => data)).toEqual(['still mine'])
  expect(victim.errors).toEqual([])
  expect(await bench.metric('simyard_relay_refusals_total{code="ROOM_ROLE_REFUSED"}')).toBe(4)
  expect(await bench.metric('simyard_relay_corrected_user_ids_total')).toBe(1)
})

test('who joins by code only watches', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const viewer = program(page.code.toLowerCase().replace('-', ' '))
  await connected(viewer.socket)
  viewer.socket.emit('clientMessage', { func: 'just_move', fossbot_name: 'fossbot' })
  viewer.socket.emit('clientMessage', { func: 'remove_all_objects' })
  await eventually(() => expect(viewer.errors).toHaveLength(2))
  expect(viewer.errors.map(({ code }) => code)).toEqual(['ROOM_ROLE_REFUSED', 'ROOM_ROLE_REFUSED'])
  expect(simulator.received).toEqual([])
  expect(await (await fetch(`${bench.address}/api/v1/rooms/${page.code}`)).json()).toEqual({
    simulator: 'here',
    members: 1,
    role: 'viewer',
    watchers: 0,
    watching: true,
    // The original's page shows itself to nobody.
    not_watchable: { code: 'ROOM_NOT_WATCHABLE', message: expect.any(String) },
  })
})

describe('two tabs of one browser', () => {
  test('each keep their own room when the address says which, in whatever order they connect', async () => {
    const first = await openPage()
    const second = await openPage(first.cookie)
    // Both tabs have the cookie of the second.
    const cookie = second.cookie
    const referer = (id: string) => `${bench.address}/godot?session_id=${id}`
    const b = await simulate({ ...second, cookie }, { referer: referer(second.id) })
    const a = await simulate({ ...first, cookie }, { referer: referer(first.id) })
    const [toA, toB] = [program(first.id), program(second.id)]
    expect(await toA.ask('get_echo', { value: 'a' })).toBe('a')
    expect(await toB.ask('get_echo', { value: 'b' })).toBe('b')
    expect([a, b].map(({ received }) => received.at(-1)?.value)).toEqual(['a', 'b'])
    // Connections that are lost come back to their own rooms, though the cookie names one for both.
    for (const { socket } of [b, a]) {
      const lost = new Promise((resolve) => socket.once('disconnect', resolve))
      socket.io.engine.close()
      await lost
    }
    const pages = 'simyard_relay_received_total{event="browserConnect"}'
    await eventually(async () => expect(await bench.metric(pages)).toBe(4))
    expect(await toA.ask('get_echo', { value: 'a again' })).toBe('a again')
    expect(await toB.ask('get_echo', { value: 'b again' })).toBe('b again')
    expect([a, b].map(({ received }) => received.at(-1)?.value)).toEqual(['a again', 'b again'])
  })

  test('are told when nothing says which is which', async () => {
    const first = await openPage()
    const { cookie } = await openPage(first.cookie)
    const tab = bench.simulator({ socket: { extraHeaders: { cookie } } })
    await eventually(() => expect(tab.errors[0]?.code).toBe('ROOM_PAGE_AMBIGUOUS'))
    await eventually(() => expect(tab.socket.connected).toBe(false))
  })

  test('do not take a room that has its simulator', async () => {
    const page = await openPage()
    const simulator = await simulate(page)
    const other = bench.simulator({ socket: { extraHeaders: { cookie: page.cookie } } })
    await eventually(() => expect(other.errors[0]?.code).toBe('ROOM_SIMULATOR_TAKEN'))
    expect(await program(page.id).ask('get_distance')).toBe(10000)
    expect(simulator.received).toHaveLength(2)
    expect(other.received).toEqual([])
  })
})

test('a page without the key is not the simulator of a room', async () => {
  const page = await openPage()
  for (const identity of [{ session_id: page.id }, { session_id: page.id, key: 'guess' }, undefined]) {
    const stranger = bench.simulator({ identity })
    await eventually(() => expect(stranger.errors[0]?.code).toMatch(/^ROOM_(KEY_WRONG|NOT_FOUND)$/))
  }
  bench.simulator({ identity: { session_id: page.id, key: page.key } })
  await bench.untilSimulatorIs('here', page.id)
})

test('commands wait for a simulator whose connection is lost, and nothing is lost or doubled', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const { socket, ask, replies } = program(page.id)
  await ask('get_distance')
  simulator.socket.io.reconnection(false)
  simulator.socket.io.engine.close()
  await bench.untilSimulatorIs('away', page.id)
  for (let value = 0; value < 50; value++)
    socket.emit('clientMessage', { func: 'get_echo', fossbot_name: 'fossbot', value })
  await eventually(async () =>
    expect(await bench.metric('simyard_relay_received_total{event="clientMessage"}')).toBe(51),
  )
  expect(replies).toHaveLength(1)
  simulator.socket.connect()
  await eventually(() => expect(replies).toHaveLength(51))
  expect(replies.slice(1).map(({ data }) => data)).toEqual(Array.from({ length: 50 }, (_, value) => value))
})

test('who waits for an answer is told when the simulator does not come back', async () => {
  await bench.restart({ returnTime: 0.1, simulatorWaitTime: 0.1 })
  const page = await openPage()
  const simulator = await simulate(page)
  const { ask, errors } = program(page.id)
  await ask('get_distance')
  simulator.close()
  await eventually(() => expect(errors[0]?.code).toBe('ROOM_SIMULATOR_LEFT'))
  await bench.untilSimulatorIs(undefined, page.id)
  expect(await bench.metric('simyard_relay_rooms{simulator="gone"}')).toBe(0)
})

test('a program that keeps its place gets what it missed, once, and its messages count once', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const first = program(page.id, { join: { keep_place: true } })
  let place: Message = {}
  first.socket.on('roomPlace', (told) => {
    place = told
  })
  const numbers: number[] = []
  first.socket.on('godotMessage', (_message, number) => numbers.push(number))
  const send = (socket: Socket, value: number) =>
    socket.emit('clientMessage', { func: 'get_echo', fossbot_name: 'fossbot', value }, value)
  await eventually(() => expect(place.return_key).toBeTypeOf('string'))
  for (const value of [1, 2, 3]) send(first.socket, value)
  await eventually(() => expect(numbers).toEqual([1, 2, 3]))
  first.socket.io.reconnection(false)
  first.socket.io.engine.close()
  await eventually(async () => expect(await bench.metric('simyard_relay_connections')).toBe(1))
  simulator.socket.emit('godotMessage', { data: 'meanwhile', user_id: place.user_id })
  const back = program(page.id, { join: { keep_place: true, ...place, last_number: 2 } })
  back.socket.on('roomPlace', (told) => {
    place = told
  })
  await eventually(() => expect(back.replies.map(({ data }) => data)).toEqual([3, 'meanwhile']))
  expect(place.received).toBe(3)
  send(back.socket, 3)
  send(back.socket, 4)
  await eventually(() => expect(back.replies.map(({ data }) => data)).toEqual([3, 'meanwhile', 4]))
  expect(simulator.received.map(({ func }) => func)).not.toContain('exit')
  const thief = program(page.id, { join: { keep_place: true, user_id: place.user_id, return_key: 'guess' } })
  await eventually(() => expect(thief.errors[0]?.code).toBe('ROOM_KEY_WRONG'))
})

test.each(['closed', 'reset'])(
  'a program whose end has %s its connection leaves its robot to who wants it',
  async (how) => {
    const page = await openPage()
    await simulate(page)
    const transports = ['websocket']
    const ended = program(page.id, { join: { keep_place: true }, socket: { transports, reconnection: false } })
    expect(await ended.ask('get_echo', { value: 'first' })).toBe('first')
    const { ws } = ended.socket.io.engine.transport as unknown as { ws: { _socket: TcpSocket } }
    // A process, or a thread of a page, that ends with something unread resets what it had open.
    if (how === 'reset') ws._socket.resetAndDestroy()
    else ws._socket.destroy()
    await eventually(async () => expect(await bench.metric('simyard_relay_connections')).toBe(1))
    const next = program(page.id, { join: { keep_place: true }, socket: { transports } })
    expect(await next.ask('get_echo', { value: 'second' })).toBe('second')
    expect(next.errors).toEqual([])
  },
)

describe('too much', () => {
  const transports: [string][] = [['websocket'], ['polling']]
  test.each(transports)('in one message ends the connection by %s, and nobody else notices', async (transport) => {
    const page = await openPage()
    await simulate(page, { robots: ['a', 'b'] })
    const other = program(page.id, { robot: 'a' })
    await other.ask('get_distance')
    const large = program(page.id, { robot: 'b', socket: { transports: [transport], reconnection: false } })
    const image = 'x'.repeat(900_000)
    expect(await large.ask('get_echo', { value: 1, image })).toBe(1)
    const closed = new Promise((resolve) => large.socket.on('disconnect', resolve))
    large.socket.emit('clientMessage', { func: 'get_echo', fossbot_name: 'b', image: 'x'.repeat(2_000_000) })
    await closed
    expect(await other.ask('get_echo', { value: 2 })).toBe(2)
  })

  test('in a flood is refused once, counted, and then cut; nobody else notices', async () => {
    await bench.restart({ messagesPerSecond: 50 })
    const page = await openPage()
    const simulator = await simulate(page, { robots: ['a', 'b'] })
    const other = program(page.id, { robot: 'a' })
    await other.ask('get_distance')
    const flood = program(page.id, { robot: 'b', socket: { reconnection: false } })
    await connected(flood.socket)
    const closed = new Promise((resolve) => flood.socket.on('disconnect', resolve))
    for (let index = 0; index < 500; index++) flood.socket.emit('clientMessage', { func: 'stop', fossbot_name: 'b' })
    await closed
    expect(flood.errors.map(({ code }) => code)).toEqual(['RATE_LIMITED'])
    expect(await other.ask('get_echo', { value: 2 })).toBe(2)
    const stops = simulator.received.filter(({ func }) => func === 'stop')
    expect(stops.length).toBeGreaterThan(90)
    expect(stops.length).toBeLessThan(120)
    expect(await bench.metric('simyard_relay_cut_total{reason="flood"}')).toBe(1)
    await eventually(() => expect(simulator.owners.has('b')).toBe(false))
  })
})

test('polling clients get at most sixteen packets in one answer', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const { socket, replies } = program(page.id, { socket: { transports: ['polling'] } })
  await connected(socket)
  await eventually(() => expect(simulator.received).toHaveLength(1))
  const batches: number[] = []
  let packets = 0
  socket.io.engine.on('packet', () => packets++)
  socket.io.engine.transport.on('poll', () => {
    batches.push(packets)
    packets = 0
  })
  for (let data = 0; data < 200; data++) simulator.socket.emit('godotMessage', { data, user_id: socket.id })
  await eventually(() => expect(replies).toHaveLength(200))
  expect(replies.map(({ data }) => data)).toEqual(Array.from({ length: 200 }, (_, data) => data))
  expect(batches.length).toBeGreaterThan(10)
  expect(Math.max(...batches)).toBeLessThanOrEqual(16)
})

test('two hundred programs come and go, and the robot is always free for the next', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  for (let index = 0; index < 200; index++) {
    const transports = index % 2 === 0 ? ['websocket'] : ['polling']
    const { socket, ask } = program(page.id, { socket: { transports, reconnection: false } })
    expect(await ask('get_echo', { value: index })).toBe(index)
    if (index % 3 === 0) socket.emit('clientMessage', { func: 'exit', fossbot_name: 'fossbot' })
    if (index % 4 === 0) socket.io.engine.close()
    else socket.disconnect()
    await eventually(() => expect(simulator.owners.size).toBe(0), { interval: 2 })
  }
  await eventually(async () => expect(await bench.metric('simyard_relay_members')).toBe(0))
  const { log } = bench
  expect(log).toContain('A room was opened')
  expect(log).not.toContain('get_echo')
})

test('stopping tells everybody why', async () => {
  const page = await openPage()
  const simulator = await simulate(page)
  const { ask, errors, socket } = program(page.id, { socket: { transports: ['websocket'] } })
  await ask('get_distance')
  await bench.relay.close()
  await eventually(() => expect(errors[0]?.code).toBe('ROOM_ENDED'))
  await eventually(() => expect(socket.connected || simulator.socket.connected).toBe(false))
})
