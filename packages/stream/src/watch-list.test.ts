import type { PictureHeader, ServerToSimulator } from '@simyard/protocol'
import { decodePicture } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { StreamHub } from './stream-hub.js'

const NOTHING = new Uint8Array(0)
const ROBOT = { model: '', controller: 'c', nodeId: 1 }
const LOADED = {
  type: 'loaded',
  world: 'worlds/a.wbt',
  title: '',
  info: [],
  basicTimeStepMs: 16,
  fps: 60,
  robots: [
    { ...ROBOT, name: 'a', window: 'panel', main: true },
    { ...ROBOT, name: 'b', window: '<generic>', nodeId: 2 },
    { ...ROBOT, name: 'c', window: '<none>', nodeId: 3 },
  ],
  diagnostics: [],
} as const

function openHub() {
  const toSimulator: ServerToSimulator[] = []
  const hub: StreamHub = new StreamHub(
    {
      toSimulator: (message) => {
        toSimulator.push(message)
        if (message.type === 'export-scene') {
          hub.onSimulator({ type: 'scene', request: message.request }, new TextEncoder().encode('<X3D/>'))
        }
      },
      worlds: () => ['worlds/a.wbt'],
      readController: async () => [],
      writeController: async () => {},
      loadWorld: () => {},
    },
    '2022',
    () => 0,
  )
  hub.onSimulator(LOADED, NOTHING)
  const viewer = (...words: string[]) => {
    const received: string[] = []
    const pictures: PictureHeader[] = []
    const link = {
      queuedBytes: 0,
      send: (text: string) => void received.push(text),
      sendBytes: (bytes: Uint8Array) => {
        const picture = decodePicture(Uint8Array.from(bytes))
        if (picture) pictures.push(picture.header)
      },
      close: () => {},
    }
    const attached = hub.attach(link)
    for (const word of words) attached.receive(word)
    const events = (type: string) =>
      received
        .filter((text) => text.startsWith('simyard:'))
        .map((text) => JSON.parse(text.slice('simyard:'.length)))
        .filter((event) => event.type === type)
    return { link, received, pictures, events, ...attached }
  }
  const watches = () => toSimulator.filter((message) => message.type === 'watch')
  return { hub, viewer, toSimulator, watches }
}

const watch = (robots: string[], contacts = false, pictures: { robot: string; device: string }[] = []) =>
  `simyard:${JSON.stringify({ type: 'watch', robots, pictures, contacts })}`

test('W20 the simulator is told what all viewers watch in all, once for each change', () => {
  const { hub, viewer, watches } = openHub()
  const one = viewer('simyard:hello', 'w3d', watch(['b']))
  const other = viewer('simyard:hello', 'w3d', watch(['a', 'b'], true, [{ robot: 'a', device: 'eye' }]))
  other.receive(watch(['b', 'a'], true, [{ robot: 'a', device: 'eye' }]))
  one.detach()
  other.detach()
  const nothing = { type: 'watch', robots: [], sampled: [], pictures: [], contacts: false }
  const all = { ...nothing, robots: ['a', 'b'], pictures: [{ robot: 'a', device: 'eye' }], contacts: true }
  expect(watches()).toEqual([{ ...nothing, robots: ['b'] }, all, nothing])
  const again = viewer('simyard:hello', 'w3d', watch(['b']))
  hub.onSimulator(LOADED, NOTHING)
  expect(watches().slice(3)).toEqual([
    { ...nothing, robots: ['b'] },
    { ...nothing, robots: ['b'] },
  ])
  again.detach()
})

test('W20 each viewer gets what it watches; one that reads slowly gets neither readings nor pictures', () => {
  const { hub, viewer } = openHub()
  const one = viewer('simyard:hello', 'w3d', watch(['a'], true))
  const other = viewer('simyard:hello', 'w3d', watch(['b'], false, [{ robot: 'b', device: 'eye' }]))
  const slow = viewer('simyard:hello', 'w3d', watch(['b'], true, [{ robot: 'b', device: 'eye' }]))
  slow.link.queuedBytes = 1_000_000
  const plain = viewer('w3d')
  const before = plain.received.length
  for (const robot of ['a', 'b']) hub.onSimulator({ type: 'devices', robot, devices: [] }, NOTHING)
  const robots = ['a', 'b'].map((robot) => ({ robot, devices: [{ device: 'd', enabled: true, value: 1 }] }))
  hub.onSimulator({ type: 'readings', timeMs: 16, robots, contacts: [] }, NOTHING)
  const picture = { robot: 'b', device: 'eye', encoding: 'png', width: 2, height: 1, timeMs: 16 } as const
  hub.onSimulator({ type: 'picture', ...picture }, Uint8Array.of(1, 2, 3))
  expect(one.events('readings')).toEqual([{ type: 'readings', timeMs: 16, robots: [robots[0]], contacts: [] }])
  expect(other.events('readings')).toEqual([{ type: 'readings', timeMs: 16, robots: [robots[1]] }])
  expect([one.pictures, other.pictures, slow.pictures]).toEqual([[], [picture], []])
  expect(slow.events('readings')).toEqual([])
  expect(plain.received.length).toBe(before)
  expect(viewer('simyard:hello', 'w3d', watch(['a'])).events('devices')).toEqual([
    { type: 'devices', robot: 'a', devices: [] },
  ])
})

test('W23 lines of pens go to our own pages; one who comes late gets all that are still there', () => {
  const { hub, viewer } = openHub()
  const stroke = { robot: 'a', device: 'pen', node: 4, color: 0xff0000, density: 1, width: 0.01 }
  const draw = (x: number, clear = false) => {
    const points = [
      [x, 0, 0],
      [x + 1, 0, 0],
    ] as const
    hub.onSimulator({ type: 'ink', strokes: [{ ...stroke, points }], clear }, NOTHING)
  }
  const early = viewer('simyard:hello', 'w3d')
  const plain = viewer('w3d')
  draw(0)
  draw(1)
  const xs = (events: { strokes: { points: number[][] }[]; clear: boolean }[]) =>
    events.map(({ strokes, clear }) => [clear, ...strokes.map(({ points }) => points[0]?.[0])])
  expect(xs(early.events('ink'))).toEqual([
    [false, 0],
    [false, 1],
  ])
  expect(xs(viewer('simyard:hello', 'w3d').events('ink'))).toEqual([[true, 0, 1]])
  draw(5, true)
  expect(xs(viewer('simyard:hello', 'w3d').events('ink'))).toEqual([[true, 5]])
  expect(plain.received.some((text) => text.startsWith('simyard:'))).toBe(false)
})

test('W21 motors are driven by those who may change the run, and nobody else', () => {
  const { viewer, toSimulator } = openHub()
  const drive = { type: 'drive', robot: 'a', device: 'm', velocity: 2 }
  const only = viewer('simyard:hello', 'w3d;broadcast', `simyard:${JSON.stringify(drive)}`)
  expect(toSimulator).not.toContainEqual(drive)
  expect(only.events('error').map(({ error }) => error.code)).toEqual(['STREAM_BAD_MESSAGE'])
  viewer('simyard:hello', 'w3d', `simyard:${JSON.stringify(drive)}`)
  expect(toSimulator).toContainEqual(drive)
})

test('W22 windows are announced; what controllers say waits for the first who listens, and goes to their windows', () => {
  const { hub, viewer } = openHub()
  const say = (robot: string, message: string) => hub.onSimulator({ type: 'robot-message', robot, message }, NOTHING)
  say('a', 'early')
  say('b', 'for b')
  const windowOfA = viewer('robot:a:init robot window')
  expect(windowOfA.received).toEqual(['robot: {"message":"early","name":"a"}'])
  const page = viewer('w3d')
  expect(page.received.filter((text) => text.startsWith('robot window: {"'))).toEqual([
    'robot window: {"main":true,"robot":"a","window":"panel"}',
    'robot window: {"robot":"b","window":"<generic>"}',
    'robot window: {"main":true,"robot":"a","window":"panel"}',
    'robot window: {"robot":"b","window":"<generic>"}',
  ])
  say('a', 'now')
  say('b', 'now')
  expect(windowOfA.received.slice(1)).toEqual(['robot: {"message":"now","name":"a"}'])
  expect(page.received.filter((text) => text.startsWith('robot: '))).toEqual([
    'robot: {"message":"now","name":"a"}',
    'robot: {"message":"now","name":"b"}',
  ])
})
