import { type AxisAngle, type SceneFrame, sceneFrame } from '@simyard/frames'
import { SimyardError } from '@simyard/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAnimation, writeAnimation } from './animation.js'
import { writeCsv } from './pose-table.js'
import type { RecordedScene } from './recorded-scene.js'
import { FrameList, Recording } from './recording.js'
import { readRecording } from './recording-file.js'
import { RecordingWriter } from './recording-writer.js'

const xml = `<?xml version="1.0"?><X3D><head><meta name="version" content="R2023b" /></head><Scene>
<WorldInfo id='n1' title='a &amp; b'/>
<Robot id='n2' name='rover' translation='1 0 0' rotation='0 0 1 1.5707963'><Solid id='n3' name='wheel' translation='2 0 0'>
<Shape id='n4'><PBRAppearance id='n5' baseColor='1 1 1'/></Shape></Solid></Robot>
<Solid id='n6' name='wall'/></Scene></X3D>`
const scene: RecordedScene = {
  world: 'worlds/w.wbt',
  title: 'w',
  basicTimeStepMs: 16,
  fps: 30,
  robots: [{ nodeId: 2, name: 'rover' }],
  xml: { x3d: xml },
}
const plenty = { durationMs: 600_000, bytes: 1e8, events: 100 }

/** Ten things that wander, told each 32 ms. */
function wander(timeMs: number): SceneFrame {
  const t = timeMs / 1000
  return {
    timeMs,
    poses: Array.from({ length: 10 }, (_, i) => ({
      id: i + 2,
      translation: [Math.sin(t * 0.3 + i), Math.cos(t * 0.2 + i), 0.05] as const,
      rotation: [0, 0, 1, t * 0.5 + i] as const,
    })),
    fields: timeMs % 320 === 0 ? [{ id: 5, baseColor: `${(timeMs / 320) % 2} 0 0` }] : [],
    labels: [],
  }
}

function record(durationMs: number, limits = plenty): RecordingWriter {
  const writer = new RecordingWriter(scene, limits)
  for (let timeMs = 0; timeMs <= durationMs; timeMs += 32) writer.add(wander(timeMs))
  return writer
}

describe('the file', () => {
  test('R4 any time of a minute is found in under 50 ms, with the state of that time', () => {
    const file = record(60_000).file()
    for (const timeMs of [0, 31, 32, 1999, 2000, 2017, 30_000, 59_999, 1e9]) {
      const recording = readRecording(file)
      const begun = performance.now()
      const state = recording.stateAt(timeMs)
      expect(performance.now() - begun).toBeLessThan(50)
      const last = Math.min(Math.floor(timeMs / 32) * 32, 60_000)
      expect(recording.frameIndexAt(timeMs)).toBe(last / 32)
      expect(state.timeMs).toBe(last)
      const real = wander(last)
      for (const [i, { translation }] of state.poses.entries()) {
        translation!.forEach((value, axis) => {
          expect(value).toBeCloseTo(real.poses[i]!.translation![axis]!, 3)
        })
      }
      expect(state.fields).toEqual([{ id: 5, baseColor: `${Math.floor(last / 320) % 2} 0 0` }])
    }
  })

  test('R3 the last minutes stay, whatever came before', () => {
    const writer = record(40_000, { ...plenty, durationMs: 10_000 })
    const recording = readRecording(writer.file())
    expect(recording.startMs).toBe(writer.startMs)
    expect(recording.endMs - recording.startMs).toBeGreaterThanOrEqual(10_000)
    expect(recording.endMs - recording.startMs).toBeLessThan(14_100)
    expect(recording.stateAt(recording.startMs).poses).toHaveLength(10)
    const small = record(40_000, { ...plenty, bytes: 20_000 })
    expect(small.byteLength).toBeLessThanOrEqual(20_000)
    expect(readRecording(small.file()).endMs).toBe(40_000)
  })

  test('R2 scene, changes and events come back; a reset begins anew', () => {
    const writer = record(1000)
    writer.nodeAdded(0, { x3d: "<Solid id='n99'/>" })
    writer.event('console', { line: 'hello' })
    writer.nodeRemoved(99)
    const read = readRecording(writer.file())
    expect(read.scene).toEqual(scene)
    expect(read.changes.map(({ type, timeMs }) => [type, timeMs])).toEqual([
      ['node-added', 992],
      ['node-removed', 992],
    ])
    expect(read.events).toEqual([{ type: 'console', line: 'hello', timeMs: 992 }])
    writer.add(wander(0))
    expect(readRecording(writer.file())).toMatchObject({ frameCount: 1, changes: [], events: [] })
  })

  test('R6 a file that is cut off, changed or something else ends in one coded error, or is read', () => {
    const file = record(3000).file()
    const expectOneError = (bytes: Uint8Array) => {
      try {
        const recording = readRecording(bytes)
        for (const timeMs of [0, 1000, 3000]) recording.stateAt(timeMs)
      } catch (error) {
        if (!(error instanceof SimyardError) || error.code !== 'RECORDING_INVALID') throw error
      }
    }
    for (let length = 0; length < file.length; length += 13) {
      expect(() => readRecording(file.subarray(0, length))).toThrow(
        expect.objectContaining({ code: 'RECORDING_INVALID' }),
      )
    }
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(file.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        (changes) => {
          const broken = file.slice()
          for (const [at, value] of changes) broken[at] = value
          expectOneError(broken)
        },
      ),
      { numRuns: 300 },
    )
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), expectOneError))
  })

  test('R5 frames in order tell only what changed, also where a block begins', () => {
    const writer = new RecordingWriter(scene, plenty)
    for (let timeMs = 0; timeMs < 9000; timeMs += 32) {
      const { poses } = wander(timeMs)
      writer.add({ timeMs, poses: timeMs === 0 ? poses : poses.slice(0, 1), fields: [], labels: [] })
    }
    const frames = [...readRecording(writer.file()).frames()]
    expect(frames).toHaveLength(282)
    expect(frames.map(({ poses }) => poses.length)).toEqual([10, ...Array(281).fill(1)])
  })
})

describe('animations', () => {
  const number = fc.integer({ min: -50_000, max: 50_000 }).map((value) => value / 10_000)
  const angle = fc.integer({ min: 1, max: 31_000 }).map((value) => value / 10_000)
  const update = fc.record(
    {
      id: fc.constantFrom(2, 3, 6),
      translation: fc.tuple(number, number, number).map((values) => values.join(' ')),
      rotation: angle.map((value) => `0 0 1 ${value}`),
      baseColor: fc.constantFrom('1 0 0', '0 1 0'),
      url: fc.constant(['a.png', 'b"c.png']),
    },
    { requiredKeys: ['id'], noNullPrototype: true },
  )
  const label = fc.record(
    {
      id: fc.nat({ max: 1 }),
      font: fc.constant('Arial'),
      rgba: fc.constant('1,2,3,1'),
      size: fc.constant(0.1),
      x: fc.constant(0),
      y: fc.constant(0),
      text: fc.string(),
    },
    { noNullPrototype: true },
  )
  const whole = [2, 3, 6].map((id) => ({
    id,
    translation: '0 0 0',
    rotation: '0 0 1 0.5',
    baseColor: '1 1 1',
    url: ['a.png'],
  }))
  const labels = [0, 1].map((id) => ({ id, font: 'Arial', rgba: '0,0,0,0', size: 0.1, x: 0, y: 0, text: '' }))
  const changes = fc.record({
    updates: fc
      .uniqueArray(
        update.filter((one) => Object.keys(one).length > 1),
        { selector: ({ id }) => id, maxLength: 3 },
      )
      .map((list) => [...list].sort((a, b) => a.id - b.id)),
    labels: fc.uniqueArray(label, { selector: ({ id }) => id, maxLength: 2 }),
  })

  test.each(['2019', '2022'] as const)(
    'R8 an animation that is read and written again (%s) says the same',
    (generation) => {
      fc.assert(
        fc.property(fc.array(changes, { minLength: 1, maxLength: 250 }), (list) => {
          const frames = [{ updates: whole, labels }, ...list].map((one, i) => sceneFrame({ timeMs: i * 32, ...one }))
          const recording = new Recording({ ...scene, basicTimeStepMs: 32, fps: 60 }, new FrameList(frames))
          const text = writeAnimation(recording, { generation })
          const again = readAnimation(text, xml)
          expect([...again.frames()]).toEqual(frames)
          expect(writeAnimation(again, { generation })).toBe(text)
        }),
        { numRuns: 30 },
      )
    },
  )

  test('R7 there is a frame for each period, addressed by its number, and the first has all that changes later', () => {
    // A wall clock's frames: not on the grid of 48 ms, which is what three steps of 16 ms last at 30 frames a second.
    const frames = [0, 32, 80, 112, 208].map((timeMs) =>
      sceneFrame({ timeMs: timeMs + 1000, updates: [{ id: 2, translation: `${timeMs / 1000} 0 0` }] }),
    )
    const added = sceneFrame({
      timeMs: 1240,
      updates: [
        { id: 3, translation: '3 0 0' },
        { id: 5, baseColor: '0 0 0' },
      ],
    })
    const recording = new Recording(scene, new FrameList([...frames, added]))
    for (const [generation, key] of [
      ['2019', 'poses'],
      ['2022', 'updates'],
    ] as const) {
      const said = JSON.parse(writeAnimation(recording, { generation }))
      expect(said.basicTimeStep).toBe(48)
      expect(said.ids).toBe(generation === '2019' ? '2;3;5' : undefined)
      expect(said.labelsIds).toBe('')
      expect(said.frames.map(({ time }: { time: number }) => time)).toEqual([0, 48, 96, 144, 192, 240])
      expect(said.frames[0][key]).toEqual([
        { id: 2, translation: '0 0 0' },
        { id: 3, translation: '2 0 0' },
        { id: 5, baseColor: '1 1 1' },
      ])
      expect(said.frames[1][key]).toEqual([{ id: 2, translation: '0.048 0 0' }])
      expect(said.frames[2][key]).toEqual([{ id: 2, translation: '0.096 0 0' }])
      expect(said.frames[5][key]).toEqual([
        { id: 2, translation: '0.208 0 0' },
        { id: 3, translation: '3 0 0' },
        { id: 5, baseColor: '0 0 0' },
      ])
    }
  })

  test.each([
    ['{"basicTimeStep":32,\n "ids":"",\n "frames":[\n', 0],
    ['{"basicTimeStep":32,"labelsIds":"","frames":[{"time":0,"updates":[]},', 1],
    ['{"basicTimeStep":32,"frames":[{"time":0,"updates":[{"id":2,"translation":"1 2 3"}]},{"time":32,"upd', 1],
    ['{"basicTimeStep":32,"labelsIds":""', 0],
  ])('R9 one that was cut off is read as far as it goes: %j', (text, frames) => {
    expect(readAnimation(text, xml).frameCount).toBe(frames)
  })

  test.each([
    '',
    'null',
    '[]',
    '{"frames":[]}',
    '{"basicTimeStep":0,"frames":[]}',
    '{"basicTimeStep":32,"frames":[1]}',
  ])('R9 %j is refused', (text) => {
    expect(() => readAnimation(text, xml)).toThrow(expect.objectContaining({ code: 'RECORDING_INVALID' }))
  })

  test('R9 lists of addresses are taken in every form, nodes may be absent from the first frame, and names come from the scene', () => {
    const recording = readAnimation(
      JSON.stringify({
        basicTimeStep: 32,
        ids: '2;6',
        frames: [
          { time: 5000, poses: [{ id: 6, url: '"a.png" "b.png"' }] },
          {
            time: 5032,
            poses: [
              { id: 2, translation: '1 2 3' },
              { id: 6, url: ['c.png'] },
            ],
          },
        ],
      }),
      xml,
    )
    expect(recording.scene).toMatchObject({ title: 'a & b', robots: [{ nodeId: 2, name: 'rover' }] })
    expect([...recording.frames()]).toEqual([
      { timeMs: 0, poses: [], fields: [{ id: 6, url: ['a.png', 'b.png'] }], labels: [] },
      { timeMs: 32, poses: [{ id: 2, translation: [1, 2, 3] }], fields: [{ id: 6, url: ['c.png'] }], labels: [] },
    ])
  })
})

test('R10 the table has poses in the world, of solids that move and of those on them', () => {
  const turn: AxisAngle = [0, 0, 1, Math.PI / 2]
  const frames: SceneFrame[] = [
    { timeMs: 0, poses: [{ id: 2, translation: [1, 0, 0], rotation: turn }], fields: [], labels: [] },
    {
      timeMs: 500,
      poses: [
        { id: 2, translation: [5, 0, 0] },
        { id: 3, rotation: [1, 0, 0, 0.5] },
      ],
      fields: [],
      labels: [],
    },
  ]
  const rows = writeCsv(new Recording(scene, new FrameList(frames)))
    .trim()
    .split('\r\n')
  expect(rows[0]).toMatch(/world frame/)
  expect(rows.slice(1)).toEqual([
    '0,rover,1,0,0,0,0,1.570796',
    '0,wheel,1,2,0,0,0,1.570796',
    '0.5,rover,5,0,0,0,0,1.570796',
    '0.5,wheel,5,2,0,0.5,0,1.570796',
  ])
})
