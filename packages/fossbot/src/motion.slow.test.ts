import { afterEach, describe, expect, test } from 'vitest'
import { FossbotBench } from './fossbot.bench.js'

// Figures measured on the original, at full command unless another is named.

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(): Promise<FossbotBench> {
  const bench = await FossbotBench.open()
  opened.push(bench)
  bench.run(0.5)
  return bench
}

const FULL = { vel_left: 100, vel_right: 100 }
const STEP = 0.016

function place(bench: FossbotBench, x: number): void {
  bench.send('change_fossbot', { pos_x: x, pos_y: 0, pos_z: 0, rotation: 0, counterclockwise: false })
  bench.run(2)
  bench.tell('stop')
}

/** Seconds of the move, the speed at its end, and where the robot has come to. */
function move(bench: FossbotBench, distance: number, direction = 'forward') {
  const [x, y] = bench.position()
  bench.tell('move_distance', { ...FULL, tar_dist: distance, direction })
  let speed = 0
  const seconds = bench.run(30, () => {
    const now = bench.speed().linear
    if (now < speed / 2) return true
    speed = now
    return false
  })
  bench.run(1)
  const [endX, endY] = bench.position()
  const told = bench.ask('dist_travelled', { motor_name: 'right_motor' }) as number
  return { seconds, speed, told, away: x - endX, aside: endY - y }
}

/** Seconds until the answer, and the rate just before it. */
function turn(bench: FossbotBench, degree: number, direction = 0) {
  const answered = bench.replies.length
  bench.tell('rotate_90', { ...FULL, degree, dir_id: direction })
  let rate = 0
  const seconds = bench.run(20, () => {
    if (bench.replies.length > answered) return true
    rate = bench.speed().angular
    return false
  })
  return { seconds, rate, answer: bench.replies.at(-1)?.data }
}

function expectWithin(value: number, expected: number, share = 0.05): void {
  expect(value).toBeGreaterThan(expected - Math.abs(expected) * share)
  expect(value).toBeLessThan(expected + Math.abs(expected) * share)
}

describe('move_distance', () => {
  test.each([
    [5, 3.2, 3.146],
    [15, 5.717, 4.655],
    [50, 12.217, 5.756],
  ])('%d m takes %d s and ends at %d m/s', async (distance, seconds, speed) => {
    const bench = await open()
    place(bench, 30)
    const run = move(bench, distance)
    expectWithin(run.seconds, seconds)
    expectWithin(run.speed, speed)
    expect(run.told).toBeGreaterThanOrEqual(distance)
    expect(run.told).toBeLessThan(distance + 0.1)
    expect(run.away).toBeGreaterThanOrEqual(distance - 1e-3)
    expect(run.away).toBeLessThan(distance + 0.25)
    expect(Math.abs(run.aside)).toBeLessThan(1e-3)
    expect(Math.abs(bench.yaw())).toBeLessThan(0.005)
  })

  test('backwards is the same as forwards', async () => {
    const bench = await open()
    const run = move(bench, 15, 'reverse')
    expectWithin(run.seconds, 5.717)
    expectWithin(-run.away, 15.05, 0.01)
  })

  test('the figure that is told grows with each question until it is past the target', async () => {
    const bench = await open()
    bench.tell('move_distance', { ...FULL, tar_dist: 15, direction: 'forward' })
    const told: number[] = []
    bench.run(8, () => {
      told.push(bench.ask('dist_travelled', { motor_name: 'left_motor' }) as number)
      return false
    })
    expect(told.every((value, i) => i === 0 || value >= (told[i - 1] ?? 0))).toBe(true)
    expect(told.at(-1)).toBeGreaterThanOrEqual(15)
    expect(told.at(-1)).toBeLessThanOrEqual(15.1)
    expect(Math.round((told.at(-1) ?? 0) * 100) / 100).toBeGreaterThanOrEqual(15)
    bench.tell('stop')
    expect(bench.ask('dist_travelled', { motor_name: 'left_motor' })).toBe(0)
  })
})

describe('rotate_90', () => {
  test.each([
    [1, 0.467, undefined],
    [40, 2.867, undefined],
    [45, 3.05, undefined],
    [90, 4.417, 0.656],
    [180, 6.483, 0.859],
  ])('%d° takes %d s', async (degrees, seconds, rate) => {
    const bench = await open()
    const run = turn(bench, degrees)
    expectWithin(run.seconds, seconds)
    if (rate !== undefined) expectWithin(run.rate, rate)
    expect(run.answer).toBe(`Final rot pos: ${degrees}`)
    expect(Math.abs(bench.yaw())).toBeCloseTo(degrees, 9)
    expect(Math.hypot(bench.position()[0], bench.position()[1])).toBeLessThan(0.01)
    const turned = bench.ask('deg_rotated') as number
    expect(turned).toBeGreaterThanOrEqual(degrees)
    expect(turned).toBeLessThan(degrees + 1)
  })

  test('one after the other ends at whole degrees each time, in both directions', async () => {
    const bench = await open()
    const answers = [
      [37.4, 0],
      [90, 1],
      [90, 1],
      [120, 1],
    ].map(([degrees = 0, direction]) => turn(bench, degrees, direction).answer)
    expect(answers).toEqual(['Final rot pos: 37', 'Final rot pos: -53', 'Final rot pos: -143', 'Final rot pos: 97'])
    expect(bench.yaw()).toBeCloseTo(97, 9)
  })
})

describe('just_move and just_rotate', () => {
  test('a single just_move moves 0.12 m in half a second', async () => {
    const bench = await open()
    bench.tell('just_move', { ...FULL, direction: 'forward' })
    const seconds = bench.run(2, () => bench.timeMs > 600 && bench.speed().linear < 1e-3)
    expect(seconds).toBeGreaterThanOrEqual(0.5)
    expect(seconds).toBeLessThan(0.55)
    expect(-bench.position()[0]).toBeGreaterThan(0.09)
    expect(-bench.position()[0]).toBeLessThan(0.15)
  })

  test('a single just_rotate turns one and a half degrees', async () => {
    const bench = await open()
    bench.tell('just_rotate', { ...FULL, dir_id: 0 })
    bench.run(1)
    expect(bench.yaw()).toBeGreaterThan(1)
    expect(bench.yaw()).toBeLessThan(2)
  })

  test('just_rotate reaches 0.18 rad/s after 1 s, 0.72 after 5 s and 1.10 after 10 s', async () => {
    const bench = await open()
    const start = bench.timeMs
    const keepOn = (until: number): number => {
      bench.run(20, () => {
        bench.tell('just_rotate', { ...FULL, dir_id: 1 })
        return bench.timeMs - start >= until * 1000
      })
      return -bench.speed().angular
    }
    expectWithin(keepOn(1), 0.18, 0.08)
    expectWithin(keepOn(5), 0.72)
    expectWithin(keepOn(10), 1.1)
  })

  test('50 % of both wheels reaches 4.33 m/s in 15 s', async () => {
    const bench = await open()
    place(bench, 45)
    const end = bench.timeMs + 15_000
    bench.run(20, () => {
      bench.tell('just_move', { vel_left: 50, vel_right: 50, direction: 'forward' })
      return bench.timeMs >= end
    })
    expectWithin(bench.speed().linear, 4.33)
  })

  test('with the left wheel at 100 % and the right at 50 % it curves to the right, at 0.8 rad/s in the end', async () => {
    const bench = await open()
    let fastest = 0
    bench.run(8, () => {
      bench.tell('just_move', { vel_left: 100, vel_right: 50, direction: 'forward' })
      fastest = Math.min(fastest, bench.speed().angular)
      return false
    })
    expectWithin(fastest, -0.8)
  })

  test('the half second is one of wall-clock time', async () => {
    const bench = await open()
    bench.tell('just_move', { ...FULL, direction: 'forward' })
    bench.run(0.2)
    expect(bench.speed().linear).toBeGreaterThan(0.1)
    bench.wallAheadMs = 1000
    bench.run(2 * STEP)
    expect(bench.speed().linear).toBeLessThan(0.01)
  })
})

test('the left motor alone turns the robot by 40 degrees clockwise in two seconds, nearly on the spot', async () => {
  const bench = await open()
  bench.tell('move_motor', { motor_name: 'left_motor', motor_vel: 100, direction: 'forward' })
  bench.run(2)
  expectWithin(bench.yaw(), -40, 0.1)
  expect(Math.hypot(bench.position()[0], bench.position()[1])).toBeLessThan(1.2)
  bench.run(5)
  expect(bench.speed().linear).toBeGreaterThan(0.5)
  bench.tell('stop')
  bench.run(STEP)
  expect(bench.speed().linear).toBeLessThan(0.01)
})

test('both motors together go straight until a stop', async () => {
  const bench = await open()
  for (const motor of ['left_motor', 'right_motor']) {
    bench.tell('move_motor', { motor_name: motor, motor_vel: 60, direction: 'reverse' })
  }
  bench.run(4)
  expect(bench.position()[0]).toBeGreaterThan(3)
  expect(Math.abs(bench.position()[1])).toBeLessThan(1e-3)
  expect(Math.abs(bench.yaw())).toBeLessThan(0.01)
})

test('the odometers count turns of the wheels in either direction, and steps that programs add', async () => {
  const bench = await open()
  bench.tell('just_move', { ...FULL, direction: 'reverse' })
  bench.run(0.4)
  const distance = bench.ask('dist_travelled', { motor_name: 'left_motor' }) as number
  const steps = bench.ask('get_steps', { motor_name: 'left_motor' }) as number
  expect(distance).toBeCloseTo(bench.position()[0], 2)
  expect(steps).toBeCloseTo((distance / (2 * Math.PI * 0.4)) * 20, 6)
  expect(bench.ask('get_revolutions', { motor_name: 'left_motor' })).toBeCloseTo(steps / 20, 6)
  bench.tell('count_revolutions', { motor_name: 'left_motor' })
  expect(bench.ask('get_steps', { motor_name: 'left_motor' })).toBeCloseTo(steps + 1, 6)
  bench.tell('reset_steps')
  expect(bench.ask('get_steps', { motor_name: 'left_motor' })).toBe(0)
})

test('a robot that was spawned falls onto the floor and rests there within two seconds', async () => {
  const bench = await open()
  await bench.do('foss_spawn', { pos_x: 5, pos_y: 5, pos_z: 0, counterclockwise: false })
  expect(bench.position('fossbot2')[2]).toBeCloseTo(2.9945, 3)
  bench.run(2)
  const [x, y, z] = bench.position('fossbot2')
  expect(x).toBeCloseTo(5, 2)
  expect(y).toBeCloseTo(5, 2)
  expect(z).toBeCloseTo(0.0265, 3)
  expect(bench.speed('fossbot2').linear).toBeLessThan(1e-3)
})

test('a robot that falls off the floor comes back to where it was put', async () => {
  const bench = await open()
  bench.send('change_fossbot', { pos_x: -47, pos_y: 3, pos_z: 0, rotation: 0, counterclockwise: false })
  bench.run(2)
  bench.tell('move_distance', { ...FULL, tar_dist: 20, direction: 'forward' })
  let lowest = 0
  bench.run(12, () => {
    lowest = Math.min(lowest, bench.position()[2])
    return lowest < -20 && bench.position()[2] > 0
  })
  expect(lowest).toBeLessThan(-24)
  expect(bench.position()[0]).toBeCloseTo(-47, 0)
  expect(bench.position()[2]).toBeGreaterThan(0)
})
