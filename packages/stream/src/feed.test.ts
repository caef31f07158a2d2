import {
  FEED_PIECE_BYTES,
  type FeedMessage,
  FrameDecoder,
  type ServerToSimulator,
  type WatchWish,
} from '@simyard/protocol'
import { expect, test } from 'vitest'
import { Feed } from './feed.js'

const NOTHING = new Uint8Array(0)
const loaded = {
  type: 'loaded',
  world: 'worlds/a.wbt',
  title: 'A',
  info: [],
  basicTimeStepMs: 16,
  fps: 60,
  robots: [],
  diagnostics: [],
} as const

/** A feed and what a relay reads of it; pieces are answered when `answer` is called, or at once. */
function feedAndRelay() {
  const asked: ServerToSimulator[] = []
  let nowMs = 0
  const feed = new Feed({ toSimulator: (message) => asked.push(message), now: () => nowMs })
  let decoder = new FrameDecoder()
  const received: { message: FeedMessage; body: Uint8Array }[] = []
  const unanswered: (() => void)[] = []
  const pieces: number[] = []
  let slow = false
  const begin = () => {
    decoder = new FrameDecoder()
    received.length = 0
    feed.begin((piece, taken) => {
      pieces.push(piece.length)
      for (const { header, body } of decoder.push(piece)) received.push({ message: header as FeedMessage, body })
      if (slow) unanswered.push(taken)
      else queueMicrotask(taken)
    })
  }
  const frame = (timeMs: number, updates: { id: number; [field: string]: number | string }[], full = false) => {
    nowMs += 33
    feed.take({ type: 'frame', frame: { timeMs, updates }, full }, NOTHING)
  }
  const answer = () => {
    nowMs += 1
    for (const taken of unanswered.splice(0)) taken()
  }
  return {
    feed,
    asked,
    received,
    pieces,
    begin,
    frame,
    answer,
    beSlow: (is: boolean) => (slow = is),
    frames: () => received.flatMap(({ message }) => (message.type === 'frame' ? [message] : [])),
    types: () => received.map(({ message }) => message.type),
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  }
}

test('nothing is sent while nobody watches, and who comes first gets all that stands', async () => {
  const { feed, frame, begin, types, frames, pieces, received, settle } = feedAndRelay()
  feed.take(loaded, NOTHING)
  frame(0, [{ id: 1, translation: '0 0 0', rotation: '0 0 1 0' }], true)
  feed.take({ type: 'console', stream: 'stdout', line: 'hello' }, NOTHING)
  feed.take({ type: 'made-file', path: 'made/floor-1.png' }, Uint8Array.of(1, 2, 3))
  frame(32, [{ id: 1, translation: '1 0 0' }])
  feed.take({ type: 'mode', mode: 'real-time', timeMs: 32, by: 'request' }, NOTHING)
  expect(pieces).toEqual([])
  begin()
  await settle()
  expect(types()).toEqual(['world-leaves', 'made-file', 'console', 'loaded', 'frame', 'mode'])
  expect([...received[1]!.body]).toEqual([1, 2, 3])
  expect(frames()[0]).toEqual({
    type: 'frame',
    frame: { timeMs: 32, updates: [{ id: 1, translation: '1 0 0', rotation: '0 0 1 0' }], labels: [] },
    full: true,
  })
  feed.end()
  const before = pieces.length
  frame(64, [{ id: 1, translation: '2 0 0' }])
  expect(pieces.length).toBe(before)
})

test('what only the host is concerned with is not told: files, programs and their answers', async () => {
  const { feed, begin, types, settle } = feedAndRelay()
  begin()
  feed.take({ type: 'read-file', request: 1, scope: 'project', path: 'secret' }, NOTHING)
  feed.take({ type: 'controller-data', controller: 1 }, Uint8Array.of(1))
  feed.take({ type: 'room-reply', event: 'godotMessage', payload: { user_id: 'u', data: 1 } }, NOTHING)
  await settle()
  expect(types()).toEqual(['world-leaves'])
})

test('scenes for watchers and for the host are told apart, whatever numbers they have', async () => {
  const { feed, begin, asked, received, types, settle } = feedAndRelay()
  feed.take(loaded, NOTHING)
  begin()
  feed.fromHost({ type: 'export-scene', request: 1, dialect: 'x3d' })
  feed.request({ type: 'export-scene', request: 1, dialect: 'x3d-2019' })
  const [own, theirs] = asked as Extract<ServerToSimulator, { type: 'export-scene' }>[]
  expect(own!.request).not.toBe(theirs!.request)
  for (const { request } of [own!, theirs!]) {
    const scene = { type: 'scene', request } as const
    expect(feed.isOnlyForWatchers(scene)).toBe(request === theirs!.request)
    feed.take(scene, new TextEncoder().encode(request === theirs!.request ? 'theirs' : 'own'))
  }
  await settle()
  expect(types().filter((type) => type === 'scene')).toHaveLength(1)
  expect(received.at(-1)!.message).toEqual({ type: 'scene', request: 1 })
  expect(new TextDecoder().decode(received.at(-1)!.body)).toBe('theirs')
})

test('the simulator is told once what host and watchers want to know, and again in another world', () => {
  const { feed, begin, asked } = feedAndRelay()
  const wish = (...robots: string[]): WatchWish => ({
    type: 'watch',
    robots,
    sampled: [],
    pictures: [],
    contacts: false,
  })
  begin()
  feed.fromHost(wish('a'))
  feed.request(wish('b'))
  feed.request(wish('b'))
  feed.take(loaded, NOTHING)
  feed.end()
  expect(asked).toEqual([wish('a'), wish('a', 'b'), wish('a', 'b'), wish('a')])
})

test('on a slow line the newest state wins, what must arrive does, and no node that has gone comes back', () => {
  const { feed, frame, begin, beSlow, answer, frames, types } = feedAndRelay()
  feed.take(loaded, NOTHING)
  frame(0, [{ id: 1, translation: '0 0 0' }], true)
  beSlow(true)
  begin()
  for (let step = 1; step <= 100; step++) {
    frame(step, [
      { id: 1, translation: `${step} 0 0` },
      { id: 2, translation: '5 5 5' },
    ])
  }
  feed.take({ type: 'console', stream: 'stderr', line: 'still told' }, NOTHING)
  feed.take({ type: 'node-removed', id: 2, inside: [] }, NOTHING)
  for (let round = 0; round < 20; round++) answer()
  expect(types()).toContain('console')
  // As many as the first window holds, and one now and then; all others were left out.
  expect(frames().length).toBeLessThan(40)
  expect(frames().at(-1)!.frame.timeMs).toBe(100)
  expect(frames().at(-1)!.frame.updates).toEqual([{ id: 1, translation: '100 0 0' }])
  const gone = types().lastIndexOf('node-removed')
  expect(types().lastIndexOf('frame')).toBeGreaterThan(gone)
})

test('a large scene goes in small pieces, a window of them at a time', () => {
  const { feed, begin, beSlow, answer, pieces, received } = feedAndRelay()
  feed.take(loaded, NOTHING)
  beSlow(true)
  begin()
  for (let round = 0; round < 20; round++) answer()
  pieces.length = 0
  const body = new Uint8Array(1_000_000).fill(7)
  feed.take({ type: 'scene', request: 2 ** 30 + 5 }, body)
  const atOnce = pieces.reduce((sum, length) => sum + length, 0)
  expect(atOnce).toBeLessThan(100_000)
  for (let round = 0; round < 500 && received.at(-1)!.message.type !== 'scene'; round++) answer()
  expect(received.at(-1)!.body.length).toBe(body.length)
  expect(received.at(-1)!.body.every((byte) => byte === 7)).toBe(true)
  expect(Math.max(...pieces)).toBeLessThanOrEqual(FEED_PIECE_BYTES)
})

test('a line that never catches up is told what stands instead of all that was', () => {
  const { feed, frame, begin, beSlow, answer, received, frames } = feedAndRelay()
  feed.take(loaded, NOTHING)
  beSlow(true)
  begin()
  const field = 'x'.repeat(100_000)
  for (let reset = 0; reset < 500; reset++) frame(0, [{ id: 1, name: `${reset}${field}` }], true)
  for (let round = 0; round < 40_000; round++) {
    const before = received.length
    answer()
    if (received.length === before && frames().at(-1)?.frame.updates[0]?.name === `499${field}`) break
  }
  expect(frames().at(-1)!.frame.updates[0]!.name).toBe(`499${field}`)
  expect(frames().length).toBeLessThan(500)
})

test('another world of the host begins with nothing of the last one', async () => {
  const { feed, frame, begin, received, settle, types } = feedAndRelay()
  feed.take(loaded, NOTHING)
  frame(0, [{ id: 1, translation: '0 0 0' }], true)
  feed.take({ type: 'made-file', path: 'made/floor-1.png' }, Uint8Array.of(1))
  feed.fromHost({ type: 'load', world: 'worlds/b.wbt' })
  feed.take({ ...loaded, world: 'worlds/b.wbt' }, NOTHING)
  begin()
  await settle()
  expect(types()).toEqual(['world-leaves', 'loaded', 'frame', 'mode'])
  expect(received[2]!.message).toMatchObject({ frame: { updates: [] } })
})

/** A line to the relay: so many bits a second, so late; what it has taken is answered by the same way, without a queue. */
function lineToRelay(bitsPerSecond: number, delayMs: number) {
  let nowMs = 0
  let freeAtMs = 0
  const events: { atMs: number; run(): void }[] = []
  const at = (atMs: number, run: () => void) => {
    events.push({ atMs, run })
    events.sort((a, b) => a.atMs - b.atMs)
  }
  const decoder = new FrameDecoder()
  const arrived: { atMs: number; timeMs: number }[] = []
  const feed = new Feed({ toSimulator: () => undefined, now: () => nowMs })
  const send = (piece: Uint8Array, taken: () => void) => {
    freeAtMs = Math.max(nowMs, freeAtMs) + (piece.length * 8000) / bitsPerSecond
    const bytes = piece.slice()
    at(freeAtMs + delayMs, () => {
      for (const { header } of decoder.push(bytes)) {
        const message = header as FeedMessage
        if (message.type === 'frame') arrived.push({ atMs: nowMs, timeMs: message.frame.timeMs })
      }
      at(nowMs + delayMs, taken)
    })
  }
  const run = (untilMs: number) => {
    while (events[0] && events[0].atMs <= untilMs) {
      const { atMs, run } = events.shift()!
      nowMs = atMs
      run()
    }
    nowMs = untilMs
  }
  return { feed, send, run, arrived }
}

test.each([
  ['64 kbit/s', 64_000, 100, 1000],
  ['128 kbit/s', 128_000, 50, 700],
  ['a line that takes it all', 20_000_000, 20, 60],
])('on %s the relay has a state of ten robots that is fresh', (_name, bitsPerSecond, delayMs, oldestMs) => {
  const { feed, send, run, arrived } = lineToRelay(bitsPerSecond, delayMs)
  feed.take(loaded, NOTHING)
  feed.begin(send)
  const frameMs = 33
  // As ten robots with two wheels each say it: about 1900 bytes a frame.
  const updates = (step: number) =>
    Array.from({ length: 30 }, (_, id) => ({ id, translation: `${step}.123456 ${id} 0`, rotation: `0 0 1 ${step}.5` }))
  const endMs = 60_000
  for (let step = 1; step * frameMs <= endMs; step++) {
    run(step * frameMs)
    feed.take({ type: 'frame', frame: { timeMs: step * frameMs, updates: updates(step) }, full: false }, NOTHING)
  }
  run(endMs + 5000)
  const settled = arrived.filter(({ atMs }) => atMs > 10_000 && atMs < endMs)
  const ages = settled.map(({ atMs, timeMs }) => atMs - timeMs)
  expect(Math.max(...ages)).toBeLessThan(oldestMs)
  // The line is used: where a frame takes longer than the way, at least a third of what it carries.
  const carried = Math.min(bitsPerSecond / 8 / 1900, 1000 / frameMs)
  expect(settled.length / ((endMs - 10_000) / 1000)).toBeGreaterThan(carried / 3)
  expect(arrived.at(-1)!.timeMs).toBe(Math.floor(endMs / frameMs) * frameMs)
})
