import { FrameViewer, openSimulation, type RunningSimyard, SlowLine, startSimyard } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

const RUN_MS = 20_000

let simyard: RunningSimyard

beforeAll(async () => {
  simyard = await startSimyard(['--quiet'])
})

afterAll(async () => {
  await simyard.stop()
})

test('V7 on 64 kbit/s with 300 ms of delay and 5 % of loss a picture is never a second old, and nobody else is slower', async () => {
  const { address } = simyard
  const world = `${address}/projects/radio-duet/worlds/radio_duet.wbt`
  const simulation = await openSimulation(address, { start: { url: world } }, ['simyard:hello', 'x3d'])
  await simulation.stream.next((text) => text.startsWith('pause'))
  const { hostname, port, pathname } = new URL(simulation.streamUrl)
  const line = await SlowLine.open(
    { host: hostname, port: Number(port) },
    { bitsPerSecond: 64_000, delayMs: 300, loss: 0.05, seed: 7 },
  )
  const direct = await FrameViewer.open(`${simulation.streamUrl}/`)
  const slow = await FrameViewer.open(`ws://127.0.0.1:${line.port}${pathname}/`)
  try {
    // A scene takes as long as it takes.
    await slow.until(({ newest }) => newest !== undefined, 60_000)
    simulation.stream.send('real-time:-1')
    await slow.until(({ frames }) => frames.length > 10)
    const begunMs = Date.now()
    await direct.until(({ frames }) => frames.length > 10)
    const before = { direct: direct.frames.length, slow: slow.frames.length, bytes: slow.bytes }
    await direct.until(() => Date.now() - begunMs >= RUN_MS)
    const endMs = Date.now()
    // So that what was under way at the end has time to arrive, too late or not.
    await slow.until(({ newest }) => (newest?.wallMs ?? 0) >= endMs)
    const figures = {
      worstAgeMs: slow.worstAgeMs(direct.frames, begunMs, endMs),
      directWorstAgeMs: direct.worstAgeMs(direct.frames, begunMs, endMs),
      framesPerSecond: ((slow.frames.length - before.slow) * 1000) / (endMs - begunMs),
      directFramesPerSecond: ((direct.frames.length - before.direct) * 1000) / (endMs - begunMs),
      bitsPerSecond: ((slow.bytes - before.bytes) * 8000) / (endMs - begunMs),
      lost: line.lost,
    }
    process.stderr.write(`slow line: ${JSON.stringify(figures)}\n`)
    expect(figures.worstAgeMs).toBeLessThan(1000)
    expect(figures.lost).toBeGreaterThan(5)
    expect(figures.directFramesPerSecond).toBeGreaterThan(20)
    expect(figures.directWorstAgeMs).toBeLessThan(500)
  } finally {
    slow.close()
    direct.close()
    await line.close()
    simulation.client.close()
  }
})
