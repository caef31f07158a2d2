import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import { expect, test } from 'vitest'

test('a world of R2021b, y up: wheels, casters on ball joints and a ball on a hill do what they did', () => {
  const world = join(repositoryRoot, 'e2e/fixtures/old-world/worlds/y_up.wbt')
  const program = join(repositoryRoot, 'apps/simyard/bin/simyard.mjs')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, 'run', world, '--seconds', '3.5'], {
    encoding: 'utf8',
  })
  expect(status, stderr).toBe(0)
  const positions = (word: string) =>
    [...stdout.matchAll(new RegExp(`${word} \\[(.*)\\]`, 'g'))].map(([, list]) => list!.split(',').map(Number))

  // 5 rad/s on wheels of 3 cm: 0.15 m/s along z, on the ground, straight ahead.
  const [x, y, z] = positions('pos')[3]!
  expect(Math.abs(x!)).toBeLessThan(0.001)
  expect(y).toBeCloseTo(0.03, 3)
  expect(z).toBeGreaterThan(0.44)
  expect(z).toBeLessThan(0.451)

  // The ball of 5 cm lands on the top of the hill, 20 cm high, and rolls down to the ground.
  const heights = positions('ball').map(([, height]) => height!)
  expect(heights[1]).toBeCloseTo(0.25, 2)
  expect(heights.at(-1)).toBeCloseTo(0.05, 2)
})
