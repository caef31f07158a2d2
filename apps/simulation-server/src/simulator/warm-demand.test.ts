import { expect, test } from 'vitest'
import { WarmDemand } from './warm-demand.js'

const limits = { atLeast: 2, atMost: 8 }

test('nobody came: the smallest number', () => {
  expect(new WarmDemand(limits).wanted(0)).toBe(2)
})

test('visitors one after another need no more than the smallest number', () => {
  const demand = new WarmDemand(limits)
  for (let visitor = 0; visitor < 20; visitor++) demand.arrived(visitor * 10_000)
  expect(demand.wanted(200_000)).toBe(2)
})

test('as many as came together, at most the largest number, and no longer after ten minutes', () => {
  const demand = new WarmDemand(limits)
  for (let visitor = 0; visitor < 5; visitor++) demand.arrived(1000 + visitor * 500)
  expect(demand.wanted(5000)).toBe(5)
  for (let visitor = 0; visitor < 30; visitor++) demand.arrived(60_000 + visitor)
  expect(demand.wanted(61_000)).toBe(8)
  expect(demand.wanted(3600_000)).toBe(2)
})
