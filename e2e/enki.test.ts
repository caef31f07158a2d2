import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { NodeUpdate } from '@simyard/protocol'
import { repositoryRoot } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enkiProblem } from '../apps/simulation-server/src/simulator/enki-plan.js'
import { makeReadable } from '../apps/simulation-server/src/stage.js'
import { Bench, type SimulatorName } from './simulators/bench.js'
import type { Conversation } from './simulators/conversation.js'

const problem = enkiProblem()

const DRIVER = `
from controller import Robot
robot = Robot()
step = int(robot.getBasicTimeStep())
sensors = [robot.getDevice("ps%d" % i) for i in range(8)]
for sensor in sensors:
    sensor.enable(step)
turns = robot.getDevice("left wheel sensor")
turns.enable(step)
left, right = robot.getDevice("left wheel motor"), robot.getDevice("right wheel motor")
for motor in (left, right):
    motor.setPosition(float("inf"))
left.setVelocity(4.0)
right.setVelocity(3.0)
while robot.step(step) != -1:
    print([round(sensor.getValue(), 9) for sensor in sensors], round(turns.getValue(), 9))
`
const JAVASCRIPT_DRIVER = `
import { Robot } from 'controller'
const robot = await Robot.connect()
const step = robot.getBasicTimeStep()
const led = robot.getDevice('led0')
const front = robot.getDevice('prox.horizontal.2')
front.enable(step)
const motors = ['motor.left', 'motor.right'].map((name) => robot.getDevice(name))
for (const motor of motors) {
  motor.setPosition(Infinity)
  motor.setVelocity(5)
}
let stopped = false
while ((await robot.step(step)) !== -1) {
  if (!stopped && front.getValue() > 2000) {
    stopped = true
    for (const motor of motors) motor.setVelocity(0)
    console.log('a wall at', Math.round(front.getValue() / 100) * 100)
  }
}
`
const WORLD = (body: string) => `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep 16 }
RectangleArena { floorSize 1 1 }
${body}
`

describe.skipIf(problem !== undefined)(`Enki with real controllers${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let bench: Bench
  let projectDir: string

  beforeAll(() => {
    bench = new Bench()
    projectDir = mkdtempSync(join(tmpdir(), 'simyard-enki-'))
    const write = (path: string, text: string) => {
      mkdirSync(dirname(join(projectDir, path)), { recursive: true })
      writeFileSync(join(projectDir, path), text)
    }
    write('controllers/driver/driver.py', DRIVER)
    write('controllers/stop/stop.mjs', JAVASCRIPT_DRIVER)
    write('worlds/driver.wbt', WORLD('E-puck { controller "driver" rotation 0 0 1 0.3 }'))
    write('worlds/stop.wbt', WORLD('Thymio2 { controller "stop" rotation 0 0 1 3.14159 }'))
    write(
      'worlds/mixed.wbt',
      WORLD(`E-puck { controller "<none>" name "pusher" translation -0.1 0 0 }
DEF CRATE SolidBox { translation 0.1 0 0.03 size 0.06 0.06 0.06 name "crate" physics Physics { density -1 mass 0.02 } }
Solid { translation 0.3 0.3 0.1 name "pillar" children [ DEF P Shape { appearance PBRAppearance { } geometry Cylinder { radius 0.05 height 0.2 } } ] boundingObject USE P }
Solid { translation -0.3 0.3 0.1 name "odd" boundingObject IndexedFaceSet { } }
Solid { translation 0 -0.3 0.1 rotation 1 0 0 0.5 name "tilted" boundingObject Box { size 0.1 0.1 0.1 } }
FourWheelRobot { translation -0.3 -0.3 0 name "unknown to Enki" controller "<none>" }
NoSuchThing { }`),
    )
    makeReadable(projectDir)
  })
  afterAll(async () => {
    await bench?.close()
    rmSync(projectDir, { recursive: true, force: true })
  })

  async function open(name: SimulatorName, folder: string) {
    const talk = await bench.start(name, folder)
    return { talk, printed: bench.runControllers(talk, folder) }
  }

  /** Everything that moved, as the frames so far tell it. */
  function placesIn(talk: Conversation, node: number): { x: number; y: number }[] {
    const updates = talk.heard.flatMap(({ message }) => (message.type === 'frame' ? message.frame.updates : []))
    const told = updates.filter((update): update is NodeUpdate & { translation: string } => {
      return update.id === node && typeof update.translation === 'string'
    })
    return told.map(({ translation }) => {
      const [x = 0, y = 0] = translation.split(' ').map(Number)
      return { x, y }
    })
  }

  async function loaded(talk: Conversation, world: string) {
    talk.send({ type: 'load', world })
    const { message } = await talk.next('loaded')
    return message
  }

  test('the gallery’s e-puck explores its arena and runs into nothing', async () => {
    const { talk, printed } = await open('enki', `${repositoryRoot}projects/obstacle-avoidance`)
    const { robots, diagnostics } = await loaded(talk, 'worlds/obstacle_avoidance.wbt')
    expect(diagnostics).toEqual([])
    const from = talk.length
    talk.send({ type: 'mode', mode: 'fast', untilMs: 40_000 })
    await talk.next('mode', ({ by }) => by === 'limit', from)
    const places = placesIn(talk, robots[0]!.nodeId)
    expect(places.length).toBeGreaterThan(20)
    const radius = 0.037
    for (const { x, y } of places) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThan(0.6 - radius + 0.002)
    const span = (values: number[]) => Math.max(...values) - Math.min(...values)
    expect(span(places.map(({ x }) => x)) + span(places.map(({ y }) => y))).toBeGreaterThan(0.5)
    // Boxes that were run into would have moved.
    const first = talk.heard.flatMap(({ message }) =>
      message.type === 'frame' && message.full ? message.frame.updates : [],
    )
    const boxes = first.filter(({ id, translation }) => translation && String(translation).endsWith(' 0.05') && id)
    expect(boxes).toHaveLength(6)
    for (const { id } of boxes) {
      const moved = placesIn(talk, id)
      expect(span(moved.map(({ x }) => x)) + span(moved.map(({ y }) => y))).toBeLessThan(0.01)
    }
    expect(printed[0]).toBe('Hello, I am e-puck')
    expect(printed.filter((text) => text.includes('nearest obstacle')).length).toBeGreaterThan(15)
  })

  test('the same world, seed and controller make the same frames and the same readings', async () => {
    const runs = await Promise.all(
      [1, 2].map(async () => {
        const { talk, printed } = await open('enki', projectDir)
        await loaded(talk, 'worlds/driver.wbt')
        await talk.next('start-controller')
        const frames: string[] = []
        for (let step = 0; step < 200; step++) {
          const from = talk.length
          talk.send({ type: 'mode', mode: 'step' })
          await talk.next('mode', () => true, from)
          const { message } = await talk.next('frame', () => true, from)
          frames.push(JSON.stringify(message.frame))
        }
        await expect.poll(() => printed.length, { timeout: 5000 }).toBe(200)
        return { frames, printed }
      }),
    )
    expect(runs[1]).toEqual(runs[0])
    expect(new Set(runs[0]!.printed).size).toBe(200)
  })

  test('a JavaScript controller stops a Thymio before the wall', async () => {
    const { talk, printed } = await open('enki', projectDir)
    const { robots } = await loaded(talk, 'worlds/stop.wbt')
    const from = talk.length
    talk.send({ type: 'mode', mode: 'fast', untilMs: 10_000 })
    await talk.next('mode', ({ by }) => by === 'limit', from)
    const { x, y } = placesIn(talk, robots[0]!.nodeId).at(-1)!
    expect(Math.abs(y)).toBeLessThan(0.15)
    expect(x).toBeGreaterThan(-0.43)
    expect(x).toBeLessThan(-0.28)
    await expect.poll(() => printed.some((text) => /^a wall at \d+$/.test(text))).toBe(true)
  })

  test('what Enki cannot do is told with its place, and the rest is simulated', async () => {
    const { talk } = await open('enki', projectDir)
    const { diagnostics, robots } = await loaded(talk, 'worlds/mixed.wbt')
    expect(robots.map(({ name }) => name)).toEqual(['pusher'])
    const told = diagnostics.map(
      ({ code, location, message }) => `${code} ${location?.line} ${message.split(/[;:]/)[0]}`,
    )
    expect(told).toEqual([
      "SCENE_UNKNOWN_NODE 10 NoSuchThing is neither in the project's protos/ nor among Simyard's models",
      'SCENE_NOT_SIMULATED 7 Solid "odd" has a boundingObject of type IndexedFaceSet',
      'SCENE_NOT_SIMULATED 8 Solid "tilted" is tilted, and Enki\'s world is flat',
      'SCENE_NOT_SIMULATED 9 FourWheelRobot "unknown to Enki" is not one of the robots that Enki knows (E-puck, Thymio2)',
    ])
    const { message } = await talk.next('frame')
    // The crate and the robot with its two wheels move; walls and the pillar stand.
    expect(message.frame.updates).toHaveLength(4)
  })

  test('simyard run --simulator enki', () => {
    const world = `${repositoryRoot}projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`
    const program = `${repositoryRoot}apps/simyard/bin/simyard.mjs`
    const args = [program, 'run', world, '--simulator', 'enki', '--seconds', '20']
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    expect(stderr).toMatch(/20\S* s simulated in/)
    expect(stdout).toContain('[e-puck] Hello, I am e-puck')
    expect(status).toBe(0)
  })

  test('worlds that are meant to break it do not: each is loaded or refused, and the next one loads', async () => {
    const head = '#VRML_SIM R2025a utf8\n'
    const doubled = Array.from({ length: 30 }, (_, i) => `DEF N${i + 1} Group { children [ USE N${i} USE N${i} ] }`)
    const worlds: Record<string, string> = {
      'worlds/step.wbt': `${head}WorldInfo { basicTimeStep 0 }`,
      'worlds/rate.wbt': `${head}WorldInfo { FPS 1e999 }`,
      'worlds/laughs.wbt': `${head}DEF N0 Shape { }\n${doubled.join('\n')}`,
      'worlds/deep.wbt': `${head}${'Group { children [ '.repeat(5000)}${'] }'.repeat(5000)}`,
      'worlds/cycle.wbt': `${head}Snake { }`,
      'protos/Snake.proto': `${head}PROTO Snake [ ] { Group { children [ Snake { } ] } }`,
      'worlds/huge.wbt': `${head}Solid { translation 1e300 1e999 0 boundingObject Box { size 1e300 0 -1 } physics Physics { } }`,
      'worlds/place.wbt': `${head}E-puck { translation 1e999 0 0 controller "<none>" }`,
      'worlds/types.wbt': `${head}E-puck { translation "here" rotation 1 controller 7 } RectangleArena { floorSize TRUE }`,
      'worlds/bytes.wbt': '\u0000\uffff{{{{]]]]"',
      'worlds/empty.wbt': '',
      'worlds/good.wbt': WORLD('E-puck { controller "<none>" }'),
    }
    const talk = await bench.start('enki', worlds)
    const outcomes: Record<string, string> = {}
    for (const world of Object.keys(worlds).filter((name) => name.startsWith('worlds/'))) {
      const from = talk.length
      talk.send({ type: 'load', world })
      const outcome = await Promise.race([
        talk.next('load-failed', () => true, from).then(({ message }) => message.error.code),
        talk.next('mode', () => true, from).then(() => 'loaded'),
      ])
      outcomes[world.slice('worlds/'.length, -'.wbt'.length)] = outcome
      const stepFrom = talk.length
      talk.send({ type: 'mode', mode: 'step' })
      if (outcome === 'loaded') await talk.next('mode', () => true, stepFrom)
    }
    expect(outcomes).toEqual({
      step: 'SCENE_WRONG_TYPE',
      rate: 'SCENE_WRONG_TYPE',
      laughs: 'SCENE_TOO_LARGE',
      deep: 'SCENE_TOO_LARGE',
      cycle: 'SCENE_PROTO_CYCLE',
      huge: 'loaded',
      place: 'loaded',
      types: 'SCENE_WRONG_TYPE',
      bytes: 'SCENE_SYNTAX',
      empty: 'loaded',
      good: 'loaded',
    })
  })

  test('a world with y up is refused with a way out', async () => {
    const talk = await bench.start('enki', { 'worlds/old.wbt': '#VRML_SIM R2020a utf8\nWorldInfo { }\n' })
    talk.send({ type: 'load', world: 'worlds/old.wbt' })
    const { message } = await talk.next('load-failed')
    expect(message.error).toMatchObject({ code: 'PHYSICS_MODEL_REJECTED', location: { line: 2 } })
  })
})
