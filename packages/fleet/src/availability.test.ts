import { expect, test } from 'vitest'
import { chooseNode, isAvailable, LOAD_PER_VISITOR, meanLoad, type NodeView } from './availability.js'

const node = (entry: string, load: number | undefined, reservations = 0): NodeView => ({ entry, load, reservations })

test.each([
  ['the smallest load', [node('a', 20), node('b', 10)], 'b'],
  ['the first of equals', [node('a', 10), node('b', 10)], 'a'],
  ['a server that does not answer is no choice', [node('a', undefined), node('b', 90)], 'b'],
  ['reservations count', [node('a', 10, 2), node('b', 12)], 'b'],
  ['nobody at the threshold', [node('a', 95)], undefined],
  ['an empty fleet', [], undefined],
])('chooseNode: %s', (_name, nodes, expected) => {
  expect(chooseNode(nodes)?.entry).toBe(expected)
})

test('visitors who come together are spread evenly', () => {
  const fleet = [node('a', 5), node('b', 5)].map((view) => ({ ...view }))
  const counts: Record<string, number> = { a: 0, b: 0 }
  for (let visitor = 0; visitor < 20; visitor++) {
    const chosen = fleet.find((view) => view.entry === chooseNode(fleet)?.entry)!
    chosen.reservations++
    counts[chosen.entry]!++
  }
  expect(Math.abs(counts.a! - counts.b!)).toBeLessThanOrEqual(1)
})

test('a fleet is unavailable when reservations have filled it', () => {
  expect(isAvailable([node('a', 90, 0)])).toBe(true)
  expect(isAvailable([node('a', 90, Math.ceil(5 / LOAD_PER_VISITOR))])).toBe(false)
})

test('the mean leaves out servers that do not answer', () => {
  expect(meanLoad([node('a', 10), node('b', undefined), node('c', 20)])).toBe(15)
  expect(meanLoad([node('a', undefined)])).toBe(-1)
})
