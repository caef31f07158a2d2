import { describe, expect, test } from 'vitest'
import { bestQuality, lowered, Pace, type Quality } from './quality.js'

describe('lowering', () => {
  test('leaves out one thing after the other until nothing is left', () => {
    let now: Quality | undefined = { ...bestQuality, ambientOcclusion: 'high' }
    const left: string[] = []
    for (;;) {
      const next: Quality | undefined = lowered(now)
      if (!next) break
      left.push(...Object.keys(next).filter((key) => next[key as keyof Quality] !== now![key as keyof Quality]))
      now = next
    }
    expect(left).toEqual(['ambientOcclusion', 'pixelRatioCap', 'shadows', 'materials', 'pixelRatioCap'])
  })
})

describe('pace', () => {
  const run = (pace: Pace, gaps: readonly number[]) => {
    let now = 0
    return gaps.filter((gap) => {
      now += gap
      return pace.picture(now, true)
    }).length
  }
  test('twelve slow pictures in a row are too slow, again and again', () => {
    expect(run(new Pace(), Array<number>(12).fill(80))).toBe(0)
    expect(run(new Pace(), Array<number>(13).fill(80))).toBe(1)
    expect(run(new Pace(), Array<number>(25).fill(80))).toBe(2)
  })
  test('a single slow picture among fast ones is not', () => {
    expect(
      run(
        new Pace(),
        Array.from({ length: 300 }, (_, at) => (at % 10 === 0 ? 200 : 16)),
      ),
    ).toBe(0)
  })
  test('pictures that do not follow each other say nothing', () => {
    const pace = new Pace()
    expect(Array.from({ length: 50 }, (_, at) => pace.picture(at * 300, false)).some(Boolean)).toBe(false)
  })
})
