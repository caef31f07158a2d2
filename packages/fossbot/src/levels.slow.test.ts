import { afterEach, expect, test } from 'vitest'
import { FossbotBench } from './fossbot.bench.js'

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(level: number): Promise<FossbotBench> {
  const bench = await FossbotBench.open({ project: `fossbot-level-${level}` })
  opened.push(bench)
  expect(bench.diagnostics).toEqual([])
  bench.run(1)
  return bench
}

const FULL = { vel_left: 100, vel_right: 100 }
const FORWARD = { ...FULL, direction: 'forward' }

/** Drives until something is nearer than `near`, as the levels' programs do. */
function driveUpTo(bench: FossbotBench, near: number): void {
  bench.run(60, () => {
    const distance = bench.ask('get_distance') as number
    if (distance > near) bench.tell('just_move', FORWARD)
    else bench.tell('stop')
    return distance <= near
  })
}

function turn(bench: FossbotBench, direction: 0 | 1): void {
  const before = bench.replies.length
  bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: direction })
  bench.run(30, () => bench.replies.length > before)
}

test('level 0: the wall is seen in time', async () => {
  const bench = await open(0)
  driveUpTo(bench, 4)
  expect(bench.ask('get_distance')).toBeGreaterThan(3.5)
  expect(bench.position()[0]).toBeLessThan(-7)
})

test('level 1: five turns before walls lead to the green mark', async () => {
  const bench = await open(1)
  for (let i = 0; i < 5; i++) {
    driveUpTo(bench, 3.2)
    turn(bench, 1)
  }
  driveUpTo(bench, 3.2)
  expect(Math.hypot(bench.position()[0] + 8, bench.position()[1] - 8)).toBeLessThan(1)
})

test('level 2: the robot starts on the line and can keep it', async () => {
  const bench = await open(2)
  const sees = () => [3, 1, 2].map((sensor) => bench.ask('check_on_line', { sensor_id: sensor, dark_value: 50 }))
  expect(sees()).toEqual([false, true, false])
  let towards = 0
  bench.run(20, () => {
    const [left, middle, right] = sees()
    if (middle) bench.tell('just_move', FORWARD)
    else {
      if (left) towards = 0
      else if (right) towards = 1
      bench.tell('just_rotate', { ...FULL, dir_id: towards })
    }
    return false
  })
  expect(bench.position()[1]).toBeGreaterThan(4)
  expect(sees()).toContain(true)
})

test('level 3: all four robots see the ball and stop before it', async () => {
  const bench = await open(3)
  const names = ['fossbot', 'fossbot2', 'fossbot3', 'fossbot4']
  const arrived = new Set<string>()
  bench.run(20, () => {
    for (const name of names) {
      const distance = bench.ask('get_distance', { fossbot_name: name }, name) as number
      if (distance > 3) bench.tell('just_move', { ...FORWARD, fossbot_name: name }, name)
      else if (!arrived.has(name)) {
        bench.tell('stop', { fossbot_name: name }, name)
        arrived.add(name)
      }
    }
    return arrived.size === names.length
  })
  for (const name of names) {
    const [x, y] = bench.position(name)
    expect(Math.hypot(x, y)).toBeGreaterThan(5)
    expect(Math.hypot(x, y)).toBeLessThan(5.7)
  }
  expect(Math.hypot(bench.position('sphere')[0], bench.position('sphere')[1])).toBeLessThan(0.01)
})

test('level 4: the robot waits in a hollow and gets out of it', async () => {
  const bench = await open(4)
  expect(Math.hypot(bench.position()[0], bench.position()[1])).toBeLessThan(0.2)
  bench.tell('move_distance', { ...FORWARD, tar_dist: 6 })
  bench.run(20, () => (bench.ask('dist_travelled', { motor_name: 'right_motor' }) as number) >= 6)
  expect(bench.position()[0]).toBeLessThan(-5)
  expect(bench.position()[2]).toBeGreaterThan(0.2)
})
