import { expect, test } from 'vitest'
import { Acknowledger } from './acknowledger.js'

test('V6 frames in a row are acknowledged now and then, the last one always, and one after a gap at once', () => {
  let nowMs = 0
  const told: [number, number][] = []
  const timers: { atMs: number; act: () => void }[] = []
  const acknowledger = new Acknowledger(
    (frame) => told.push([nowMs, frame]),
    () => nowMs,
    (ms, act) => timers.push({ atMs: nowMs + ms, act }),
  )
  const passTo = (atMs: number) => {
    for (; nowMs < atMs; nowMs++) for (const { act } of timers.filter((timer) => timer.atMs === nowMs)) act()
  }
  for (let number = 1; number <= 10; number++) {
    passTo(number * 33)
    acknowledger.arrived({ number, next: number !== 1 })
  }
  passTo(1000)
  expect(told).toEqual([
    [33, 1],
    [133, 4],
    [233, 7],
    [333, 10],
  ])
  acknowledger.arrived({ number: 20, next: false })
  acknowledger.arrived({ number: 25, next: false })
  expect(told.slice(4)).toEqual([
    [1000, 20],
    [1000, 25],
  ])
  passTo(3000)
  expect(told).toHaveLength(6)
})
