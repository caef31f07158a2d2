import { openSimulation, type RunningSimyard, startSimyard } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let simyard: RunningSimyard
beforeAll(async () => {
  simyard = await startSimyard()
})
afterAll(async () => {
  await simyard?.stop()
})

interface Point {
  readonly timeMs: number
  readonly x: number
  readonly y: number
  readonly z: number
}

interface Run {
  readonly console: readonly string[]
  readonly errors: readonly string[]
  /** Where everything was that moved by more than a centimetre, frame by frame. */
  readonly paths: readonly (readonly Point[])[]
}

interface Frame {
  readonly time: number
  readonly updates?: readonly { readonly id: number; readonly translation?: string }[]
}

/** Runs a project as a page does, in its sandboxes, as fast as it goes. */
async function run(project: string, seconds = 60): Promise<Run> {
  const url = `${simyard.address}/projects/${project}/worlds/${project.replaceAll('-', '_')}.wbt`
  const { client, stream } = await openSimulation(simyard.address, { start: { url } }, ['simyard:hello', 'x3d'])
  await stream.next((text) => text === 'scene load completed')
  stream.send(`fast:${seconds * 1000}`)
  await stream.next((text) => text.startsWith('pause: ') && Number(text.slice(7)) >= seconds * 1000)
  client.close()
  const console: string[] = []
  const errors: string[] = []
  const all = new Map<number, Point[]>()
  for (const text of stream.received) {
    if (text.startsWith('simyard:')) {
      const event = JSON.parse(text.slice('simyard:'.length))
      if (event.type === 'console') console.push(event.line)
      if (event.type === 'error') errors.push(event.error.message)
      if (event.type === 'diagnostic' && event.diagnostic.severity === 'error') errors.push(event.diagnostic.message)
    } else if (text.startsWith('application/json:')) {
      const { time, updates = [] } = JSON.parse(text.slice('application/json:'.length)) as Frame
      for (const { id, translation } of updates) {
        if (translation === undefined) continue
        const [x = 0, y = 0, z = 0] = translation.split(' ').map(Number)
        all.set(id, [...(all.get(id) ?? []), { timeMs: time, x, y, z }])
      }
    }
  }
  const paths = [...all.values()].filter((path) => path.some((point) => apart(point, path[0]!) > 0.01))
  return { console, errors, paths }
}

const apart = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y)

/** How many cells of a grid a path has been to. */
const cells = (path: readonly Point[], size: number): number =>
  new Set(path.map(({ x, y }) => `${Math.floor(x / size)} ${Math.floor(y / size)}`)).size

/** Times around the origin. */
function laps(path: readonly Point[]): number {
  let angle = 0
  path.slice(1).forEach((point, i) => {
    const before = path[i]!
    angle += Math.atan2(before.x * point.y - before.y * point.x, before.x * point.x + before.y * point.y)
  })
  return Math.abs(angle) / (2 * Math.PI)
}

const matching = (lines: readonly string[], pattern: RegExp): number =>
  lines.filter((line) => pattern.test(line)).length

test('obstacle-avoidance: explores, and pushes no box', async () => {
  const { errors, paths } = await run('obstacle-avoidance')
  expect(errors).toEqual([])
  expect(paths.length).toBe(1)
  expect(cells(paths[0]!, 0.3)).toBeGreaterThan(7)
})

test('line-following: goes round twice in a hundred seconds', async () => {
  const { errors, paths } = await run('line-following', 100)
  expect(errors).toEqual([])
  expect(laps(paths[0]!)).toBeGreaterThan(2)
})

test('wall-follower: goes round the hall and hits nothing', async () => {
  const { errors, paths } = await run('wall-follower', 90)
  expect(errors).toEqual([])
  expect(laps(paths[0]!)).toBeGreaterThan(1)
  for (const { x, y } of paths[0]!) {
    expect(Math.abs(x)).toBeLessThan(5 - 0.24)
    expect(Math.abs(y)).toBeLessThan(4 - 0.24)
  }
})

test('maze: finds the goal', async () => {
  const { errors, console } = await run('maze', 90)
  expect(errors).toEqual([])
  expect(matching(console, /I found the goal/)).toBe(1)
})

test('radio-duet: the follower dances every step of the leader, in a mirror', async () => {
  const { errors, console, paths } = await run('radio-duet')
  expect(errors).toEqual([])
  expect(matching(console, /^step /)).toBeGreaterThan(20)
  expect(matching(console, /^heard step /)).toBeGreaterThanOrEqual(matching(console, /^step /) - 1)
  expect(paths.length).toBe(2)
  for (const path of paths) for (const { x, y } of path) expect(Math.hypot(x, y)).toBeLessThan(0.76)
})

test('javascript-driver: explores, and pushes no box', async () => {
  const { errors, console, paths } = await run('javascript-driver')
  expect(errors).toEqual([])
  expect(matching(console, /turning/)).toBeGreaterThan(4)
  expect(paths.length).toBe(1)
  expect(cells(paths[0]!, 0.5)).toBeGreaterThan(5)
})

test('ball-chaser: kicks the ball again and again', async () => {
  const { errors, console, paths } = await run('ball-chaser')
  expect(errors).toEqual([])
  expect(matching(console, /kick number/)).toBeGreaterThan(3)
  expect(paths.length).toBe(2)
})

test('thymio-explorer: explores, senses the edge, and stays on the table', async () => {
  const { errors, console, paths } = await run('thymio-explorer')
  expect(errors).toEqual([])
  expect(matching(console, /edge/)).toBeGreaterThan(4)
  expect(matching(console, /obstacle/)).toBeGreaterThan(1)
  expect(cells(paths[0]!, 0.3)).toBeGreaterThan(5)
  for (const { z } of paths[0]!) expect(Math.abs(z)).toBeLessThan(0.005)
})

test('lidar-explorer: sees its way around the hall', async () => {
  const { errors, console, paths } = await run('lidar-explorer', 30)
  expect(errors).toEqual([])
  expect(matching(console, /^more room to the (left|right)/)).toBeGreaterThan(0)
  expect(cells(paths[0]!, 1)).toBeGreaterThan(7)
  for (const { x, y } of paths[0]!) {
    expect(Math.abs(x)).toBeLessThan(5 - 0.24)
    expect(Math.abs(y)).toBeLessThan(4 - 0.24)
  }
})

test('remote-control: waits for its window', async () => {
  const { errors, paths } = await run('remote-control', 5)
  expect(errors).toEqual([])
  expect(paths).toEqual([])
})
