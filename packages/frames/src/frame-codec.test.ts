import { readFileSync } from 'node:fs'
import { SimyardError } from '@simyard/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FrameDecoder } from './frame-decoder.js'
import { FrameEncoder } from './frame-encoder.js'
import type { AxisAngle, PoseUpdate, SceneFrame } from './scene-frame.js'

/** Half a step of 0.1 mm, and what is lost by adding. */
const HALF_STEP_M = 0.000_05 * 1.000_001
const MOST_TURN_DEGREES = 0.02

type Quaternion = readonly [number, number, number, number]

function quaternion([x, y, z, angle]: AxisAngle): Quaternion {
  const length = Math.hypot(x, y, z)
  const s = length === 0 ? 0 : Math.sin(angle / 2) / length
  return [x * s, y * s, z * s, length === 0 ? 1 : Math.cos(angle / 2)]
}

/** By the distance of both quaternions, which is exact for small angles too. */
function degreesBetween(a: AxisAngle, b: AxisAngle): number {
  const p = quaternion(a)
  const q = quaternion(b)
  const distance = (sign: number) => Math.hypot(...p.map((value, i) => value - sign * q[i]!))
  return (4 * Math.asin(Math.min(1, Math.min(distance(1), distance(-1)) / 2)) * 180) / Math.PI
}

/** What a page shows: the newest value of everything. */
class Picture {
  readonly poses = new Map<number, PoseUpdate>()
  readonly others = new Map<string, unknown>()
  timeMs = 0

  apply(frame: SceneFrame): void {
    this.timeMs = frame.timeMs
    for (const pose of frame.poses) this.poses.set(pose.id, { ...this.poses.get(pose.id), ...pose })
    for (const { id, ...fields } of frame.fields)
      for (const [field, value] of Object.entries(fields)) this.others.set(`${id}.${field}`, value)
    for (const label of frame.labels) this.others.set(`label ${label.id}`, label)
  }

  remove(id: number): void {
    this.poses.delete(id)
    for (const key of this.others.keys()) if (key.startsWith(`${id}.`)) this.others.delete(key)
  }
}

function expectClose(shown: Picture, real: Picture): void {
  expect([...shown.poses.keys()].sort()).toEqual([...real.poses.keys()].sort())
  for (const [id, { translation, rotation }] of real.poses) {
    const pose = shown.poses.get(id)!
    translation?.forEach((value, i) => {
      expect(Math.abs(pose.translation![i]! - value)).toBeLessThanOrEqual(HALF_STEP_M)
    })
    if (rotation) expect(degreesBetween(pose.rotation!, rotation)).toBeLessThanOrEqual(MOST_TURN_DEGREES)
  }
  expect(shown.others).toEqual(real.others)
  expect(shown.timeMs).toBeCloseTo(real.timeMs, 3)
}

const id = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 6 }) },
  fc.constantFrom(63, 64, 2 ** 31, 2 ** 40, Number.MAX_SAFE_INTEGER),
)
const metres = fc.oneof(fc.double({ min: -5, max: 5, noNaN: true }), fc.constantFrom(0, -0, 1e5, -99_999.123_45))
const unit = fc.integer({ min: -1000, max: 1000 }).map((value) => value / 1000)
const translation = fc.tuple(metres, metres, metres)
const rotation = fc.tuple(unit, unit, unit, fc.double({ min: -7, max: 7, noNaN: true }))
const pose = fc.record({ id, translation, rotation }, { requiredKeys: ['id'] })
const field = fc.record(
  {
    id,
    baseColor: fc.constantFrom('1 0 0', '0.5 0.5 0.5'),
    url: fc.constantFrom(['a.png'], ['b.png', 'ü"']),
  },
  { noNullPrototype: true },
)
const label = fc.record(
  {
    id: fc.nat({ max: 2 }),
    font: fc.constant('Arial'),
    rgba: fc.constant('1,2,3,0.5'),
    size: fc.constant(0.1),
    x: fc.constant(0),
    y: fc.constant(0.5),
    text: fc.string(),
  },
  { noNullPrototype: true },
)
const frame = fc.record({
  timeMs: fc.oneof(fc.nat({ max: 100_000 }), fc.double({ min: 0, max: 1e6, noNaN: true })),
  poses: fc.array(
    pose.filter(({ translation, rotation }) => !!translation || !!rotation),
    { maxLength: 6 },
  ),
  fields: fc.array(field, { maxLength: 2 }),
  labels: fc.array(label, { maxLength: 1 }),
})
const happening = fc.oneof(
  { weight: 12, arbitrary: fc.record({ frame, reads: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ removed: id }) },
  { weight: 1, arbitrary: fc.constant({ restart: true as const }) },
)

describe('frames as bytes', () => {
  test('V3 whoever reads all frames, some of them, or comes late, has the newest state within half a step', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 40 }), (happenings) => {
        const encoder = new FrameEncoder()
        const readers = [0, 1, 2, 3].map(() => ({ decoder: new FrameDecoder(), picture: new Picture(), has: 0 }))
        let real = new Picture()
        const read = (reader: (typeof readers)[number]) => {
          const decoded = reader.decoder.decode(encoder.since(reader.has))
          expect(decoded.number).toBe(encoder.frame)
          expect(decoded.wallMs).toBe(1e12 + encoder.frame * 33)
          if (decoded.full) reader.picture = new Picture()
          reader.has = decoded.number
          reader.picture.apply(decoded.frame)
          expectClose(reader.picture, real)
        }
        for (const one of happenings) {
          if ('removed' in one) {
            encoder.remove([one.removed])
            for (const { picture } of [...readers, { picture: real }]) picture.remove(one.removed)
          } else if ('restart' in one) {
            encoder.restart()
            real = new Picture()
          } else {
            real.apply(one.frame)
            encoder.add(one.frame, 1e12 + (encoder.frame + 1) * 33)
            read(readers[0]!)
            one.reads.forEach((reads, i) => {
              if (reads) read(readers[i + 1]!)
            })
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('V4 steady motion and steady turns cost two bytes for a node beside its id and what it tells', () => {
    const encoder = new FrameEncoder()
    const sizes: number[] = []
    for (let i = 0; i < 40; i++) {
      const poses = Array.from({ length: 10 }, (_, id) => ({
        id: id + 1,
        translation: [i * 0.02, i * -0.01 + id, 0.05] as const,
        rotation: [0, 0, 1, i * 0.04] as const,
      }))
      encoder.add({ timeMs: i * 32, poses, fields: [], labels: [] }, 1e12 + i * 32)
      sizes.push(encoder.since(encoder.frame - 1).length)
    }
    // Head of 6 bytes, then id and mask; what rounding adds is at most a byte for each of three components.
    expect(Math.max(...sizes.slice(3))).toBeLessThanOrEqual(7 + 10 * 3)
  })

  test('V5 a wheel that turns by 20° in a frame, and a robot put elsewhere, stay within the precision', () => {
    const encoder = new FrameEncoder()
    const decoder = new FrameDecoder()
    for (let i = 0; i < 200; i++) {
      const rotation = [0.3, 1, 0.2, i * 0.349 + (i > 100 ? 2 : 0)] as const
      const translation = [i > 50 ? 900 : 0.001 * i, 0, 0] as const
      const timeMs = i * 32 + (i % 3) * 16
      encoder.add({ timeMs, poses: [{ id: 5, translation, rotation }], fields: [], labels: [] }, i)
      const [pose] = decoder.decode(encoder.since(i)).frame.poses
      expect(degreesBetween(pose!.rotation!, rotation)).toBeLessThanOrEqual(MOST_TURN_DEGREES)
      expect(Math.abs(pose!.translation![0] - translation[0])).toBeLessThanOrEqual(HALF_STEP_M)
    }
  })

  test('what has no steps stays text: far away, an id that is none, a number that is none', () => {
    const encoder = new FrameEncoder()
    const poses: PoseUpdate[] = [
      { id: 1, translation: [1e12, 0, 0] },
      { id: -3, rotation: [0, 0, 1, 1] },
      { id: 4, rotation: [0, 0, 1, Number.NaN] },
    ]
    encoder.add({ timeMs: 0, poses, fields: [], labels: [] }, 0)
    expect(new FrameDecoder().decode(encoder.since(0)).frame).toEqual({
      timeMs: 0,
      poses: [],
      fields: [
        { id: -3, rotation: '0 0 1 1' },
        { id: 1, translation: '1000000000000 0 0' },
        { id: 4, rotation: '0 0 1 NaN' },
      ],
      labels: [],
    })
  })

  test('V9 the same frames for two viewers are the same bytes, written once', () => {
    const encoder = new FrameEncoder()
    for (let i = 0; i < 5; i++) {
      encoder.add({ timeMs: i, poses: [{ id: 1, translation: [i, 0, 0] }], fields: [], labels: [] }, i)
      for (const since of [0, 1, i]) expect(encoder.since(since)).toBe(encoder.since(since))
    }
  })
})

describe('bytes that are no frames', () => {
  /** A decoder in the middle of a stream, and the bytes that would come next. */
  function midway() {
    const encoder = new FrameEncoder()
    const decoder = new FrameDecoder()
    const add = (i: number) =>
      encoder.add(
        {
          timeMs: i * 16,
          poses: [
            { id: 1, translation: [i * 0.1, 0, 0], rotation: [0, 0, 1, i * 0.1] },
            { id: 300, translation: [0, i ** 2, 0] },
          ],
          fields: [{ id: 2, baseColor: '1 0 0' }],
          labels: [],
        },
        1e12 + i,
      )
    for (let i = 1; i < 5; i++) {
      add(i)
      decoder.decode(encoder.since(i - 1))
    }
    add(5)
    return { decoder, next: encoder.since(4), full: encoder.since(0), merged: encoder.since(2) }
  }

  function expectOneError(decode: () => unknown): void {
    try {
      decode()
    } catch (error) {
      if (!(error instanceof SimyardError) || error.code !== 'FRAME_INVALID') throw error
    }
  }

  test('V12 100 000 random byte strings end in one coded error or a frame, and change nothing when they are none', () => {
    const { decoder, next } = midway()
    let seed = 1
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return seed / 2 ** 32
    }
    let valid = 0
    for (let i = 0; i < 100_000; i++) {
      const bytes = new Uint8Array(Math.floor(random() * 40))
      for (let j = 0; j < bytes.length; j++) bytes[j] = random() * 256
      if (bytes.length > 2 && i % 2 === 0) bytes.set([1, Math.floor(random() * 16), 5])
      const fresh = new FrameDecoder()
      expectOneError(() => {
        fresh.decode(bytes)
        valid++
      })
      expectOneError(() => {
        if (bytes[1]! % 4 === 0) decoder.decode(bytes.subarray(0, 3))
      })
    }
    expect(valid).toBeLessThan(1000)
    expect(decoder.decode(next).number).toBe(5)
  })

  test('V12 a frame with any one byte changed, or cut off anywhere, ends in one coded error or another frame', () => {
    for (const kind of ['next', 'full', 'merged'] as const) {
      const { length } = midway()[kind]
      for (let at = 0; at < length; at++) {
        for (const change of [1, 0x40, 0x80, 0xff]) {
          const { decoder, [kind]: bytes } = midway()
          const broken = bytes.slice()
          broken[at] = broken[at]! ^ change
          expectOneError(() => decoder.decode(broken))
          expectOneError(() => decoder.decode(bytes.subarray(0, at)))
        }
      }
    }
  })

  test('V12 a frame after one that is missing is refused, and the whole state is taken', () => {
    const { next, full } = midway()
    const decoder = new FrameDecoder()
    expect(() => decoder.decode(next)).toThrow(expect.objectContaining({ code: 'FRAME_INVALID' }))
    expect(decoder.decode(full).full).toBe(true)
  })
})

test('V3 the bytes of version 1 are as they were written down', () => {
  const { frames } = JSON.parse(readFileSync(new URL('fixtures/frames-v1.json', import.meta.url), 'utf8')) as {
    frames: { frame: SceneFrame; wallMs: number; next: string; whole: string; sinceFirst?: string }[]
  }
  const encoder = new FrameEncoder()
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
  for (const { frame, wallMs, next, whole, sinceFirst } of frames) {
    const number = encoder.add(frame, wallMs)
    expect(hex(encoder.since(number - 1))).toBe(next)
    expect(hex(encoder.since(0))).toBe(whole)
    if (sinceFirst) expect(hex(encoder.since(1))).toBe(sinceFirst)
  }
})
