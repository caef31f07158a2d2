import { expect, test } from 'vitest'
import { curvePath } from './curve.js'
import { type Plot, plot } from './plot.js'

const now = Date.UTC(2026, 0, 1)
const frame = { fromMs: now - 600_000, toMs: now, low: 0, high: 100, left: 0, right: 600, top: 0, bottom: 100 }
const options = (change: Partial<Plot> = {}): Plot => ({
  id: 'load',
  title: 'Load',
  description: 'The load of the servers.',
  unit: '%',
  series: [{ name: 'a', points: [{ atMs: now, value: 12.54 }] }],
  nowMs: now,
  minutes: 10,
  max: 100,
  ...change,
})

test('a curve runs through its points and breaks where there are none', () => {
  const at = (ago: number, value: number | undefined) => ({ atMs: now - ago * 1000, value })
  const path = curvePath([at(600, 0), at(540, 50), at(480, undefined), at(60, 100), at(0, 400)], frame)
  expect(path).toBe('M0.0 100.0h.1L60.0 50.0M540.0 0.0h.1L600.0 0.0')
})

test('what is outside the time is left out, and many points are thinned', () => {
  const points = Array.from({ length: 2000 }, (_, index) => ({ atMs: now - index * 1000, value: 50 })).reverse()
  const numbers = curvePath(points, frame).match(/[ML][\d.]+ [\d.]+/g)!
  expect(numbers.length).toBeGreaterThan(100)
  expect(numbers.length).toBeLessThanOrEqual(122)
  expect(numbers.every((text) => text.endsWith(' 50.0'))).toBe(true)
})

test('a plot tells its values in words too', () => {
  const picture = plot(options())
  expect(picture).toContain('<title id="load-title">Load</title>')
  expect(picture).toMatch(/<desc id="load-description">The load of the servers\. Now a: 12\.5.%\.<\/desc>/)
  expect([...picture.matchAll(/text-anchor="end">(\d+)/g)].map(([, text]) => text)).toEqual([
    '0',
    '25',
    '50',
    '75',
    '100',
  ])
  expect(picture).toContain('>now<')
  expect(picture).toContain('>−10 min<')
})

test.each([
  [0, ['0']],
  [0.03, ['0', '0.01', '0.02', '0.03']],
  [7, ['0', '2', '4', '6', '8']],
  [380, ['0', '100', '200', '300', '400']],
])('without an upper end the highest value %d decides', (value, marks) => {
  const picture = plot(options({ max: undefined, unit: '', series: [{ name: 'a', points: [{ atMs: now, value }] }] }))
  const shown = [...picture.matchAll(/dy=".32em" text-anchor="end">([\d.e-]+)</g)].map(([, text]) => text)
  if (value > 0) expect(shown).toEqual(marks)
  expect(picture).not.toMatch(/NaN|Infinity/)
})

test('names are text, not HTML', () => {
  const picture = plot(options({ series: [{ name: '<script>"&', points: [] }] }))
  expect(picture).not.toContain('<script>')
  expect(picture).toContain('&#60;script&#62;')
})
