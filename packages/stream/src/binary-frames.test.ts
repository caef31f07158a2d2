import { type DecodedFrame, FrameDecoder, type SceneFrame } from '@simyard/frames'
import type { NodeUpdate, ServerToSimulator } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { StreamHub } from './stream-hub.js'

const nothing = new Uint8Array(0)
const HELLO = 'simyard:{"type":"hello","frames":"binary"}'

/** A hub with a world, a clock that a test turns, and viewers that read bytes. */
function hubAt(startMs: number) {
  const clock = { nowMs: startMs }
  const sent = { binary: 0, json: 0, text: 0 }
  const ages: number[] = []
  const toSimulator: ServerToSimulator[] = []
  const hub: StreamHub = new StreamHub(
    {
      toSimulator: (message) => {
        toSimulator.push(message)
        if (message.type === 'export-scene')
          hub.onSimulator({ type: 'scene', request: message.request }, new TextEncoder().encode('<X3D/>'))
      },
      worlds: () => ['worlds/a.wbt'],
      readController: async () => [],
      writeController: async () => undefined,
      loadWorld: () => undefined,
    },
    '2022',
    () => clock.nowMs,
    {
      sent: (form, bytes) => {
        sent[form] += bytes
      },
      age: (ageMs) => ages.push(ageMs),
    },
  )
  const load = () =>
    hub.onSimulator(
      {
        type: 'loaded',
        world: 'worlds/a.wbt',
        title: '',
        info: [],
        basicTimeStepMs: 16,
        fps: 60,
        robots: [],
        diagnostics: [],
      },
      nothing,
    )
  load()
  const frame = (timeMs: number, updates: readonly NodeUpdate[], full = false) =>
    hub.onSimulator({ type: 'frame', frame: { timeMs, updates }, full }, nothing)
  return { hub, clock, frame, load, sent, ages, toSimulator }
}

function binaryViewer(hub: StreamHub, options: { acknowledges?: boolean; hello?: string } = {}) {
  const { acknowledges = true, hello = HELLO } = options
  const texts: string[] = []
  const decoded: DecodedFrame[] = []
  const where = new Map<number, string>()
  const decoder = new FrameDecoder()
  let closed: string | undefined
  const attached = hub.attach({
    send: (text) => texts.push(text),
    sendBytes: (bytes) => {
      const one = decoder.decode(bytes)
      decoded.push(one)
      for (const { id, translation } of one.frame.poses) if (translation) where.set(id, translation.join(' '))
      if (acknowledges) queueMicrotask(() => acknowledge(one.number))
    },
    queuedBytes: 0,
    close: (_code, reason) => {
      closed = reason
      attached.detach()
    },
  })
  const acknowledge = (number: number) => attached.receive(`simyard:{"type":"ack","frame":${number}}`)
  if (hello !== '') attached.receive(hello)
  attached.receive('x3d')
  return {
    ...attached,
    texts,
    decoded,
    where,
    acknowledge,
    get closed() {
      return closed
    },
  }
}

const settled = () => new Promise<void>((resolve) => queueMicrotask(resolve))

test('V1 who asks for binary frames gets them; a bare hello, and pages of others, get text', () => {
  const { hub, frame } = hubAt(5000)
  const binary = binaryViewer(hub)
  const bare = binaryViewer(hub, { hello: 'simyard:hello' })
  const other = binaryViewer(hub, { hello: '' })
  frame(16, [{ id: 1, translation: '1 2 3' }])
  expect(binary.decoded.map(({ frame: { timeMs }, full }) => [timeMs, full])).toEqual([
    [0, true],
    [16, false],
  ])
  expect(binary.texts.some((text) => text.startsWith('application/json:'))).toBe(false)
  for (const { decoded, texts } of [bare, other]) {
    expect(decoded).toEqual([])
    expect(texts.filter((text) => text.startsWith('application/json:'))).toHaveLength(2)
  }
})

test('V1 a page may change its mind and gets the whole state in the other form', () => {
  const { hub, frame } = hubAt(0)
  const viewer = binaryViewer(hub)
  frame(16, [{ id: 1, translation: '1 2 3' }])
  viewer.receive('simyard:{"type":"hello","frames":"json"}')
  expect(viewer.texts.at(-1)).toBe('application/json:{"time":16,"updates":[{"id":1,"translation":"1 2 3"}]}')
  viewer.receive(HELLO)
  expect(viewer.decoded.at(-1)).toMatchObject({ full: true, frame: { poses: [{ id: 1, translation: [1, 2, 3] }] } })
})

test('V7 frames beyond the window are skipped; the acknowledgement brings the newest state at once', () => {
  const { hub, frame, clock } = hubAt(0)
  const silent = binaryViewer(hub, { acknowledges: false })
  const quick = binaryViewer(hub)
  const updates = (i: number) =>
    Array.from({ length: 100 }, (_, id) => ({ id, translation: `${i * 0.37 + (id % 7) ** (i % 3)} ${id} 0` }))
  for (let i = 1; i <= 60; i++) {
    clock.nowMs += 16
    frame(i * 16, updates(i))
    quick.acknowledge(quick.decoded.at(-1)!.number)
  }
  expect(quick.decoded).toHaveLength(61)
  expect(silent.decoded.length).toBeLessThan(20)
  expect(hub.viewersBehind).toBe(1)
  expect(Math.max(...hub.ages)).toBeGreaterThan(500)
  silent.acknowledge(silent.decoded.at(-1)!.number)
  expect(silent.decoded.at(-1)!.frame.timeMs).toBe(960)
  expect(silent.where).toEqual(quick.where)
  // Nothing new: nothing is sent again.
  const { length } = silent.decoded
  silent.acknowledge(silent.decoded.at(-1)!.number)
  expect(silent.decoded).toHaveLength(length)
})

test('V8 a viewer that never acknowledges gets few frames, and is closed', () => {
  const { hub, frame, clock } = hubAt(0)
  const silent = binaryViewer(hub, { acknowledges: false })
  const big = (i: number) =>
    Array.from({ length: 300 }, (_, id) => ({ id, translation: `${(i * 7919) % 100} ${i % id} 0` }))
  let frames = 0
  while (silent.closed === undefined && clock.nowMs < 600_000) {
    clock.nowMs += 33
    frame(clock.nowMs, big(++frames))
  }
  expect(silent.closed).toBe('the viewer acknowledges nothing')
  expect(clock.nowMs).toBeGreaterThan(60_000)
  expect(clock.nowMs).toBeLessThan(180_000)
  expect(silent.decoded.length).toBeLessThan(frames / 20)
})

test('V2 after a reset, and in another world, ids may mean other nodes', async () => {
  const { hub, frame, load } = hubAt(0)
  const viewer = binaryViewer(hub)
  frame(16, [{ id: 1, translation: '1 0 0', rotation: '0 0 1 1' }])
  frame(0, [{ id: 1, translation: '2 0 0' }], true)
  await settled()
  expect(viewer.decoded.at(-1)).toMatchObject({ full: true, frame: { timeMs: 0 } })
  hub.worldLeaves()
  load()
  await settled()
  expect(viewer.decoded.at(-1)).toMatchObject({ full: true, frame: { poses: [] } })
  frame(16, [{ id: 1, rotation: '1 0 0 1' }])
  await settled()
  expect(viewer.decoded.at(-1)!.frame.poses).toEqual([
    { id: 1, rotation: [1, 0, 0, expect.closeTo(1, 3)].map((value) => (value === 0 ? expect.closeTo(0, 3) : value)) },
  ])
})

test('V2 a node that is removed may come again with another pose', () => {
  const { hub, frame } = hubAt(0)
  const viewer = binaryViewer(hub)
  frame(16, [{ id: 5, translation: '1 0 0' }])
  hub.onSimulator({ type: 'node-removed', id: 5, inside: [] }, nothing)
  frame(32, [{ id: 5, translation: '9 9 9' }])
  expect(viewer.where.get(5)).toBe('9 9 9')
  const late = binaryViewer(hub)
  expect(late.where.get(5)).toBe('9 9 9')
})

test('V10 who comes to a paused world gets its state as that of now', async () => {
  const { hub, frame, clock } = hubAt(1_000_000)
  const first = binaryViewer(hub)
  frame(16, [{ id: 5, translation: '1 0 0' }])
  await settled()
  clock.nowMs += 3_600_000
  const late = binaryViewer(hub)
  expect(late.decoded.at(-1)!.wallMs).toBe(clock.nowMs)
  frame(32, [{ id: 5, translation: '1.5 0 0' }])
  expect(first.where.get(5)).toBe('1.5 0 0')
  expect(late.where.get(5)).toBe('1.5 0 0')
})

test('V11 bytes and ages are counted, and the page learns how old its picture is once a second', async () => {
  const { hub, frame, clock, sent, ages } = hubAt(0)
  const viewer = binaryViewer(hub, { acknowledges: false })
  for (let i = 1; i <= 90; i++) {
    frame(i * 33, [{ id: 1, translation: `${i} 0 0` }])
    clock.nowMs += 33
    viewer.acknowledge(viewer.decoded.at(-1)!.number)
  }
  expect(ages.slice(1)).toEqual(Array(ages.length - 1).fill(33))
  expect(sent.json).toBe(0)
  expect(sent.binary).toBeLessThan(90 * 20)
  const told = viewer.texts.filter((text) => text.startsWith('simyard:{"type":"line"'))
  expect(told).toEqual(Array(3).fill('simyard:{"type":"line","ageMs":33}'))
})

test('V1 where no bytes lie between, states go as they are', () => {
  const { hub, frame } = hubAt(0)
  const frames: SceneFrame[] = []
  const texts: string[] = []
  const link = {
    send: (text: string) => texts.push(text),
    sendFrame: (one: SceneFrame) => frames.push(one),
    queuedBytes: 0,
    close: () => undefined,
  }
  const viewer = hub.attach(link)
  viewer.receive('simyard:hello')
  viewer.receive('x3d')
  frame(16, [{ id: 1, translation: '1 2 3' }])
  expect(frames.map(({ timeMs, poses }) => [timeMs, poses])).toEqual([
    [0, []],
    [16, [{ id: 1, translation: [1, 2, 3] }]],
  ])
  expect(texts.some((text) => text.startsWith('application/json:'))).toBe(false)
})

/** A line of so many bytes each second and so long one way; what is sent waits behind what was sent before. */
function simulateLine(bytesPerSecond: number, delayMs: number, nodes: number) {
  const { hub, frame, clock } = hubAt(0)
  const events: { atMs: number; run: () => void }[] = []
  let freeAtMs = 0
  const decoder = new FrameDecoder()
  const shown: { atMs: number; wallMs: number }[] = []
  const put = (bytes: number, arrive: () => void) => {
    freeAtMs = Math.max(freeAtMs, clock.nowMs) + (bytes / bytesPerSecond) * 1000
    events.push({ atMs: freeAtMs + delayMs, run: arrive })
  }
  const attached = hub.attach({
    send: (text) => put(text.length, () => undefined),
    sendBytes: (bytes) =>
      put(bytes.length + 6, () => {
        const { number, wallMs } = decoder.decode(bytes)
        shown.push({ atMs: clock.nowMs, wallMs })
        events.push({
          atMs: clock.nowMs + delayMs / 10,
          run: () => attached.receive(`simyard:{"type":"ack","frame":${number}}`),
        })
      }),
    queuedBytes: 0,
    close: () => undefined,
  })
  attached.receive(HELLO)
  attached.receive('x3d')
  let frames = 0
  const worst = { ageMs: 0 }
  for (clock.nowMs = 1; clock.nowMs < 30_000; clock.nowMs++) {
    for (;;) {
      events.sort((a, b) => a.atMs - b.atMs)
      if (!events[0] || events[0].atMs > clock.nowMs) break
      events.shift()!.run()
    }
    if (clock.nowMs % 33 === 0) {
      frames++
      const wave = (id: number) => Math.sin(clock.nowMs / 300 + id).toFixed(5)
      frame(
        clock.nowMs,
        Array.from({ length: nodes }, (_, id) => ({ id, translation: `${wave(id)} ${wave(id * 2)} ${wave(id * 3)}` })),
      )
    }
    const newest = shown.at(-1)
    if (clock.nowMs > 3000 && newest) worst.ageMs = Math.max(worst.ageMs, clock.nowMs - newest.wallMs)
  }
  return { worstAgeMs: worst.ageMs, share: shown.length / frames }
}

test('V7 on 64 kbit/s with 300 ms of delay a picture of 100 moving things is never a second old', () => {
  const { worstAgeMs, share } = simulateLine(8000, 300, 100)
  expect(worstAgeMs).toBeLessThan(1000)
  expect(share).toBeGreaterThan(0.1)
})

test('V7 on a line that takes it all, no frame is left out', () => {
  expect(simulateLine(1_000_000, 5, 300)).toMatchObject({
    worstAgeMs: expect.any(Number),
    share: expect.toSatisfy((share: number) => share > 0.99),
  })
  expect(simulateLine(8000, 300, 8).share).toBeGreaterThan(0.95)
})

test('a run that stands is shown as it is, also while a large scene is still queued', () => {
  const { hub, frame } = hubAt(0)
  frame(32, [{ id: 1, translation: '1 2 3', rotation: '0 0 1 0' }], true)
  const received: SceneFrame[] = []
  const decoder = new FrameDecoder()
  const viewer = hub.attach({
    send: () => undefined,
    sendBytes: (bytes) => received.push(decoder.decode(bytes).frame),
    queuedBytes: 2_000_000,
    close: () => undefined,
  })
  viewer.receive(HELLO)
  viewer.receive('x3d')
  expect(received.map(({ timeMs, poses }) => [timeMs, poses[0]?.translation])).toEqual([[32, [1, 2, 3]]])
  // What comes after it waits, as ever.
  frame(64, [{ id: 1, translation: '2 2 3' }])
  expect(received).toHaveLength(1)
})
