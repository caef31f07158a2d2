import type { LabelUpdate, NodeUpdate } from '@simyard/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { PoseUpdate, SceneFrame } from './scene-frame.js'
import { Timeline } from './timeline.js'

const frame = (
  timeMs: number,
  poses: PoseUpdate[] = [],
  fields: NodeUpdate[] = [],
  labels: LabelUpdate[] = [],
): SceneFrame => ({ timeMs, poses, fields, labels })
const label = (text: string): LabelUpdate => ({ id: 1, font: 'Arial', rgba: '0,0,0,1', size: 0.1, x: 0, y: 0, text })

test('between two frames a node is on the way, and one that was not named stood still', () => {
  const timeline = new Timeline()
  timeline.append(frame(0, [{ id: 1, translation: [0, 0, 0], rotation: [0, 0, 1, 0] }]))
  timeline.append(frame(30, [{ id: 1, translation: [3, 0, 0], rotation: [0, 0, 1, 1] }]))
  timeline.append(frame(60))
  timeline.append(frame(90))
  timeline.append(frame(120, [{ id: 1, translation: [6, 0, 0] }]))
  expect(timeline.translationAt(1, 10)?.[0]).toBeCloseTo(1)
  expect(timeline.rotationAt(1, 15)?.[2]).toBeCloseTo(Math.sin(0.25))
  expect(timeline.translationAt(1, 75)).toEqual([3, 0, 0])
  expect(timeline.translationAt(1, 90)).toEqual([3, 0, 0])
  expect(timeline.translationAt(1, 105)?.[0]).toBeCloseTo(4.5)
  expect(timeline.translationAt(1, 500)).toEqual([6, 0, 0])
  expect(timeline.restsFrom(1, 119)).toBe(false)
  expect(timeline.restsFrom(1, 120)).toBe(true)
})

test('turning goes the shorter way, also where the angle begins anew', () => {
  const timeline = new Timeline()
  timeline.append(frame(0, [{ id: 1, rotation: [0, 0, 1, 3.1] }]))
  timeline.append(frame(10, [{ id: 1, rotation: [0, 0, -1, 3.1] }]))
  const [, , z, w] = timeline.rotationAt(1, 5)!
  expect(Math.abs(2 * Math.atan2(z, w))).toBeCloseTo(Math.PI)
})

test('before the first frame that names it a node is where the scene says', () => {
  const timeline = new Timeline({
    pose: (id) => (id === 1 ? { translation: [9, 9, 9], rotation: [0, 0, 0, 1] } : undefined),
    field: () => '1 1 1',
  })
  timeline.append(frame(0))
  timeline.append(frame(10))
  timeline.append(
    frame(20, [
      { id: 1, translation: [0, 9, 9] },
      { id: 2, translation: [5, 5, 5] },
    ]),
  )
  expect(timeline.translationAt(1, 5)).toEqual([9, 9, 9])
  expect(timeline.translationAt(1, 15)?.[0]).toBeCloseTo(4.5)
  expect(timeline.translationAt(2, 0)).toEqual([5, 5, 5])
})

test('going back undoes what came, in the opposite order, and gives fields their earlier values', () => {
  const timeline = new Timeline<string>({ pose: () => undefined, field: () => 'red' })
  timeline.append(frame(0))
  timeline.change('added', 'a')
  timeline.append(frame(10, [], [{ id: 1, color: 'green' }], [label('hello')]))
  timeline.change('removed', 'b')
  timeline.append(frame(20, [], [{ id: 1, color: 'blue' }]))
  const there = timeline.passage(-1, 20)
  expect(there.changes.map(({ change, undo }) => [change.content, undo])).toEqual([
    ['a', false],
    ['b', false],
  ])
  expect(there.fields).toEqual([{ id: 1, color: 'blue' }])
  const middle = timeline.passage(there.moment, 12)
  expect(middle.fields).toEqual([{ id: 1, color: 'green' }])
  const back = timeline.passage(there.moment, 0)
  // What came at the time of a frame is still there at that time.
  expect(back.changes.map(({ change, undo }) => [change.content, undo])).toEqual([['b', true]])
  expect(back.fields).toEqual([{ id: 1, color: 'red' }])
  expect(back.labels).toEqual([label('')])
})

test('frames of one time, as an edit of a paused world makes them, are all passed once', () => {
  const timeline = new Timeline()
  timeline.append(frame(0))
  const first = timeline.passage(-1, 0)
  timeline.append(frame(0, [], [{ id: 1, color: 'green' }]))
  const second = timeline.passage(first.moment, 0)
  expect(second.fields).toEqual([{ id: 1, color: 'green' }])
  expect(timeline.passage(second.moment, 0).fields).toEqual([])
})

test('stepping by frames goes to their times', () => {
  const timeline = new Timeline()
  for (const timeMs of [0, 32, 64, 96]) timeline.append(frame(timeMs))
  expect(timeline.frameTime(32, 1)).toBe(64)
  expect(timeline.frameTime(40, 1)).toBe(64)
  expect(timeline.frameTime(40, -1)).toBe(32)
  expect(timeline.frameTime(32, -1)).toBe(0)
  expect(timeline.frameTime(0, -1)).toBe(0)
  expect(timeline.frameTime(96, 1)).toBe(96)
  // Two moments of one time are one frame for whoever steps.
  timeline.append(frame(96))
  timeline.append(frame(96))
  expect(timeline.frameTime(96, -1)).toBe(64)
  expect(timeline.frameTime(100, -1)).toBe(96)
})

/** What the frames say, straight from them. */
function read(frames: readonly SceneFrame[], timeMs: number): { x: number; color: string } {
  let [x, color] = [0, 'base']
  let before = frames[0]!.timeMs
  let at = { time: Number.NEGATIVE_INFINITY, x: 0 }
  for (const one of frames) {
    const to = one.poses[0]?.translation?.[0]
    if (one.timeMs <= timeMs) {
      if (to !== undefined) at = { time: one.timeMs, x: to }
      x = at.x
      color = String(one.fields[0]?.color ?? color)
      before = one.timeMs
      continue
    }
    if (to !== undefined && before <= timeMs)
      x = at.x + ((to - at.x) * (timeMs - before)) / Math.max(one.timeMs - before, 1e-9)
    break
  }
  return { x, color }
}

const anyFrames = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 1, max: 50 }),
      x: fc.option(fc.integer({ min: -100, max: 100 })),
      color: fc.option(fc.string({ maxLength: 2 })),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((list) => {
    let timeMs = 0
    return list.map(({ gap, x, color }, index) => {
      timeMs += index === 0 ? 0 : gap
      return frame(
        timeMs,
        x === null ? [] : [{ id: 1, translation: [x, 0, 0] }],
        color === null ? [] : [{ id: 1, color }],
      )
    })
  })
const base = {
  pose: () => ({ translation: [0, 0, 0], rotation: [0, 0, 0, 1] }) as const,
  field: () => 'base',
}

test('at any times, in any order, everything is as the frames say', () => {
  fc.assert(
    fc.property(anyFrames, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (frames, parts) => {
      const timeline = new Timeline(base)
      for (const one of frames) timeline.append(one)
      const endMs = frames.at(-1)!.timeMs
      let shown = { moment: -1, color: 'base' }
      for (const part of parts) {
        const timeMs = part * endMs
        const expected = read(frames, timeMs)
        expect(timeline.translationAt(1, timeMs)?.[0] ?? 0).toBeCloseTo(expected.x, 6)
        const { moment, fields } = timeline.passage(shown.moment, timeMs)
        shown = { moment, color: String(fields[0]?.color ?? shown.color) }
        expect(shown.color).toBe(expected.color)
      }
    }),
  )
})

test('what is forgotten changes nothing of what is kept', () => {
  fc.assert(
    fc.property(anyFrames, fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 39 }), (frames, kept, seen) => {
      const timeline = new Timeline(base, { durationMs: Number.POSITIVE_INFINITY, frames: kept })
      let shown = { moment: -1, color: 'base' }
      const look = (timeMs: number) => {
        const { moment, fields } = timeline.passage(shown.moment, timeMs)
        shown = { moment, color: String(fields[0]?.color ?? shown.color) }
      }
      frames.forEach((one, index) => {
        timeline.append(one)
        if (index === seen) look(one.timeMs)
      })
      expect(timeline.frameCount).toBeLessThanOrEqual(kept * 1.1 + 1)
      const { startMs, endMs } = timeline
      look(endMs!)
      expect(shown.color).toBe(read(frames, endMs!).color)
      look(startMs!)
      expect(shown.color).toBe(read(frames, startMs!).color)
      const middle = (startMs! + endMs!) / 2
      expect(timeline.translationAt(1, middle)?.[0] ?? 0).toBeCloseTo(read(frames, middle).x, 6)
      expect(timeline.stateAt(middle).poses[0]?.translation?.[0] ?? 0).toBeCloseTo(read(frames, middle).x, 6)
    }),
  )
})
