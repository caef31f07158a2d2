import { readFileSync } from 'node:fs'
import type { ServerToSimulator, SimulatorToServer } from '@simyard/protocol'
import { decode } from 'fast-png'
import { afterEach, expect, test } from 'vitest'
import { SimulatorSession } from './session.js'

const root = new URL('../../../', import.meta.url)
const open: Bench[] = []
afterEach(() => {
  for (const bench of open.splice(0)) bench.say({ type: 'close' })
})

const WORLD = `#VRML_SIM R2025a utf8
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/objects/floors/protos/RectangleArena.proto"
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/robots/gctronic/e-puck/protos/E-puck.proto"
WorldInfo { basicTimeStep 16 }
RectangleArena { floorSize 1 1 }
E-puck { name "e" controller "<none>" }
`

/** A simulator with a clock that the test sets, which counts for its pictures and its pace. */
class Bench {
  readonly heard: { message: SimulatorToServer; body: Uint8Array }[] = []
  nowMs = 0
  private readonly session: SimulatorSession
  private wake: () => void = () => {}

  constructor() {
    open.push(this)
    this.session = new SimulatorSession({
      send: (message, body) => {
        if (message.type === 'read-file') return this.answer(message)
        this.heard.push({ message, body })
        this.wake()
      },
      clock: {
        now: () => this.nowMs,
        setTimer: (callback) => setImmediate(callback),
        clearTimer: (timer) => clearImmediate(timer as NodeJS.Immediate),
      },
      close: () => {},
    })
  }

  say(message: ServerToSimulator, body: Uint8Array = new Uint8Array(0)): void {
    this.session.receive(message, body)
  }

  private answer({ request, scope, path }: Extract<SimulatorToServer, { type: 'read-file' }>): void {
    let bytes: Uint8Array | undefined
    try {
      if (scope === 'asset') bytes = readFileSync(new URL(path, root))
      else if (path === 'worlds/w.wbt') bytes = new TextEncoder().encode(WORLD)
    } catch {
      // Told as missing.
    }
    queueMicrotask(() => this.say({ type: 'file', request, found: bytes !== undefined }, bytes))
  }

  all<Type extends SimulatorToServer['type']>(type: Type): Extract<SimulatorToServer, { type: Type }>[] {
    return this.heard.flatMap(({ message }) =>
      message.type === type ? [message as Extract<SimulatorToServer, { type: Type }>] : [],
    )
  }

  until(ready: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        if (ready()) resolve()
      }
      this.wake()
    })
  }

  /** A single step always gives a frame. */
  async step(): Promise<void> {
    const before = this.all('mode').length
    this.say({ type: 'mode', mode: 'step' })
    await this.until(() => this.all('mode').length > before)
  }
}

const WATCH: Extract<ServerToSimulator, { type: 'watch' }> = {
  type: 'watch',
  robots: ['e', 'nobody'],
  sampled: [],
  pictures: [
    { robot: 'e', device: 'camera' },
    { robot: 'e', device: 'ps0' },
    { robot: 'nobody', device: 'camera' },
  ],
  contacts: true,
}

test('S20 S22 what is watched is told at once and with each frame, pictures ten times a second at most', async () => {
  const bench = new Bench()
  bench.say({ type: 'load', world: 'worlds/w.wbt' })
  await bench.until(() => bench.all('mode').length > 0)
  await bench.step()
  expect(bench.all('readings')).toEqual([])
  bench.say(WATCH)
  expect(bench.all('devices').map(({ robot }) => robot)).toEqual(['e'])
  expect(bench.all('readings').map(({ timeMs, robots }) => [timeMs, robots.length])).toEqual([[16, 1]])
  for (let i = 1; i <= 10; i++) {
    bench.nowMs = 20 * i
    await bench.step()
  }
  expect(bench.all('readings').map(({ timeMs }) => timeMs)).toEqual([
    16,
    ...Array.from({ length: 10 }, (_, i) => 32 + 16 * i),
  ])
  // The wheels stand on the floor.
  expect(bench.all('readings').at(-1)?.contacts?.length).toBeGreaterThan(1)
  // In 200 ms: at once, at 100 and at 200. A distance sensor has no picture.
  expect(bench.all('picture').map(({ device, timeMs }) => [device, timeMs])).toEqual([
    ['camera', 16],
    ['camera', 96],
    ['camera', 176],
  ])
  const picture = bench.heard.find(({ message }) => message.type === 'picture')
  expect(decode(picture?.body ?? new Uint8Array(0))).toMatchObject({ width: 52, height: 39, channels: 3 })
  bench.say({ ...WATCH, robots: [], pictures: [], contacts: false })
  const told = bench.all('readings').length
  await bench.step()
  expect(bench.all('readings').length).toBe(told)
})

test('S23 a velocity turns a motor on and on, a position is where it stops', async () => {
  const bench = new Bench()
  bench.say({ type: 'load', world: 'worlds/w.wbt' })
  await bench.until(() => bench.all('mode').length > 0)
  bench.say({ ...WATCH, pictures: [] })
  bench.say({ type: 'drive', robot: 'e', device: 'left wheel motor', velocity: 2 })
  bench.say({ type: 'drive', robot: 'e', device: 'right wheel motor', position: 0.5, velocity: 2 })
  for (let i = 0; i < 60; i++) await bench.step()
  const devices = bench.all('readings').at(-1)?.robots[0]?.devices ?? []
  const position = (name: string) => devices.find(({ device }) => device === name)?.position
  expect(position('left wheel motor')).toBeGreaterThan(1.5)
  expect(position('right wheel motor')).toBeCloseTo(0.5, 1)
})
