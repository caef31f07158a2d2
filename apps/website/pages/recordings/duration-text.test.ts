import { expect, it } from 'vitest'
import { durationText, sizeText } from './duration-text.js'

it.each([
  [0, '0:00'],
  [7400, '0:07'],
  [59_600, '1:00'],
  [750_000, '12:30'],
  [3_723_000, '1:02:03'],
])('%i ms is %s', (durationMs, text) => {
  expect(durationText(durationMs)).toBe(text)
})

it.each([
  [12, '1 kB'],
  [99_400, '99 kB'],
  [2_340_000, '2.3 MB'],
])('%i bytes are %s', (bytes, text) => {
  expect(sizeText(bytes)).toBe(text)
})
