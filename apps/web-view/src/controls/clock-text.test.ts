import { expect, test } from 'vitest'
import { clockText, spokenTime } from './clock-text.js'

test('a clock for eyes and one for ears', () => {
  expect([0, 32, 9_999, 60_000, 3_723_450].map(clockText)).toEqual([
    '00:00.00',
    '00:00.03',
    '00:09.99',
    '01:00.00',
    '1:02:03.45',
  ])
  expect([1500, 61_500, 125_000].map(spokenTime)).toEqual([
    '1.5 seconds',
    '1 minute 1.5 seconds',
    '2 minutes 5.0 seconds',
  ])
})
