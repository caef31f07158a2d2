import { FrameEncoder } from '@simyard/frames'
import { expect, test, vi } from 'vitest'
import { OwnStream } from './own-stream.js'

function openStream() {
  const clock = { nowMs: 500_000 }
  const sent: string[] = []
  const stream = new OwnStream(
    (text) => sent.push(text),
    () => clock.nowMs,
  )
  return { stream, sent, clock }
}

test('V10 the quickest frame counts as one without delay, whatever the clocks of page and server say', () => {
  const { stream, clock } = openStream()
  const encoder = new FrameEncoder()
  // The server's clock is an hour ahead; frames take 100, 40, 40 and 340 ms.
  const ages = [100, 40, 40, 340].map((delayMs, i) => {
    clock.nowMs = 500_000 + i * 1000 + delayMs
    encoder.add({ timeMs: i, poses: [], fields: [], labels: [] }, 500_000 + 3_600_000 + i * 1000)
    return stream.receive(encoder.since(i))?.ageMs
  })
  expect(ages).toEqual([0, 0, 0, 300])
})

test('V6 it acknowledges, and V12 asks for text when bytes are no frame that follows', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { stream, sent, clock } = openStream()
  const encoder = new FrameEncoder()
  const add = (timeMs: number) =>
    encoder.add({ timeMs, poses: [{ id: 1, translation: [timeMs, 0, 0] }], fields: [], labels: [] }, clock.nowMs)
  stream.hello()
  add(16)
  expect(stream.receive(encoder.since(0))?.frame.poses).toEqual([{ id: 1, translation: [16, 0, 0] }])
  add(32)
  add(48)
  expect(stream.receive(encoder.since(2))).toBeUndefined()
  expect(sent).toEqual([
    'simyard:{"type":"hello","frames":"binary"}',
    'simyard:{"type":"ack","frame":1}',
    'simyard:{"type":"hello","frames":"json"}',
  ])
  expect(warn).toHaveBeenCalledOnce()
  expect(stream.receive(Uint8Array.of(2, 1, 1))).toBeUndefined()
  warn.mockRestore()
})
