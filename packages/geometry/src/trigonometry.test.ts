import { describe, expect, test } from 'vitest'
import { cosine, sine } from './index.js'

describe('sine and cosine', () => {
  test('agree with the engine to the last bits', () => {
    // Steps of an odd size, so that no two angles lie alike between the quarter turns.
    for (let angle = -1000; angle < 1000; angle += 0.0371) {
      expect(Math.abs(sine(angle) - Math.sin(angle))).toBeLessThan(2.3e-16)
      expect(Math.abs(cosine(angle) - Math.cos(angle))).toBeLessThan(2.3e-16)
    }
  })

  test('quarter turns', () => {
    const rounded = (value: number) => Math.round(value) + 0
    expect([0, 1, 2, 3, 4].map((quarter) => rounded(sine((quarter * Math.PI) / 2)))).toEqual([0, 1, 0, -1, 0])
    expect([0, 1, 2, 3, 4].map((quarter) => rounded(cosine((quarter * Math.PI) / 2)))).toEqual([1, 0, -1, 0, 1])
  })

  test('what is no angle stays no number', () => {
    for (const angle of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(sine(angle)).toBeNaN()
      expect(cosine(angle)).toBeNaN()
    }
    expect(Math.abs(sine(1e300))).toBeLessThanOrEqual(1)
  })
})
