import { afterEach, describe, expect, test } from 'vitest'
import { meet, ontoCone, ontoShape } from './convex-shape.js'
import { FossbotBench } from './fossbot.bench.js'

// Readings measured on the original. The robot looks along -x; "ahead" is from its axle.

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(): Promise<FossbotBench> {
  const bench = await FossbotBench.open()
  opened.push(bench)
  bench.run(0.3)
  return bench
}

async function readingWith(type: string, fields: Readonly<Record<string, unknown>>): Promise<number> {
  const bench = await open()
  await bench.do('obs_spawn', { type, pos_z: 0, counterclockwise: false, ...fields })
  bench.run(1)
  return bench.ask('get_distance') as number
}

test.each([
  [11, 10_000],
  [8, 10_000],
  [6, 5.428],
  [4, 3.428],
  [3, 2.426],
  [2, 1.421],
  [1, 0.427],
])('a cube whose face is %d m ahead reads %d', async (face, reading) => {
  expect(Math.abs((await readingWith('cube', { pos_x: -face - 1, pos_y: 0 })) - reading)).toBeLessThanOrEqual(0.02)
})

test.each([
  [1, 3.73],
  [2, 4.06],
  [3, 4.49],
])('a cone 5 m ahead and %d m aside reads %d, on either side', async (aside, reading) => {
  for (const side of [1, -1]) {
    const read = await readingWith('cone', { pos_x: -5, pos_y: side * aside })
    expect(Math.abs(read - reading)).toBeLessThanOrEqual(0.02)
  }
})

test('a ball of 2 m radius 6 m ahead reads 3.54', async () => {
  expect(Math.abs((await readingWith('sphere', { pos_x: -6, pos_y: 0, radius: 2 })) - 3.54)).toBeLessThanOrEqual(0.02)
})

test('another robot is seen, and what is behind the robot is not', async () => {
  const bench = await open()
  await bench.do('foss_spawn', { pos_x: 5, pos_y: 0, pos_z: 0, rotation: 0, counterclockwise: false })
  bench.run(2)
  expect(bench.ask('get_distance')).toBe(10_000)
  const seen = bench.ask('get_distance', { fossbot_name: 'fossbot2' }) as number
  expect(seen).toBeGreaterThan(2)
  expect(seen).toBeLessThan(3)
  expect(bench.ask('check_for_obstacle', { fossbot_name: 'fossbot2' })).toBe(true)
  expect(bench.ask('check_for_obstacle')).toBe(false)
})

test('a robot that drives towards a cube stops at the distance that it was told', async () => {
  const bench = await open()
  await bench.do('obs_spawn', { type: 'cube', pos_x: -10, pos_y: 0, pos_z: 0 })
  bench.run(10, () => {
    const distance = bench.ask('get_distance') as number
    if (distance < 5) bench.tell('stop')
    else bench.tell('just_move', { vel_left: 50, vel_right: 50, direction: 'forward' })
    return distance < 5
  })
  bench.run(0.5)
  expect(9 + bench.position()[0] - 0.572).toBeCloseTo(5, 1)
})

describe('sets that meet', () => {
  const cone = ontoCone({ translation: [0, 0, 0], rotation: [0, 0, 0, 1] }, 7, 3)
  const ball = (x: number, y: number, z: number, radius: number) =>
    ontoShape(
      { pose: { translation: [x, y, z], rotation: [0, 0, 0, 1] }, half: [0, 0, 0], radius },
      { translation: [0, 0, 0], rotation: [0, 0, 0, 1] },
    )

  test('a ball meets the cone exactly when its middle is no further away than its radius', () => {
    // The distance of a point from a solid cone, by its flank, its end and its tip.
    const away = (x: number, y: number, z: number): number => {
      const across = Math.hypot(y, z)
      const flank = Math.hypot(7, 3)
      const along = (7 * x + 3 * across) / flank
      if (x <= 7 && across <= (3 / 7) * x) return 0
      if (across <= 3 && x > 7) return x - 7
      if (along >= flank) return Math.hypot(x - 7, across - 3)
      return along <= 0 ? Math.hypot(x, across) : (7 * across - 3 * x) / flank
    }
    let met = 0
    for (let i = 0; i < 2000; i++) {
      const value = (k: number) => ((i * 7919 + k * 104729) % 1000) / 1000
      const [x, y, z, radius] = [16 * value(1) - 4, 12 * value(2) - 6, 12 * value(3) - 6, 2 * value(4) + 0.05]
      const gap = away(x, y, z) - radius
      // Touching is decided to a hundredth.
      if (Math.abs(gap) < 0.02) continue
      expect(meet(ball(x, y, z, radius), cone, [0, 0, 0])).toBe(gap < 0)
      if (gap < 0) met++
    }
    expect(met).toBeGreaterThan(250)
  })
})
