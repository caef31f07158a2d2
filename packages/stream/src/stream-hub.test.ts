import type { ServerToSimulator, WorldFrame } from '@simyard/protocol'
import { expect, test } from 'vitest'
import { StreamHub, type ViewerAdmission } from './stream-hub.js'

/** A hub whose simulator answers as simulator-v1 says, and viewers that are lists. */
function hubWithWorld(exportScene?: (request: number) => void) {
  const toSimulator: ServerToSimulator[] = []
  let finishWrite: () => void = () => undefined
  const hub: StreamHub = new StreamHub(
    {
      toSimulator: (message) => {
        toSimulator.push(message)
        if (message.type === 'export-scene' && exportScene) exportScene(message.request)
        else if (message.type === 'export-scene') {
          hub.onSimulator({ type: 'scene', request: message.request }, new TextEncoder().encode('<X3D/>'))
        }
      },
      worlds: () => ['worlds/a.wbt'],
      readController: async () => [],
      writeController: () =>
        new Promise((resolve) => {
          finishWrite = resolve
        }),
      loadWorld: () => undefined,
    },
    '2022',
    () => performance.now(),
  )
  const nothing = new Uint8Array(0)
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
  const frame = (timeMs: number, updates: WorldFrame['updates'], full = false) =>
    hub.onSimulator({ type: 'frame', frame: { timeMs, updates }, full }, nothing)
  const viewer = (...words: string[]) => attach({}, ...words)
  const watcher = (...words: string[]) => attach({ watchesOnly: true }, ...words)
  const attach = (admission: ViewerAdmission, ...words: string[]) => {
    const received: string[] = []
    const link = {
      queuedBytes: 0,
      closed: false,
      send: (text: string) => received.push(text),
      close: () => (link.closed = true),
    }
    const attached = hub.attach(link as never, admission)
    for (const word of words) attached.receive(word)
    return { received, link, ...attached }
  }
  return { hub, viewer, watcher, frame, toSimulator, finishWrite: () => finishWrite() }
}

const json = (text: string) =>
  JSON.parse(text.slice('application/json:'.length)) as {
    time: number
    updates?: { id: number; translation?: string; rotation?: string }[]
  }
const frames = (received: string[]) => received.filter((text) => text.startsWith('application/json:')).map(json)

test('W2 a viewer who comes late gets the merged state, not the history', () => {
  const { viewer, frame } = hubWithWorld()
  frame(0, [{ id: 1, translation: '0 0 0', rotation: '0 0 1 0' }], true)
  frame(16, [{ id: 1, translation: '1 0 0' }])
  frame(32, [{ id: 2, translation: '5 0 0' }])
  const { received } = viewer('x3d')
  expect(frames(received)).toEqual([
    {
      time: 32,
      updates: [
        { id: 1, translation: '1 0 0', rotation: '0 0 1 0' },
        { id: 2, translation: '5 0 0' },
      ],
    },
  ])
})

test('W7 a viewer that reads slowly misses frames and then gets the newest of what it missed; another one gets all', () => {
  const { viewer, frame } = hubWithWorld()
  const slow = viewer('x3d')
  const quick = viewer('x3d')
  slow.link.queuedBytes = 1_000_000
  frame(16, [{ id: 1, translation: '1 0 0' }])
  frame(32, [
    { id: 1, translation: '2 0 0' },
    { id: 2, translation: '7 0 0' },
  ])
  slow.link.queuedBytes = 0
  frame(48, [{ id: 1, translation: '3 0 0' }])
  expect(frames(slow.received).slice(1)).toEqual([
    {
      time: 48,
      updates: [
        { id: 1, translation: '3 0 0' },
        { id: 2, translation: '7 0 0' },
      ],
    },
  ])
  expect(
    frames(quick.received)
      .slice(1)
      .map(({ time }) => time),
  ).toEqual([16, 32, 48])
})

test('a viewer that does not read at all is closed', () => {
  const { viewer, hub } = hubWithWorld()
  const { link } = viewer('x3d')
  link.queuedBytes = 100 * 1024 * 1024
  hub.console('r', 'stdout', 'a line')
  expect(link.closed).toBe(true)
})

test('W1 a broadcast viewer changes nothing', () => {
  const { viewer, toSimulator } = hubWithWorld()
  const { receive } = viewer('x3d;broadcast')
  const before = toSimulator.length
  for (const word of [
    'pause',
    'real-time:-1',
    'fast:100',
    'step',
    'reset',
    'reload',
    'load:a.wbt',
    'set controller:a/a.py:1\nx',
    'robot:r:hello',
  ])
    receive(word)
  expect(toSimulator.slice(before)).toEqual([])
})

test('W8 a reset after a changed file waits until the file is changed', async () => {
  const { viewer, toSimulator, finishWrite } = hubWithWorld()
  const { receive } = viewer('x3d')
  receive('set controller:a/a.py:1\nprint()')
  receive('reset')
  await Promise.resolve()
  expect(toSimulator.map(({ type }) => type)).not.toContain('reset')
  finishWrite()
  await new Promise((resolve) => setTimeout(resolve))
  expect(toSimulator.at(-1)).toEqual({ type: 'reset' })
})

test('a failed load is told to viewers who come later too', () => {
  const { hub, viewer } = hubWithWorld()
  hub.worldLeaves()
  hub.onSimulator(
    { type: 'load-failed', error: { code: 'SCENE_SYNTAX', message: 'line 3' }, diagnostics: [] },
    new Uint8Array(0),
  )
  expect(viewer('x3d').received).toEqual(['stderr:line 3'])
  expect(viewer('simyard:hello', 'x3d').received).toEqual([
    'simyard:{"type":"error","error":{"code":"SCENE_SYNTAX","message":"line 3"}}',
  ])
})

const XML = { x3d: "<Solid id='n7'/>", 'x3d-2019': "<Transform id='n7'/>" }
const ROBOT = { name: 'r', model: '', controller: '', window: 'w', nodeId: 7 }

test('W11 nodes that come and go: each in its dialect, before the frames that name them, and gone with their state', () => {
  const { hub, viewer, frame } = hubWithWorld()
  const nothing = new Uint8Array(0)
  const [young, old] = [viewer('w3d'), viewer('revert', 'x3d')]
  const own = viewer('simyard:hello', 'x3d')
  for (const { received } of [young, old, own]) received.length = 0
  hub.onSimulator({ type: 'node-added', parentId: 0, xml: XML }, nothing)
  hub.onSimulator({ type: 'robots', robots: [ROBOT] }, nothing)
  frame(16, [
    { id: 7, translation: '1 0 0' },
    { id: 8, rotation: '0 0 1 1' },
  ])
  expect(young.received.slice(0, 2)).toEqual([
    "node:0:<nodes><Solid id='n7'/></nodes>",
    'robot window: {"robot":"r","window":"w"}',
  ])
  expect(old.received[0]).toBe("node:0:<nodes><Transform id='n7'/></nodes>")
  expect(own.received).toContain(`simyard:${JSON.stringify({ type: 'robots', robots: [ROBOT] })}`)
  expect(frames(young.received)).toHaveLength(1)
  const late = viewer('simyard:hello', 'x3d')
  expect(frames(late.received)[0]?.updates?.map(({ id }) => id)).toEqual([7, 8])
  expect(late.received.filter((text) => text.includes('"type":"robots"'))).toHaveLength(1)

  hub.onSimulator({ type: 'node-removed', id: 7, inside: [7, 8] }, nothing)
  hub.onSimulator({ type: 'robots', robots: [] }, nothing)
  expect(young.received.slice(-2)).toEqual(['delete:7', 'robot window: {"remove":true,"robot":"r","window":"w"}'])
  expect(frames(viewer('x3d').received)[0]?.updates).toBeUndefined()
  expect(viewer('x3d').received.some((text) => text.startsWith('robot window'))).toBe(false)
})

test('W11 a viewer who waits for the scene gets it as it then is, and nothing twice', () => {
  const answers: (() => void)[] = []
  let scene = '<X3D/>'
  const { hub, viewer } = hubWithWorld((request) => {
    const xml = new TextEncoder().encode(scene)
    answers.push(() => hub.onSimulator({ type: 'scene', request }, xml))
  })
  const nothing = new Uint8Array(0)
  const early = viewer('x3d')
  // The simulator has written the scene before the node came, or after it.
  answers.shift()?.()
  hub.onSimulator({ type: 'node-added', parentId: 0, xml: XML }, nothing)
  scene = '<X3D>with it</X3D>'
  const waiting = viewer('x3d')
  hub.onSimulator({ type: 'node-removed', id: 3, inside: [3] }, nothing)
  answers.shift()?.()
  expect(early.received.filter((text) => /^(model|node|delete):/.test(text))).toEqual([
    'model:<X3D/>',
    "node:0:<nodes><Solid id='n7'/></nodes>",
    'delete:3',
  ])
  expect(waiting.received.filter((text) => /^(model|node|delete):/.test(text))).toEqual(['model:<X3D>with it</X3D>'])
})

test('W11 a viewer who reads slowly is told nothing of nodes that have gone meanwhile', () => {
  const { hub, viewer, frame } = hubWithWorld()
  const { received, link } = viewer('x3d')
  link.queuedBytes = 1_000_000
  frame(16, [{ id: 7, translation: '1 0 0' }])
  frame(32, [{ id: 8, translation: '2 0 0' }])
  hub.onSimulator({ type: 'node-removed', id: 7, inside: [7] }, new Uint8Array(0))
  link.queuedBytes = 0
  received.length = 0
  frame(48, [])
  expect(frames(received)).toEqual([{ time: 48, updates: [{ id: 8, translation: '2 0 0' }] }])
})

test('who may only watch changes nothing, whatever it subscribes as, and hears how the run goes', () => {
  const { hub, watcher, toSimulator, frame } = hubWithWorld()
  frame(0, [{ id: 1, translation: '0 0 0' }], true)
  const mode = (now: 'pause' | 'real-time') =>
    hub.onSimulator({ type: 'mode', mode: now, timeMs: 5, by: 'request' }, new Uint8Array(0))
  mode('real-time')
  const words = [
    'reset',
    'pause',
    'step',
    'fast:-1',
    'reload',
    'load:worlds/a.wbt',
    'robot:a:b',
    'set controller:a/b:1\nc',
  ]
  const newer = watcher(...words, 'w3d', ...words)
  const older = watcher(...words, 'x3d', 'revert', ...words)
  const own = watcher('simyard:hello', 'x3d', ...words)
  expect(toSimulator.map(({ type }) => type)).toEqual(['export-scene'])
  for (const { received } of [newer, older, own]) received.length = 0
  mode('pause')
  mode('pause')
  mode('real-time')
  expect(newer.received).toEqual(['pause: 5', 'real-time'])
  expect(own.received).toEqual(['pause: 5', 'real-time'])
})
