import { type FeedMessage, feedEvent } from '@simyard/protocol'
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest'
import { frameOf, has, refusalOf, WatchBench } from './watch.bench.js'

/** Feeds of tabs that lie, flood and pretend. */
const bench = new WatchBench()
beforeEach(() => bench.start())
afterEach(() => bench.stop())
afterAll(() => bench.remove())

test.each([
  ['bytes that are no frame', Buffer.alloc(64, 0xff)],
  ['text that is no JSON', Buffer.from([0, 0, 0, 1, 0, 0, 0, 0, 0x7b])],
  ['a message of nobody', frameOf({ type: 'launch', code: 0 })],
  ['a message for servers', frameOf({ type: 'read-file', request: 1, scope: 'project', path: '/etc/passwd' })],
  ['a field of another kind', frameOf({ type: 'console', stream: 'stdout', line: { toString: 1 } })],
  ['a node without a number', frameOf({ type: 'frame', full: true, frame: { timeMs: 0, updates: [{ id: '1' }] } })],
  ['a path out of the run', frameOf({ type: 'made-file', path: '../index.html' }, Buffer.from('x'))],
])('%s: the watchers are told, and programs go on', async (_what, bytes) => {
  const { access, socket, feed, watcher } = await bench.liar()
  socket.emit(feedEvent.piece, feed, bytes)
  expect(await refusalOf(watcher)).toBe('STREAM_BAD_MESSAGE')
  expect(socket.connected).toBe(true)
  expect((await bench.lookAt(access.id)).simulator).toBe('here')
  expect(await refusalOf(await bench.watchOurs(access.code))).toBe('STREAM_BAD_MESSAGE')
})

test('who feeds without waiting is refused; who fills the memory is, too', async () => {
  await bench.restart({ feedBytesPerSecond: 100_000 })
  const fast = await bench.liar()
  const line = frameOf({ type: 'console', stream: 'stdout', line: 'x'.repeat(8000) })
  for (let count = 0; count < 700; count++) fast.socket.emit(feedEvent.piece, fast.feed, line)
  expect(await refusalOf(fast.watcher)).toBe('RATE_LIMITED')

  await bench.restart({ feedBytesPerSecond: 1_000_000_000, watchMemory: 2 })
  const full = await bench.liar()
  const field = 'x'.repeat(90_000)
  for (let id = 1; id < 40; id++) {
    const message: FeedMessage = { type: 'frame', full: false, frame: { timeMs: id, updates: [{ id, name: field }] } }
    full.socket.emit(feedEvent.piece, full.feed, frameOf(message))
  }
  expect(await refusalOf(full.watcher)).toBe('SCENE_TOO_LARGE')
}, 30_000)

test('an honest host on a narrow allowance is slowed down, and not refused', async () => {
  await bench.restart({ feedBytesPerSecond: 20_000 })
  const { access, host } = await bench.hosted()
  const socket = await bench.watch(access.code, 'w3d')
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
  const { access, host } = await bench.hosted()
  const socket = await bench.watchOurs(access.code)
  await socket.next(has('model:'))
  const forged = frameOf({ type: 'console', stream: 'stdout', line: 'forged' })
  const other = await bench.hosted()
  for (const identity of [
    { event: 'pythonConnect', payload: { session_id: access.id, func: 'connect', fossbot_name: 'fossbot' } },
    { event: 'join_room', payload: { room: access.id, key: access.key, username: 'Owner' } },
    { event: 'browserConnect', payload: { session_id: other.access.id, key: other.access.key } },
    undefined,
  ]) {
    const member = bench.connect()
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
