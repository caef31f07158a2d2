import { HostedRoom } from '@simyard/client'
import { encodeFrame, type FeedMessage, type FeedOffer, feedEvent, type ServerToSimulator } from '@simyard/protocol'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { Feed } from '@simyard/stream'
import { FossbotSimulator, FrameViewer, TextSocket } from '@simyard/testkit'
import { io, type Socket } from 'socket.io-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { RelayServerConfig } from '../config.js'
import { RelayServer } from '../relay-server.js'

type Answer = Record<string, unknown> & { ok: boolean; error?: { code: string } }
interface Access {
  readonly id: string
  readonly code: string
  readonly key: string
}

const NOTHING = new Uint8Array(0)
const PATIENCE = { timeout: 15_000 }
const XML = '<nodes><Scene id="n-1"/></nodes>'
let relay: RelayServer
let port: Listening
let address: string
const closing: (() => void)[] = []

async function start(settings: Partial<RelayServerConfig> = {}): Promise<void> {
  relay = new RelayServer({
    config: RelayServerConfig.parse(settings),
    log: createLogger({ name: 'relay', level: 'error' }),
  })
  port = await listen(relay, { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
}

async function stop(): Promise<void> {
  for (const close of closing.splice(0)) close()
  await relay.close()
  await port.close()
}

async function restart(settings: Partial<RelayServerConfig>): Promise<void> {
  await stop()
  await start(settings)
}

beforeEach(() => start())
afterEach(stop)

const openRoom = async (): Promise<Access> =>
  (await (await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).json()) as Access
const lookAt = async (name: string) =>
  (await (await fetch(`${address}/api/v1/rooms/${name}`)).json()) as Record<string, unknown>

const loaded = (world: string) =>
  ({
    type: 'loaded',
    world,
    title: 'A world',
    info: [],
    basicTimeStepMs: 16,
    fps: 60,
    robots: [],
    diagnostics: [],
  }) as const

/** A simulator with a world of one node, as a tab hosts it: everything but the physics. */
class Host {
  readonly asked: ServerToSimulator[] = []
  refused: { readonly code: string } | undefined
  readonly feed = new Feed({ toSimulator: (message) => this.answer(message), now: () => performance.now() })
  readonly room: HostedRoom
  private timeMs = 0

  constructor(
    access: Access,
    { world = 'worlds/a.wbt', offer = {} }: { readonly world?: string; readonly offer?: Partial<FeedOffer> } = {},
  ) {
    const { feed } = this
    this.feed.take(loaded(world), NOTHING)
    this.frame('0 0 0', true)
    this.feed.take({ type: 'mode', mode: 'real-time', timeMs: 0, by: 'request' }, NOTHING)
    this.room = new HostedRoom(
      {
        address,
        transports: ['websocket'],
        onCommand: (_command, reply) => reply('done'),
        feed: {
          offer: () => ({
            host: 'tab',
            title: 'A world',
            project: `${address}/projects/a/`,
            assets: `${address}/assets/`,
            ...offer,
          }),
          begin: (send) => feed.begin(send),
          end: () => feed.end(),
          request: (message) => feed.request(message),
        },
        onFeedRefused: (error) => {
          this.refused = error
        },
      },
      access,
    )
    closing.push(() => this.room.close())
    this.room.open()
  }

  private answer(message: ServerToSimulator): void {
    this.asked.push(message)
    if (message.type !== 'export-scene') return
    this.feed.take({ type: 'scene', request: message.request }, new TextEncoder().encode(XML))
  }

  frame(translation: string, full = false): void {
    this.timeMs += 32
    const updates = [{ id: 1, translation }]
    this.feed.take({ type: 'frame', frame: { timeMs: full ? 0 : this.timeMs, updates }, full }, NOTHING)
  }
}

async function hosted(options: ConstructorParameters<typeof Host>[1] = {}): Promise<{ access: Access; host: Host }> {
  const access = await openRoom()
  const host = new Host(access, options)
  await vi.waitFor(async () => expect((await lookAt(access.id)).simulator).toBe('here'), PATIENCE)
  return { access, host }
}

async function watch(name: string, ...words: string[]): Promise<TextSocket> {
  const socket = await TextSocket.open(`${address.replace('http', 'ws')}/api/v1/rooms/${name}/stream/`)
  closing.push(() => socket.close())
  for (const word of words) socket.send(word)
  return socket
}

/** A page of ours, told what it is refused for. */
async function refusalOf(socket: TextSocket): Promise<string> {
  const event = await socket.next((text) => text.startsWith('simyard:{"type":"ended"'))
  const { reason } = await socket.untilClosed()
  const { error } = JSON.parse(event.slice('simyard:'.length)) as { error: { code: string } }
  expect(reason).toBe(error.code)
  return error.code
}

const watchOurs = (name: string) => watch(name, 'simyard:hello', 'x3d')

async function own(
  access: Access,
): Promise<{ ask(event: string, payload?: object): Promise<Answer>; events: string[] }> {
  const socket: Socket = io(`${address}/godot`, { forceNew: true, transports: ['websocket'] })
  closing.push(() => socket.disconnect())
  const events: string[] = []
  socket.onAny((event, payload) => events.push(`${event} ${JSON.stringify(payload)}`))
  const ask = (event: string, payload: object = {}) => socket.emitWithAck(event, payload) as Promise<Answer>
  expect((await ask('join_room', { room: access.id, key: access.key, username: 'Owner' })).ok).toBe(true)
  return { ask, events }
}

const has = (part: string) => (text: string) => text.includes(part)

test('who watches by code sees the scene and what moves, in either dialect, and nothing is sent before and after', async () => {
  const { access, host } = await hosted()
  host.frame('1 0 0')
  expect(host.feed.isWanted).toBe(false)
  const newer = await watch(access.code, 'w3d')
  expect(await newer.next(has('model:'))).toContain(XML)
  await newer.next(has('"translation":"1 0 0"'))
  host.frame('2 0 0')
  expect(JSON.parse((await newer.next(has('"2 0 0"'))).slice('application/json:'.length))).toEqual({
    time: 96,
    updates: [{ id: 1, translation: '2 0 0' }],
  })
  const older = await TextSocket.open(`${address.replace('http', 'ws')}/api/v1/rooms/${access.id}/stream/?dialect=2019`)
  older.send('x3d')
  expect(await older.next(has('application/json:'))).toContain('"poses":[{"id":1,"translation":"2 0 0"}]')
  expect(await lookAt(access.code)).toMatchObject({ watchers: 2, host: 'tab', title: 'A world', members: 0 })
  older.close()
  newer.close()
  await vi.waitFor(() => expect(host.feed.isWanted).toBe(false), PATIENCE)
  expect(await (await fetch(`${address}/metrics`)).text()).toContain('simyard_relay_watched_rooms 0')
}, 30_000)

test('our own pages get bytes, by an address that lets one watch and nothing else', async () => {
  const { access, host } = await hosted()
  const { watch_id } = await lookAt(access.code)
  const viewer = await FrameViewer.open(`${address.replace('http', 'ws')}/api/v1/rooms/${watch_id}/stream/`)
  closing.push(() => viewer.close())
  await viewer.until(({ newest }) => newest !== undefined)
  host.frame('3 0 0')
  await viewer.until(({ newest }) => newest?.frame.poses[0]?.translation?.[0] === 3)
  const socket: Socket = io(`${address}/godot`, { forceNew: true, transports: ['websocket'] })
  closing.push(() => socket.disconnect())
  const answer = (await socket.emitWithAck('join_room', { room: watch_id, username: 'Eve' })) as Answer
  expect(answer.error?.code).toBe('ROOM_NOT_FOUND')
})

test('whatever a watcher says changes nothing, before and after it has subscribed', async () => {
  const { access, host } = await hosted()
  const words = [
    'reset',
    'pause',
    'step',
    'fast:-1',
    'real-time:-1',
    'reload',
    'revert',
    'load:worlds/b.wbt',
    'timeout:0',
    'robot:fossbot:boom',
    'set controller:a/a.py:1\nx',
    'get controller:a',
    'simyard:{"type":"drive","robot":"fossbot","device":"left","velocity":9}',
  ]
  const socket = await watch(access.code, ...words, 'simyard:hello', 'x3d', ...words)
  await socket.next(has('model:'))
  socket.send('simyard:{"type":"watch","robots":["fossbot"],"pictures":[],"contacts":true}')
  await vi.waitFor(() => expect(host.asked.map(({ type }) => type)).toContain('watch'), PATIENCE)
  expect(new Set(host.asked.map(({ type }) => type))).toEqual(new Set(['export-scene', 'watch']))
  expect(await socket.next(has('STREAM_BAD_MESSAGE'))).toContain('only watches')
  host.frame('4 0 0')
  await socket.next(has('"4 0 0"'))
})

test('a host that reloads, or whose line breaks, is followed to its new world by itself', async () => {
  const { access, host } = await hosted()
  const socket = await watch(access.code, 'w3d')
  await socket.next(has('model:'))
  host.room.close()
  const from = socket.received.length
  const next = new Host(access, { world: 'worlds/b.wbt' })
  expect(await socket.next(has('world:'), { from })).toBe('world:worlds/b.wbt:worlds/b.wbt')
  await socket.next(has('model:'), { from })
  next.frame('7 0 0')
  await socket.next(has('"7 0 0"'), { from })
  expect(socket.closed).toBeUndefined()
})

test('who comes before the simulator waits for it', async () => {
  const access = await openRoom()
  const socket = await watch(access.code, 'w3d')
  expect(await socket.next(has('loading:'))).toContain('Waiting for the simulator')
  new Host(access)
  await socket.next(has('model:'))
})

test('the original’s page has no stream, and whoever wants to watch is told so in its own words', async () => {
  const access = await openRoom()
  const early = await watchOurs(access.code)
  const simulator = new FossbotSimulator({ address, identity: { session_id: access.id, key: access.key } })
  closing.push(() => simulator.close())
  expect(await refusalOf(early)).toBe('ROOM_NOT_WATCHABLE')
  expect(await refusalOf(await watchOurs(access.code))).toBe('ROOM_NOT_WATCHABLE')
  const plain = await watch(access.code, 'x3d')
  expect(await plain.next(has('stderr:'))).toContain('cannot be watched')
  expect((await plain.untilClosed()).code).toBe(1001)
  expect(await lookAt(access.code)).toMatchObject({ not_watchable: { code: 'ROOM_NOT_WATCHABLE' } })
  expect(await refusalOf(await watchOurs('AAA-AAA'))).toBe('ROOM_NOT_FOUND')
})

test('owners lock, admit, remove, invite, and let nobody watch; they see how many do', async () => {
  const { access } = await hosted()
  const owner = await own(access)
  const first = await watchOurs(access.code)
  await first.next(has('model:'))
  await vi.waitFor(() => expect(owner.events).toContain('watchers_changed {"watchers":1}'), PATIENCE)

  await owner.ask('set_room', { locked: true })
  expect(await refusalOf(await watchOurs(access.code))).toBe('ROOM_LOCKED')

  await owner.ask('set_room', { locked: false, admission: true })
  const waits = await watchOurs(access.code)
  expect(await waits.next(has('loading:'))).toContain('Waiting for the owner')
  const { waiting } = (await owner.ask('list_members')) as unknown as { waiting: { user_id: string }[] }
  expect((await owner.ask('admit_member', { user_id: waiting[0]!.user_id })).ok).toBe(true)
  await waits.next(has('model:'))
  const unwanted = await watchOurs(access.code)
  await unwanted.next(has('loading:'))
  const [knocks] = ((await owner.ask('list_members')) as unknown as { waiting: { user_id: string }[] }).waiting
  await owner.ask('remove_member', { user_id: knocks!.user_id })
  expect(await refusalOf(unwanted)).toBe('ROOM_REMOVED')

  const authorization = `Bearer ${access.key}`
  const body = JSON.stringify({ username: 'Grace', role: 'viewer' })
  const tokens = `${address}/api/v1/rooms/${access.id}/tokens`
  const { token } = (await (await fetch(tokens, { method: 'POST', headers: { authorization }, body })).json()) as {
    token: string
  }
  const invited = await TextSocket.open(
    `${address.replace('http', 'ws')}/api/v1/rooms/${access.id}/stream/?token=${token}/`,
  )
  invited.send('w3d')
  await invited.next(has('model:'))
  const { watching } = (await owner.ask('list_members')) as unknown as {
    watching: { user_id: string; username: string }[]
  }
  expect(watching.map(({ username }) => username)).toEqual(['A watcher', 'A watcher', 'Grace'])
  await owner.ask('remove_member', { user_id: watching[0]!.user_id })
  expect(await refusalOf(first)).toBe('ROOM_REMOVED')

  await owner.ask('set_room', { watching: false })
  expect(await refusalOf(waits)).toBe('ROOM_REMOVED')
  expect((await invited.untilClosed()).reason).toBe('ROOM_REMOVED')
  expect(await lookAt(access.code)).toMatchObject({ watching: false, watchers: 0 })
  expect(await lookAt(access.code)).not.toHaveProperty('watch_id')
  expect(await refusalOf(await watchOurs(access.code))).toBe('ROOM_LOCKED')
}, 30_000)

test('a room has so many who watch, and the next one is told', async () => {
  await restart({ maxWatchers: 2 })
  const { access } = await hosted()
  const [one] = await Promise.all([watchOurs(access.code), watchOurs(access.code)])
  await one.next(has('model:'))
  await vi.waitFor(async () => expect((await lookAt(access.code)).watchers).toBe(2), PATIENCE)
  expect(await refusalOf(await watchOurs(access.code))).toBe('ROOM_FULL')
})

test('a watcher that is heard too often is closed, and nobody else is', async () => {
  const { access } = await hosted()
  const [quiet, loud] = await Promise.all([watchOurs(access.code), watchOurs(access.code)])
  for (let count = 0; count < 2500; count++) loud.send('simyard:{"type":"ack","frame":1}')
  expect(await loud.untilClosed()).toEqual({ code: 1008, reason: 'RATE_LIMITED' })
  await quiet.next(has('model:'))
  expect(quiet.closed).toBeUndefined()
})

test('the end of a room, and of its simulator, is told with its reason', async () => {
  await restart({ returnTime: 0.5 })
  const first = await hosted()
  const socket = await watchOurs(first.access.code)
  await socket.next(has('model:'))
  first.host.room.close()
  expect(await refusalOf(socket)).toBe('ROOM_SIMULATOR_LEFT')
  expect(await refusalOf(await watchOurs(first.access.code))).toBe('ROOM_SIMULATOR_MISSING')
  const second = await hosted()
  const other = await watchOurs(second.access.code)
  await other.next(has('model:'))
  await relay.close()
  expect(await refusalOf(other)).toBe('ROOM_ENDED')
}, 30_000)

test('files made in the run are served, others are looked for at the host’s own addresses', async () => {
  const { access, host } = await hosted()
  const base = `${address}/api/v1/rooms/${(await lookAt(access.code)).watch_id}/stream`
  host.feed.take({ type: 'made-file', path: 'made/floor-1.png' }, Uint8Array.of(137, 80, 78, 71))
  const socket = await watch(access.code, 'w3d')
  await socket.next(has('model:'))
  const made = await fetch(`${base}/made/floor-1.png`)
  expect([made.status, made.headers.get('content-type'), made.headers.get('access-control-allow-origin')]).toEqual([
    200,
    'image/png',
    '*',
  ])
  expect([...new Uint8Array(await made.arrayBuffer())]).toEqual([137, 80, 78, 71])
  const ask = (path: string, headers = {}) => fetch(`${base}/${path}`, { redirect: 'manual', headers })
  const places = await Promise.all(['worlds/textures/a b.png', 'assets/protos/x.png'].map((path) => ask(path)))
  expect(places.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
    [302, `${address}/projects/a/worlds/textures/a%20b.png`],
    [302, `${address}/assets/protos/x.png`],
  ])
  // What a person clicks on leads nowhere else, and no path leads out of the project.
  expect((await ask('worlds/a.png', { accept: 'text/html,*/*' })).status).toBe(404)
  for (const path of ['..%2f..%2fsecret', 'a//b', 'a%5c..%5cb', '%']) expect((await ask(path)).status).toBe(400)
  expect((await ask('')).status).toBe(426)
})

// ---- strangers' tabs --------------------------------------------------------------------------------------------

/** A simulator that sends what it likes; resolves with the number of the feed that is wanted of it. */
async function liar(access: Access, code: string): Promise<{ socket: Socket; feed: number; watcher: TextSocket }> {
  const socket = io(`${address}/godot`, { forceNew: true, transports: ['websocket'] })
  closing.push(() => socket.disconnect())
  const wanted = new Promise<number>((resolve) => {
    socket.on(feedEvent.wanted, ({ feed }: { feed: number }) => resolve(feed))
  })
  const feed = { host: 'tab', title: '', project: `${address}/p/`, assets: `${address}/a/` }
  socket.emit('browserConnect', { session_id: access.id, key: access.key, feed })
  await vi.waitFor(async () => expect((await lookAt(access.id)).simulator).toBe('here'), PATIENCE)
  const watcher = await watchOurs(code)
  return { socket, feed: await wanted, watcher }
}

const frameOf = (message: unknown, body?: Uint8Array) => Buffer.from(encodeFrame(message, body))

test.each([
  ['bytes that are no frame', Buffer.alloc(64, 0xff)],
  ['text that is no JSON', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0x7b])],
  ['a message of nobody', frameOf({ type: 'launch', code: 0 })],
  ['a message for servers', frameOf({ type: 'read-file', request: 1, scope: 'project', path: '/etc/passwd' })],
  ['a field of another kind', frameOf({ type: 'console', stream: 'stdout', line: { toString: 1 } })],
  ['a node without a number', frameOf({ type: 'frame', full: true, frame: { timeMs: 0, updates: [{ id: '1' }] } })],
  ['a path out of the run', frameOf({ type: 'made-file', path: '../index.html' }, Buffer.from('x'))],
])('%s: the watchers are told, and programs go on', async (_what, bytes) => {
  const access = await openRoom()
  const { socket, feed, watcher } = await liar(access, access.code)
  socket.emit(feedEvent.piece, feed, bytes)
  expect(await refusalOf(watcher)).toBe('STREAM_BAD_MESSAGE')
  expect(socket.connected).toBe(true)
  expect((await lookAt(access.id)).simulator).toBe('here')
  expect(await refusalOf(await watchOurs(access.code))).toBe('STREAM_BAD_MESSAGE')
})

test('who feeds without waiting is refused; who fills the memory is, too', async () => {
  await restart({ feedBytesPerSecond: 100_000 })
  const access = await openRoom()
  const fast = await liar(access, access.code)
  const line = frameOf({ type: 'console', stream: 'stdout', line: 'x'.repeat(8000) })
  for (let count = 0; count < 700; count++) fast.socket.emit(feedEvent.piece, fast.feed, line)
  expect(await refusalOf(fast.watcher)).toBe('RATE_LIMITED')

  await restart({ feedBytesPerSecond: 1_000_000_000, watchMemory: 2 })
  const other = await openRoom()
  const full = await liar(other, other.code)
  const field = 'x'.repeat(90_000)
  for (let id = 1; id < 40; id++) {
    const message: FeedMessage = { type: 'frame', full: false, frame: { timeMs: id, updates: [{ id, name: field }] } }
    full.socket.emit(feedEvent.piece, full.feed, frameOf(message))
  }
  expect(await refusalOf(full.watcher)).toBe('SCENE_TOO_LARGE')
}, 30_000)

test('an honest host on a narrow allowance is slowed down, and not refused', async () => {
  await restart({ feedBytesPerSecond: 20_000 })
  const { access, host } = await hosted()
  const socket = await watch(access.code, 'w3d')
  await socket.next(has('model:'))
  const until = performance.now() + 3000
  let sent = 0
  while (performance.now() < until) {
    for (let burst = 0; burst < 10; burst++) host.frame(`${++sent} ${'0'.repeat(500)} 0`)
    await new Promise((resolve) => setImmediate(resolve))
  }
  host.frame('-1 0 0')
  await socket.next(has('"-1 0 0"'), { timeoutMs: 15_000 })
  expect(host.refused).toBeUndefined()
  expect(socket.received.length).toBeLessThan(sent / 2)
}, 30_000)

test('nobody but the room’s simulator shows it, and no piece of an earlier feed counts', async () => {
  const { access, host } = await hosted()
  const socket = await watchOurs(access.code)
  await socket.next(has('model:'))
  const forged = frameOf({ type: 'console', stream: 'stdout', line: 'forged' })
  const other = await hosted()
  for (const identity of [
    { event: 'pythonConnect', payload: { session_id: access.id, func: 'connect', fossbot_name: 'fossbot' } },
    { event: 'join_room', payload: { room: access.id, key: access.key, username: 'Owner' } },
    { event: 'browserConnect', payload: { session_id: other.access.id, key: other.access.key } },
    undefined,
  ]) {
    const member = io(`${address}/godot`, { forceNew: true, transports: ['websocket'] })
    closing.push(() => member.disconnect())
    if (identity) member.emit(identity.event, identity.payload)
    for (let feed = 0; feed < 4; feed++) member.emit(feedEvent.piece, feed, forged)
    member.emit(feedEvent.piece, 'x', 'y', 'z')
    // Answered after what was said before.
    await member.emitWithAck('list_members')
  }
  host.frame('9 0 0')
  await socket.next(has('"9 0 0"'))
  expect(socket.received.filter(has('forged'))).toEqual([])
})
