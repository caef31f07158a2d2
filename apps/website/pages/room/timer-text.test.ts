import { expect, test } from 'vitest'
import { timerText } from './timer-text.js'

test('hours, minutes, seconds and milliseconds', () => {
  expect(timerText(0)).toBe('00 : 00 : 00 : 000')
  expect(timerText(3_723.0456)).toBe('01 : 02 : 03 : 045')
})
