import { expect, test } from 'vitest'
import { LookupTable, Random, toResolution } from './index.js'

test('a lookup table is linear between its rows and flat outside', () => {
  const random = new Random(1)
  const table = new LookupTable([
    [0, 1000, 0],
    [0.1, 500, 0],
    [0.3, 100, 0],
  ])
  expect(table.value(-1, random)).toBe(1000)
  expect(table.value(0.05, random)).toBeCloseTo(750, 9)
  expect(table.value(0.2, random)).toBeCloseTo(300, 9)
  expect(table.value(9, random)).toBe(100)
  expect(table.maxInput).toBe(0.3)
})

test('noise is normal, relative to the reading, and the same for the same seed', () => {
  const table = new LookupTable([[0, 1000, 0.1]])
  const readings = (seed: number) => {
    const random = new Random(seed)
    return Array.from({ length: 20_000 }, () => table.value(0, random))
  }
  const values = readings(5)
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
  expect(Math.abs(mean - 1000)).toBeLessThan(5)
  expect(Math.abs(deviation - 100)).toBeLessThan(5)
  expect(readings(5)).toEqual(values)
  expect(readings(6)).not.toEqual(values)
})

test('resolution rounds, and -1 does not', () => {
  expect(toResolution(0.26, 0.1)).toBeCloseTo(0.3, 12)
  expect(toResolution(0.26, -1)).toBe(0.26)
})
