import { type AxisAngle, sceneFrame, Timeline } from '@simyard/frames'
import { RecordingWriter, readAnimation, readRecording, writeAnimation, writeCsv } from '@simyard/recording'
import { beforeAll, expect, test } from 'vitest'
import { BASIC_TIME_STEP_MS, driveTenRobots, type TenRobots } from './stream/ten-robots.js'

const DURATION_MS = 10_000
const MOST_METRES = 0.001
const MOST_DEGREES = 0.1

let truth: TenRobots
let shown: TenRobots

beforeAll(async () => {
  // The same run twice: once with every state in full, once as viewers get it.
  truth = await driveTenRobots({ durationMs: DURATION_MS, frameMs: BASIC_TIME_STEP_MS, full: true })
  shown = await driveTenRobots({ durationMs: DURATION_MS, frameMs: BASIC_TIME_STEP_MS })
})

function recorder(xml: string): RecordingWriter {
  const scene = {
    world: 'worlds/w.wbt',
    title: 'w',
    basicTimeStepMs: BASIC_TIME_STEP_MS,
    fps: 60,
    robots: [],
    xml: { x3d: xml },
  }
  return new RecordingWriter(scene, { durationMs: 60_000, bytes: 10_000_000, events: 10 })
}

function degreesBetween(a: readonly [number, number, number, number], [x, y, z, angle]: AxisAngle): number {
  const s = Math.sin(angle / 2)
  const b = [x * s, y * s, z * s, Math.cos(angle / 2)]
  const distance = (sign: number) => Math.hypot(...a.map((value, i) => value - sign * b[i]!))
  return (4 * Math.asin(Math.min(1, Math.min(distance(1), distance(-1)) / 2)) * 180) / Math.PI
}

/** The largest difference of anything to the simulation's own record, at each of its steps. */
function worst(timeline: Timeline): { metres: number; degrees: number; compared: number } {
  const result = { metres: 0, degrees: 0, compared: 0 }
  for (const frame of truth.frames) {
    for (const { id, translation, rotation } of sceneFrame(frame).poses) {
      const place = timeline.translationAt(id, frame.timeMs)
      const turn = timeline.rotationAt(id, frame.timeMs)
      if (!translation || !rotation || !place || !turn) throw new Error(`node ${id} is not recorded`)
      result.metres = Math.max(result.metres, Math.hypot(...translation.map((value, i) => value - place[i]!)))
      result.degrees = Math.max(result.degrees, degreesBetween(turn, rotation))
      result.compared++
    }
  }
  return result
}

test('R1 every pose of a recording, at every step, is that of the simulation within 1 mm and 0.1°', () => {
  const writer = recorder(shown.xml)
  for (const frame of shown.frames) writer.add(sceneFrame(frame))
  const timeline = new Timeline()
  for (const frame of readRecording(writer.file()).frames()) timeline.append(frame)
  const { metres, degrees, compared } = worst(timeline)
  expect(compared).toBeGreaterThan(10_000)
  expect(metres).toBeLessThan(MOST_METRES)
  expect(degrees).toBeLessThan(MOST_DEGREES)
})

test('R7 and so is every pose of an animation that is written from it and read again', () => {
  const writer = recorder(shown.xml)
  for (const frame of shown.frames) writer.add(sceneFrame(frame))
  const recording = readRecording(writer.file())
  const animation = readAnimation(writeAnimation(recording, { generation: '2022' }), shown.xml)
  expect(animation.frameCount).toBe(Math.ceil(DURATION_MS / 32) + 1)
  const timeline = new Timeline()
  for (const frame of animation.frames()) timeline.append(frame)
  // Between two frames a wheel may have turned back: only at frames it is the simulation's.
  for (const frame of truth.frames.filter(({ timeMs }) => timeMs % 32 === 0)) {
    for (const { id, translation, rotation } of sceneFrame(frame).poses) {
      const place = timeline.translationAt(id, frame.timeMs)!
      expect(Math.hypot(...translation!.map((value, i) => value - place[i]!))).toBeLessThan(MOST_METRES)
      expect(degreesBetween(timeline.rotationAt(id, frame.timeMs)!, rotation!)).toBeLessThan(MOST_DEGREES)
    }
  }
})

test('R10 the table of poses has each robot where the simulation had it', () => {
  const writer = recorder(shown.xml)
  for (const frame of shown.frames) writer.add(sceneFrame(frame))
  const recording = readRecording(writer.file())
  const rows = writeCsv(recording)
    .trim()
    .split('\r\n')
    .map((row) => row.split(','))
  const last = rows.filter(([time, name]) => Number(time) === DURATION_MS / 1000 && name!.startsWith('robot '))
  expect(last).toHaveLength(10)
  const poses = sceneFrame(truth.frames.at(-1)!).poses
  for (const [, , x, y] of last) {
    const near = poses.filter(
      ({ translation }) =>
        translation && Math.hypot(translation[0] - Number(x), translation[1] - Number(y)) < MOST_METRES,
    )
    expect(near.length).toBeGreaterThan(0)
  }
})
