import { FrameEncoder, sceneFrame } from '@simyard/frames'
import { RecordingWriter, readRecording } from '@simyard/recording'
import { BASIC_TIME_STEP_MS, driveTenRobots } from '../e2e/stream/ten-robots.js'
import { type Bench, percentile } from './figure.js'

const DURATION_MS = 60_000
const FRAME_MS = 32
const QUESTIONS = 200

/** A minute of ten robots of the gallery: what it weighs as binary frames and as a file, and how soon any time is found. */
export const recording: Bench = {
  name: 'recording',
  async run(tell) {
    const { frames, xml } = await driveTenRobots({ durationMs: DURATION_MS, frameMs: FRAME_MS })
    const typed = frames.map(sceneFrame)
    const encoder = new FrameEncoder()
    let binary = 0
    const startedAt = performance.now()
    typed.forEach((frame, i) => {
      encoder.add(frame, i * FRAME_MS)
      binary += encoder.since(i).length
    })
    const encodeMs = performance.now() - startedAt
    const json = frames.reduce((sum, frame) => sum + JSON.stringify(frame).length, 0)
    tell({ name: 'ten robots, JSON', value: json / frames.length, unit: 'bytes a frame' })
    tell({ name: 'ten robots, binary', value: binary / frames.length, unit: 'bytes a frame' })
    tell({ name: 'binary / JSON', value: binary / json, unit: '', bar: { atMost: 0.25 } })
    tell({ name: 'encoding', value: (1000 * encodeMs) / frames.length, unit: 'µs a frame' })

    const scene = { world: '', title: '', basicTimeStepMs: BASIC_TIME_STEP_MS, fps: 30, robots: [] }
    const limits = { durationMs: 2 * DURATION_MS, bytes: 10_000_000, events: 0 }
    const writer = new RecordingWriter({ ...scene, xml: {} }, limits)
    for (const frame of typed) writer.add(frame)
    const whole = new RecordingWriter({ ...scene, xml: { x3d: xml } }, limits)
    for (const frame of typed) whole.add(frame)
    const file = whole.file()
    tell({ name: 'a minute, frames', value: writer.file().length / 1000, unit: 'kB', bar: { atMost: 300 } })
    tell({ name: 'a minute, with the scene', value: file.length / 1000, unit: 'kB', bar: { atMost: 300 } })
    const times = Array.from({ length: QUESTIONS }, (_, i) => {
      const begun = performance.now()
      readRecording(file).stateAt((i * 7919) % DURATION_MS)
      return performance.now() - begun
    })
    tell({
      name: 'open, and the state at any time, p95',
      value: percentile(times, 0.95),
      unit: 'ms',
      bar: { atMost: 50 },
    })
  },
}
