import { eventually, FrameViewer, TextSocket } from '@simyard/testkit'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { has, refusalOf, WatchBench, XML } from './watch.bench.js'

const bench = new WatchBench()
beforeEach(() => bench.start())
afterEach(() => bench.stop())
afterAll(() => bench.remove())

test('who watches by code sees the scene and what moves, in either dialect, and nothing is sent before and after', async () => {
  const { access, host } = await bench.hosted()
  host.frame('1 0 0')
  expect(host.feed.isWanted).toBe(false)
  const newer = await bench.watch(access.code, 'w3d')
  expect(await newer.next(has('model:'))).toContain(XML)
  await newer.next(has('"translation":"1 0 0"'))
  host.frame('2 0 0')
  expect(JSON.parse((await newer.next(has('"2 0 0"'))).slice('application/json:'.length))).toEqual({
    time: 96,
    updates: [{ id: 1, translation: '2 0 0' }],
  })
  const older = await TextSocket.open(bench.stream(access.id, '?dialect=2019'))
  older.send('x3d')
  expect(await older.next(has('application/json:'))).toContain('"poses":[{"id":1,"translation":"2 0 0"}]')
  expect(await bench.lookAt(access.code)).toMatchObject({ watchers: 2, host: 'tab', title: 'A world', members: 0 })
  older.close()
  newer.close()
  await eventually(() => expect(host.feed.isWanted).toBe(false))
  expect(await (await fetch(`${bench.address}/metrics`)).text()).toContain('simyard_relay_watched_rooms 0')
}, 30_000)

test('our own pages get bytes, by an address that lets one watch and nothing else', async () => {
  const { access, host } = await bench.hosted()
  const { watch_id } = await bench.lookAt(access.code)
  const viewer = await FrameViewer.open(bench.stream(String(watch_id)))
  bench.closeAtEnd(() => viewer.close())
  await viewer.until(({ newest }) => newest !== undefined)
  host.frame('3 0 0')
  await viewer.until(({ newest }) => newest?.frame.poses[0]?.translation?.[0] === 3)
  const socket = bench.connect()
  const answer = (await socket.emitWithAck('join_room', { room: watch_id, username: 'Eve' })) as {
    error?: { code: string }
  }
  expect(answer.error?.code).toBe('ROOM_NOT_FOUND')
})

test('whatever a watcher says changes nothing, before and after it has subscribed', async () => {
  const { access, host } = await bench.hosted()
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
  const socket = await bench.watch(access.code, ...words, 'simyard:hello', 'x3d', ...words)
  await socket.next(has('model:'))
  socket.send('simyard:{"type":"watch","robots":["fossbot"],"pictures":[],"contacts":true}')
  await eventually(() => expect(host.asked.map(({ type }) => type)).toContain('watch'))
  expect(new Set(host.asked.map(({ type }) => type))).toEqual(new Set(['export-scene', 'watch']))
  expect(await socket.next(has('STREAM_BAD_MESSAGE'))).toContain('only watches')
  host.frame('4 0 0')
  await socket.next(has('"4 0 0"'))
})

test('a host that was loaded again is followed to its new world by itself', async () => {
  const { access, host } = await bench.hosted()
  const socket = await bench.watch(access.code, 'w3d')
  await socket.next(has('model:'))
  host.room.close()
  const from = socket.received.length
  const next = bench.host(access, { world: 'worlds/b.wbt' })
  expect(await socket.next(has('world:'), { from })).toBe('world:worlds/b.wbt:worlds/b.wbt')
  await socket.next(has('model:'), { from })
  next.frame('7 0 0')
  await socket.next(has('"7 0 0"'), { from })
  expect(socket.closed).toBeUndefined()
})

test('after a line of the host that broke watchers have its newest state', async () => {
  const { access, host } = await bench.hosted()
  const socket = await bench.watch(access.code, 'w3d')
  await socket.next(has('model:'))
  const from = socket.received.length
  host.breakLine()
  await eventually(() => expect(host.feed.isWanted).toBe(false))
  host.frame('5 0 0')
  await socket.next(has('"5 0 0"'), { from })
  host.frame('6 0 0')
  await socket.next(has('"6 0 0"'), { from })
  expect(socket.closed).toBeUndefined()
})

test('who comes before the simulator waits for it', async () => {
  const access = await bench.openRoom()
  const socket = await bench.watch(access.code, 'w3d')
  expect(await socket.next(has('loading:'))).toContain('Waiting for the simulator')
  bench.host(access)
  await socket.next(has('model:'))
})

test('the original’s page has no stream, and whoever wants to watch is told so in its own words', async () => {
  const access = await bench.openRoom()
  const early = await bench.watchOurs(access.code)
  bench.simulator({ identity: { session_id: access.id, key: access.key } })
  expect(await refusalOf(early)).toBe('ROOM_NOT_WATCHABLE')
  expect(await refusalOf(await bench.watchOurs(access.code))).toBe('ROOM_NOT_WATCHABLE')
  const plain = await bench.watch(access.code, 'x3d')
  expect(await plain.next(has('stderr:'))).toContain('cannot be watched')
  expect((await plain.untilClosed()).code).toBe(1001)
  expect(await bench.lookAt(access.code)).toMatchObject({ not_watchable: { code: 'ROOM_NOT_WATCHABLE' } })
  expect(await refusalOf(await bench.watchOurs('AAA-AAA'))).toBe('ROOM_NOT_FOUND')
})

test('owners lock, admit, remove, invite, and let nobody watch; they see how many do', async () => {
  const { access } = await bench.hosted()
  const owner = await bench.own(access)
  const first = await bench.watchOurs(access.code)
  await first.next(has('model:'))
  await eventually(() => expect(owner.events).toContain('watchers_changed {"watchers":1}'))

  await owner.ask('set_room', { locked: true })
  expect(await refusalOf(await bench.watchOurs(access.code))).toBe('ROOM_LOCKED')

  await owner.ask('set_room', { locked: false, admission: true })
  const waits = await bench.watchOurs(access.code)
  expect(await waits.next(has('loading:'))).toContain('Waiting for the owner')
  const { waiting } = (await owner.ask('list_members')) as unknown as { waiting: { user_id: string }[] }
  expect((await owner.ask('admit_member', { user_id: waiting[0]!.user_id })).ok).toBe(true)
  await waits.next(has('model:'))
  const unwanted = await bench.watchOurs(access.code)
  await unwanted.next(has('loading:'))
  const [knocks] = ((await owner.ask('list_members')) as unknown as { waiting: { user_id: string }[] }).waiting
  await owner.ask('remove_member', { user_id: knocks!.user_id })
  expect(await refusalOf(unwanted)).toBe('ROOM_REMOVED')

  const authorization = `Bearer ${access.key}`
  const body = JSON.stringify({ username: 'Grace', role: 'viewer' })
  const tokens = `${bench.address}/api/v1/rooms/${access.id}/tokens`
  const { token } = (await (await fetch(tokens, { method: 'POST', headers: { authorization }, body })).json()) as {
    token: string
  }
  const invited = await TextSocket.open(bench.stream(access.id, `?token=${token}/`))
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
  expect(await bench.lookAt(access.code)).toMatchObject({ watching: false, watchers: 0 })
  expect(await bench.lookAt(access.code)).not.toHaveProperty('watch_id')
  expect(await refusalOf(await bench.watchOurs(access.code))).toBe('ROOM_LOCKED')
}, 30_000)

test('a room has so many who watch, and the next one is told', async () => {
  await bench.restart({ maxWatchers: 2 })
  const { access } = await bench.hosted()
  const [one] = await Promise.all([bench.watchOurs(access.code), bench.watchOurs(access.code)])
  await one.next(has('model:'))
  await eventually(async () => expect((await bench.lookAt(access.code)).watchers).toBe(2))
  expect(await refusalOf(await bench.watchOurs(access.code))).toBe('ROOM_FULL')
})

test('a watcher whose line has died without a word keeps no place', async () => {
  await bench.restart({ pingInterval: 0.2, pingTimeout: 0.5 })
  const { access } = await bench.hosted()
  const quiet = await bench.watchOurs(access.code)
  const dead = new WebSocket(bench.stream(access.code), { autoPong: false })
  bench.closeAtEnd(() => dead.terminate())
  const closed = new Promise((resolve) => dead.once('close', resolve))
  await eventually(async () => expect((await bench.lookAt(access.code)).watchers).toBe(2))
  await closed
  await eventually(async () => expect((await bench.lookAt(access.code)).watchers).toBe(1))
  expect(quiet.closed).toBeUndefined()
})

test('a watcher that is heard too often is closed, and nobody else is', async () => {
  const { access } = await bench.hosted()
  const [quiet, loud] = await Promise.all([bench.watchOurs(access.code), bench.watchOurs(access.code)])
  for (let count = 0; count < 2500; count++) loud.send('simyard:{"type":"ack","frame":1}')
  expect(await loud.untilClosed()).toEqual({ code: 1008, reason: 'RATE_LIMITED' })
  await quiet.next(has('model:'))
  expect(quiet.closed).toBeUndefined()
})

test('the end of a room, and of its simulator, is told with its reason', async () => {
  await bench.restart({ returnTime: 0.5 })
  const first = await bench.hosted()
  const socket = await bench.watchOurs(first.access.code)
  await socket.next(has('model:'))
  first.host.room.close()
  expect(await refusalOf(socket)).toBe('ROOM_SIMULATOR_LEFT')
  expect(await refusalOf(await bench.watchOurs(first.access.code))).toBe('ROOM_SIMULATOR_MISSING')
  const second = await bench.hosted()
  const other = await bench.watchOurs(second.access.code)
  await other.next(has('model:'))
  await bench.relay.close()
  expect(await refusalOf(other)).toBe('ROOM_ENDED')
}, 30_000)

test.each([
  ['http://localhost:PORT/p/', '/p/a.png'],
  ['http://127.0.0.1:PORT/prefix/p/', '/prefix/p/a.png'],
  ['http://localhost:1/p/', 'http://localhost:1/p/a.png'],
  ['https://robots.example/p/', 'https://robots.example/p/a.png'],
])('files that the host has at %s are found at %s, by whatever name a watcher knows the relay', async (at, found) => {
  const project = at.replace('PORT', String(bench.port))
  const { access } = await bench.hosted({ offer: { project } })
  const file = `${bench.stream(access.id).replace('ws', 'http')}a.png`
  expect((await fetch(file, { redirect: 'manual' })).headers.get('location')).toBe(found)
})

test('files made in the run are served, others are looked for at the host’s own addresses', async () => {
  const { access, host } = await bench.hosted()
  const base = `${bench.address}/api/v1/rooms/${(await bench.lookAt(access.code)).watch_id}/stream`
  host.feed.take({ type: 'made-file', path: 'made/floor-1.png' }, Uint8Array.of(137, 80, 78, 71))
  const socket = await bench.watch(access.code, 'w3d')
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
    [302, '/projects/a/worlds/textures/a%20b.png'],
    [302, '/assets/protos/x.png'],
  ])
  // What a person clicks on leads nowhere else, and no path leads out of the project.
  expect((await ask('worlds/a.png', { accept: 'text/html,*/*' })).status).toBe(404)
  for (const path of ['..%2f..%2fsecret', 'a//b', 'a%5c..%5cb', '%']) expect((await ask(path)).status).toBe(400)
  expect((await ask('')).status).toBe(426)
})
