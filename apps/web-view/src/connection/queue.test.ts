import { expect, test } from 'vitest'
import { placeText } from './queue.js'

test.each([
  [{ place: 1, estimateSeconds: undefined }, 'you are next'],
  [{ place: 1, estimateSeconds: 2 }, 'you are next, about 5 s'],
  [{ place: 3, estimateSeconds: 42 }, 'place 3 in the queue, about 45 s'],
  [{ place: 12, estimateSeconds: 130 }, 'place 12 in the queue, about 3 min'],
])('%o', (place, text) => {
  expect(placeText(place)).toBe(text)
})
