import type { SimulatorToServer } from '@simyard/protocol'
import { repositoryRoot } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enkiProblem } from '../apps/simulation-server/src/simulator/enki-plan.js'
import { Bench, type SimulatorName } from './simulators/bench.js'
import type { Conversation } from './simulators/conversation.js'

const ROBOT = (name: string, controller: string, y: number) =>
  `E-puck { name "${name}" translation 0 ${y} 0 controller "${controller}" controllerArgs [ "a b" ] }`
const HEAD = '#VRML_SIM R2025a utf8\nWorldInfo { title "Conformance" info [ "one" "two" ] basicTimeStep 16 FPS 25 }\n'
const ARENA = 'Viewpoint { position -1 -1 1 }\nRectangleArena { floorSize 1 1 }\n'
const files = {
  'worlds/still.wbt': `${HEAD}${ARENA}${ROBOT('one', '<none>', 0)}`,
  'worlds/driven.wbt': `${HEAD}${ARENA}${ROBOT('one', 'drive', 0.2)}\n${ROBOT('two', '<extern>', -0.2)}`,
  // The walls' inner faces are at ±0.5; the robot's edge is 0.0355 from its middle.
  'worlds/wall.wbt': `${HEAD}${ARENA}E-puck { translation 0.4445 -0.4345 0 controller "look" }`,
  'worlds/wrong.wbt': `${HEAD}RectangleArena {\n  floorSize 1 1 ]\n}`,
}
const encoder = new TextEncoder()
const line = (message: unknown) => encoder.encode(`${JSON.stringify(message)}\n`)

const simulators: { name: SimulatorName; problem: string | undefined }[] = [
  { name: 'built-in', problem: undefined },
  { name: 'enki', problem: enkiProblem() },
]

for (const { name, problem } of simulators) {
  const title = `simulator-v1 of ${name}${problem ? ` (skipped: ${problem})` : ''}`
  describe.skipIf(problem !== undefined)(title, () => {
    let bench: Bench
    let talk: Conversation

    beforeAll(async () => {
      bench = new Bench()
      talk = await bench.start(name, files)
    })
    afterAll(() => bench?.close())

    const load = async (world: string) => {
      const from = talk.length
      talk.send({ type: 'load', world, seed: 3 })
      const { index } = await talk.next('mode', () => true, from)
      return { from, index }
    }
    const pause = async () => {
      const from = talk.length
      talk.send({ type: 'mode', mode: 'pause' })
      await talk.next('mode', ({ mode }) => mode === 'pause', from)
    }

    test('S2: hello comes first, with the version', () => {
      expect(talk.heard[0]?.message).toEqual({ type: 'hello', version: 1 })
    })

    test('S3: a world that cannot be loaded is told with a code and a place, and the next one can', async () => {
      let from = talk.length
      talk.send({ type: 'load', world: 'worlds/missing.wbt' })
      const missing = await talk.next('load-failed', () => true, from)
      expect(missing.message.error).toMatchObject({
        code: 'SCENE_FILE_MISSING',
        message: expect.stringContaining('worlds/missing.wbt'),
      })
      expect(missing.message.error.message).not.toContain('project:')
      from = talk.length
      talk.send({ type: 'load', world: 'worlds/wrong.wbt' })
      const wrong = await talk.next('load-failed', () => true, from)
      expect(wrong.message.error).toMatchObject({
        code: 'SCENE_SYNTAX',
        location: { file: 'worlds/wrong.wbt', line: 4, column: 17 },
      })
    })

    test('S3, S4, S5: loading, loaded, a full frame, pause at 0, controllers in the order of the file', async () => {
      const { from } = await load('worlds/driven.wbt')
      await talk.next('start-controller', ({ extern }) => extern, from)
      expect(talk.types(from)).toEqual(['loaded', 'frame', 'mode', 'start-controller', 'start-controller'])
      const order = talk.heard.slice(from).map(({ message }) => message.type)
      expect(order.indexOf('loading')).toBeGreaterThanOrEqual(0)
      expect(order.lastIndexOf('loading')).toBeLessThan(order.indexOf('loaded'))
      const first = talk.heard.slice(from).find(({ message }) => message.type === 'read-file')
      expect(first?.message).toMatchObject({ scope: 'project', path: 'worlds/driven.wbt' })
      const { message: loaded } = await talk.next('loaded', () => true, from)
      expect(loaded).toMatchObject({
        world: 'worlds/driven.wbt',
        title: 'Conformance',
        info: ['one', 'two'],
        basicTimeStepMs: 16,
        fps: 25,
        robots: [
          { name: 'one', controller: 'drive', window: '<generic>', nodeId: expect.any(Number) },
          { name: 'two', controller: '<extern>', window: '<generic>', nodeId: expect.any(Number) },
        ],
      })
      const { message: frame } = await talk.next('frame', () => true, from)
      expect(frame).toMatchObject({ full: true, frame: { timeMs: 0 } })
      const [one, two] = loaded.robots.map(({ nodeId }) => frame.frame.updates.find(({ id }) => id === nodeId))
      expect(String(one?.translation)).toMatch(/^0 0\.2 0$/)
      expect(String(two?.translation)).toMatch(/^0 -0\.2 0$/)
      const { message: mode } = await talk.next('mode', () => true, from)
      expect(mode).toEqual({ type: 'mode', mode: 'pause', timeMs: 0, by: 'request' })
      const starts = talk.heard
        .slice(from)
        .flatMap(({ message }) => (message.type === 'start-controller' ? message : []))
      expect(starts.map(({ robot, name, args, extern }) => ({ robot, name, args, extern }))).toEqual([
        { robot: 'one', name: 'drive', args: ['a b'], extern: false },
        { robot: 'two', name: '<extern>', args: ['a b'], extern: true },
      ])
      expect(starts[0]!.controller).not.toBe(starts[1]!.controller)
    })

    test('S8, S9: bytes of a controller, its lock-step, and what reset does to it', async () => {
      const { from } = await load('worlds/driven.wbt')
      const { message: start } = await talk.next('start-controller', () => true, from)
      const { controller } = start
      const heardFrom = (index: number) => {
        const text = talk.heard
          .slice(index)
          .filter(({ message }) => message.type === 'controller-data' && message.controller === controller)
          .map(({ body }) => new TextDecoder().decode(body))
          .join('')
        return text
          .split('\n')
          .slice(0, -1)
          .map((one) => JSON.parse(one) as Record<string, unknown>)
      }
      const answers = async (count: number) => {
        await expect.poll(() => heardFrom(from).length).toBe(count)
        return heardFrom(from).at(-1)!
      }
      talk.send({ type: 'controller-started', controller })
      // Cut in the middle: frames of simulator-v1 do not keep the lines of controller-v1 together.
      const hello = line({ type: 'hello', version: 1, language: 'test' })
      talk.send({ type: 'controller-data', controller }, hello.subarray(0, 10))
      talk.send({ type: 'controller-data', controller }, hello.subarray(10))
      const welcome = await answers(1)
      expect(welcome).toMatchObject({ type: 'welcome', version: 1, robot: 'one', basicTimeStepMs: 16, time: 0 })
      const devices = welcome.devices as { name: string; type: string; constants: Record<string, number> }[]
      const names = devices.map((device) => device.name)
      for (const wanted of [
        'left wheel motor',
        'right wheel motor',
        'left wheel sensor',
        'ps0',
        'ps7',
        'led0',
        'camera',
      ])
        expect(names).toContain(wanted)
      const ps0 = devices.find((device) => device.name === 'ps0')!
      expect(ps0).toMatchObject({ type: 'DistanceSensor', constants: { maxValue: 4095, minValue: 67.19 } })
      expect(devices.find((device) => device.name === 'left wheel motor')!.constants.maxVelocity).toBe(6.28)

      // The extern robot has no controller, so only the first one is waited for.
      talk.send({ type: 'mode', mode: 'fast' })
      const drive = (device: string) => [
        { set: 'position', device, value: 'inf' },
        { set: 'velocity', device, value: 3 },
      ]
      const commands = [
        { set: 'enable', device: 'ps0', periodMs: 16 },
        { set: 'enable', device: 'left wheel sensor', periodMs: 32 },
        ...drive('left wheel motor'),
        ...drive('right wheel motor'),
      ]
      talk.send({ type: 'controller-data', controller }, line({ type: 'step', ms: 16, commands }))
      const first = await answers(2)
      expect(first).toMatchObject({ type: 'stepped', time: 0.016 })
      const value = (first.values as Record<string, number>).ps0!
      expect(value).toBeGreaterThan(30)
      expect(value).toBeLessThan(150)
      expect(first.values).not.toHaveProperty('left wheel sensor')
      // It rounds up to whole basic steps, and the world waits for it meanwhile.
      talk.send({ type: 'controller-data', controller }, line({ type: 'step', ms: 800, commands: [] }))
      const second = await answers(3)
      expect(second.time).toBe(0.816)
      const turned = (second.values as Record<string, number>)['left wheel sensor']!
      expect(turned).toBeGreaterThan(1.9)
      expect(turned).toBeLessThan(2.6)
      const wrong = { set: 'velocity', device: 'no such motor', value: 1 }
      talk.send({ type: 'controller-data', controller }, line({ type: 'step', ms: 1, commands: [wrong] }))
      expect((await answers(4)).time).toBe(0.832)
      const warning = await talk.next('console', ({ robot }) => robot === 'one', from)
      expect(warning.message.line).toContain('"no such motor" device not found')
      await pause()

      const resetFrom = talk.length
      talk.send({ type: 'reset' })
      const finished = await talk.next('reset-finished', () => true, resetFrom)
      const types = talk.types(resetFrom).slice(0, finished.index - resetFrom + 1)
      expect(heardFrom(resetFrom)).toEqual([{ type: 'quit', reason: 'reset' }])
      expect(types.filter((type) => type !== 'controller-data')).toEqual([
        'stop-controller',
        'stop-controller',
        'start-controller',
        'start-controller',
        'frame',
        'reset-finished',
      ])
      const { message: frame } = await talk.next('frame', () => true, resetFrom)
      expect(frame).toMatchObject({ full: true, frame: { timeMs: 0 } })
      const again = await talk.next('start-controller', () => true, resetFrom)
      expect(again.message.controller).not.toBe(controller)
    })

    test('an e-puck sees the wall before it, on its right, and nothing behind it', async () => {
      const { from } = await load('worlds/wall.wbt')
      const { message: start } = await talk.next('start-controller', () => true, from)
      const { controller } = start
      const names = Array.from({ length: 8 }, (_, index) => `ps${index}`)
      const commands = names.map((device) => ({ set: 'enable', device, periodMs: 16 }))
      talk.send({ type: 'mode', mode: 'fast' })
      talk.send({ type: 'controller-data', controller }, line({ type: 'hello', version: 1, language: 'test' }))
      talk.send({ type: 'controller-data', controller }, line({ type: 'step', ms: 16, commands }))
      const { body } = await talk.next(
        'controller-data',
        () => true,
        (await talk.next('controller-data', () => true, from)).index + 1,
      )
      await pause()
      const { values } = JSON.parse(new TextDecoder().decode(body)) as { values: Record<string, number> }
      // Two centimetres to the wall ahead, three to the one on the right: the same table for both simulators.
      for (const name of ['ps0', 'ps7']) {
        expect(values[name], name).toBeGreaterThan(180)
        expect(values[name], name).toBeLessThan(420)
      }
      expect(values.ps2, 'ps2').toBeGreaterThan(140)
      expect(values.ps2, 'ps2').toBeLessThan(330)
      for (const name of ['ps3', 'ps4', 'ps5']) expect(values[name], name).toBeLessThan(110)
    })

    test('S9: what is not controller-v1 is refused, with a reason on the console', async () => {
      const { from } = await load('worlds/driven.wbt')
      const { message: start } = await talk.next('start-controller', () => true, from)
      talk.send({ type: 'controller-data', controller: start.controller }, encoder.encode('GET / HTTP/1.1\n'))
      const { body } = await talk.next('controller-data', () => true, from)
      expect(JSON.parse(new TextDecoder().decode(body))).toMatchObject({ type: 'quit', reason: 'refused' })
      const told = await talk.next('console', ({ stream }) => stream === 'stderr', from)
      expect(told.message.line).toContain('[CONTROLLER_BAD_MESSAGE]')
    })

    test('S10: a controller that ended is told of, and the world goes on', async () => {
      const { from } = await load('worlds/driven.wbt')
      const { message: start } = await talk.next('start-controller', () => true, from)
      const report = { code: 'CONTROLLER_CRASHED', message: 'It crashed.' } as const
      talk.send({ type: 'mode', mode: 'fast', untilMs: 160 })
      talk.send({ type: 'controller-ended', controller: start.controller, exitCode: 1, signal: null, report })
      const { message: limit } = await talk.next('mode', ({ by }) => by === 'limit', from)
      expect(limit).toEqual({ type: 'mode', mode: 'pause', timeMs: 160, by: 'limit' })
      const { message: told } = await talk.next('diagnostic', () => true, from)
      expect(told.diagnostic).toMatchObject({ severity: 'error', ...report })
      const { message: console } = await talk.next('console', () => true, from)
      expect(console).toMatchObject({ stream: 'stderr', robot: 'one', line: 'It crashed. [CONTROLLER_CRASHED]' })
    })

    test('S6, S11: step, a limit, pause', async () => {
      await load('worlds/still.wbt')
      let from = talk.length
      talk.send({ type: 'mode', mode: 'step' })
      await talk.next('mode', () => true, from)
      expect(talk.types(from)).toEqual(['frame', 'mode'])
      expect(talk.heard.slice(from).map(({ message }) => message)).toMatchObject([
        { type: 'frame', full: false, frame: { timeMs: 16 } },
        { type: 'mode', mode: 'pause', timeMs: 16, by: 'request' },
      ])
      from = talk.length
      talk.send({ type: 'mode', mode: 'fast', untilMs: 500 })
      const limit = await talk.next('mode', ({ by }) => by === 'limit', from)
      expect(limit.message).toEqual({ type: 'mode', mode: 'pause', timeMs: 512, by: 'limit' })
      expect(talk.heard[from]?.message).toEqual({ type: 'mode', mode: 'fast', timeMs: 16, by: 'request' })
      expect(talk.heard[limit.index - 1]?.message).toMatchObject({ type: 'frame', frame: { timeMs: 512 } })
      await pause()
    })

    test('S7: real time is real time, frames come at most FPS times a second, the speed is told', async () => {
      await load('worlds/still.wbt')
      const from = talk.length
      talk.send({ type: 'mode', mode: 'real-time' })
      const { message: speed } = await talk.next('speed', () => true, from)
      expect(speed.realTimeFactor).toBeGreaterThan(0.8)
      expect(speed.realTimeFactor).toBeLessThan(1.1)
      const frames = talk.types(from, []).filter((type) => type === 'frame').length
      expect(frames).toBeGreaterThan(10)
      expect(frames).toBeLessThanOrEqual(27)
      await pause()
    })

    test('the scene is exported in both dialects, with the ids of the frames', async () => {
      const { from } = await load('worlds/still.wbt')
      const { message: loaded } = await talk.next('loaded', () => true, from)
      const { message: frame } = await talk.next('frame', () => true, from)
      const id = loaded.robots[0]!.nodeId
      talk.send({ type: 'export-scene', request: 41, dialect: 'x3d' })
      const scene = await talk.next('scene', ({ request }) => request === 41, from)
      const text = new TextDecoder().decode(scene.body)
      expect(text).toContain(`<Robot id='n${id}'`)
      for (const update of frame.frame.updates) expect(text).toContain(` id='n${update.id}' `)
      expect(text).toContain(`title='Conformance'`)
      expect(text.match(/<Cylinder /g)!.length).toBeGreaterThan(10)
      talk.send({ type: 'export-scene', request: 42, dialect: 'x3d-2019' })
      const old = await talk.next('scene', ({ request }) => request === 42, from)
      const oldText = new TextDecoder().decode(old.body)
      expect(oldText).toContain(`<Transform id='n${id}'`)
      expect(oldText).not.toMatch(/<(Robot|Pose|Solid|DistanceSensor) /)
      const stripped = (xml: string) => xml.replace(/<\?xml.*\?>|<!DOCTYPE[^>]*>/g, '')
      for (const xml of [text, oldText]) {
        const opened = stripped(xml).match(/<\w+/g)!.length
        const closed = stripped(xml).match(/<\/\w+>|\/>/g)!.length
        expect(closed).toBe(opened)
      }
    })

    test('what it does not know is answered on the console and nothing else happens', async () => {
      await load('worlds/still.wbt')
      const from = talk.length
      talk.sendWrong({ type: 'dance' })
      const told = await talk.next('console', () => true, from)
      expect(told.message).toMatchObject({ stream: 'stderr', line: expect.stringContaining('dance') })
      talk.send({ type: 'mode', mode: 'step' })
      await talk.next('mode', () => true, from)
      expect(talk.types(from)).toEqual(['console', 'frame', 'mode'])
    })

    test('S3: of two loads one upon the other the last one counts', async () => {
      const from = talk.length
      talk.send({ type: 'load', world: 'worlds/still.wbt' })
      talk.send({ type: 'load', world: 'worlds/driven.wbt' })
      const { message } = await talk.next('loaded', () => true, from)
      expect(message.world).toBe('worlds/driven.wbt')
      await talk.next('start-controller', () => true, from)
      expect(talk.types(from).filter((type) => type === 'loaded')).toHaveLength(1)
    })

    test('close ends the process', async () => {
      talk.send({ type: 'close' })
      expect(await talk.process.exited).toEqual({ exitCode: 0, signal: null })
    })
  })
}

const both = simulators.every(({ problem }) => problem === undefined)

test.skipIf(!both)('both simulators say the same things in the same order', async () => {
  const bench = new Bench()
  try {
    const said = await Promise.all(
      (['built-in', 'enki'] as const).map(async (name) => {
        const talk = await bench.start(name, files)
        talk.send({ type: 'load', world: 'worlds/driven.wbt' })
        const { message: start } = await talk.next('start-controller', ({ extern }) => !extern)
        const { controller } = start
        const answered = async (count: number) =>
          expect.poll(() => talk.heard.filter(({ message }) => message.type === 'controller-data').length).toBe(count)
        await talk.next('start-controller', ({ extern }) => extern)
        talk.send({ type: 'controller-started', controller })
        talk.send({ type: 'controller-data', controller }, line({ type: 'hello', version: 1, language: 'test' }))
        await answered(1)
        for (let step = 0; step < 5; step++) {
          const from = talk.length
          talk.send({ type: 'controller-data', controller }, line({ type: 'step', ms: 16, commands: [] }))
          talk.send({ type: 'mode', mode: 'step' })
          await talk.next('mode', () => true, from)
          await answered(2 + step)
        }
        talk.send({ type: 'reset' })
        const { index } = await talk.next('reset-finished')
        const again = await talk.next('start-controller', ({ extern, controller: one }) => !extern && one > controller)
        expect(again.index).toBeLessThan(index)
        const before = talk.length
        talk.send(
          { type: 'controller-data', controller: again.message.controller },
          line({ type: 'hello', version: 1, language: 'test' }),
        )
        await talk.next('controller-data', () => true, before)
        const from = talk.length
        talk.send({ type: 'load', world: 'worlds/still.wbt' })
        await talk.next('mode', () => true, from)
        return talk.heard
          .map(({ message }) => message)
          .filter(({ type }) => !['loading', 'read-file', 'speed', 'diagnostic'].includes(type))
          .map(essence)
      }),
    )
    expect(said[1]).toEqual(said[0])
    expect(said[0]!.length).toBeGreaterThan(25)
  } finally {
    await bench.close()
  }
})

test.skipIf(!both).each(['obstacle-avoidance', 'thymio-explorer'])(
  'both simulators export %s as the same text, byte for byte',
  async (project) => {
    const bench = new Bench()
    try {
      const texts = await Promise.all(
        (['built-in', 'enki'] as const).map(async (name) => {
          const talk = await bench.start(name, `${repositoryRoot}projects/${project}`)
          talk.send({ type: 'load', world: `worlds/${project.replace('-', '_')}.wbt` })
          await talk.next('loaded')
          talk.send({ type: 'export-scene', request: 1, dialect: 'x3d' })
          talk.send({ type: 'export-scene', request: 2, dialect: 'x3d-2019' })
          const first = await talk.next('scene', ({ request }) => request === 1)
          const second = await talk.next('scene', ({ request }) => request === 2)
          return [first, second].map(({ body }) => new TextDecoder().decode(body))
        }),
      )
      expect(texts[0]![0]!.length).toBeGreaterThan(20_000)
      expect(texts[1]![0] === texts[0]![0]).toBe(true)
      expect(texts[1]![1] === texts[0]![1]).toBe(true)
    } finally {
      await bench.close()
    }
  },
)

/** What two simulators have to agree in: not where robots are, and not their own numbers of nodes. */
function essence(message: SimulatorToServer): unknown {
  if (message.type === 'frame') return { type: 'frame', full: message.full, timeMs: message.frame.timeMs }
  if (message.type === 'loaded') {
    const { diagnostics: _, ...rest } = message
    return { ...rest, robots: message.robots.map(({ nodeId: _id, ...robot }) => robot) }
  }
  return message
}
