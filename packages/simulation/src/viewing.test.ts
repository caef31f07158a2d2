import { readFileSync } from 'node:fs'
import { encodeLine, type InkStroke, type SimulationToController, SimyardError } from '@simyard/protocol'
import { type FileSource, loadScene } from '@simyard/scene'
import { decode } from 'fast-png'
import { afterEach, describe, expect, test } from 'vitest'
import { Simulation } from './index.js'

const root = new URL('../../../', import.meta.url)
const running: Simulation[] = []
afterEach(() => {
  for (const simulation of running.splice(0)) simulation.close()
})

const files = (world: string): FileSource => ({
  async read(url) {
    if (url === 'project:/worlds/w.wbt') return new TextEncoder().encode(`#VRML_SIM R2025a utf8\n${world}`)
    if (url.startsWith('asset:/')) return readFileSync(new URL(url.replace('asset:/', ''), root))
    throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
  },
})

/** A simulation whose robots' controllers are the function: what they command after each step. */
async function open(
  world: string,
  steer: (values: Readonly<Record<string, unknown>>, step: number) => readonly object[] = () => [],
) {
  const answers: string[] = []
  const lines: string[] = []
  let steps = 0
  const simulation: Simulation = await Simulation.create({
    scene: await loadScene({ url: 'project:/worlds/w.wbt', files: files(world) }),
    seed: 5,
    host: {
      startController: ({ controller }) => {
        say = (message) => simulation.robots.receiveFromController(controller, encodeLine(message))
        say({ type: 'hello', version: 1, language: 'test' })
      },
      stopController: () => {},
      sendToController: (_, bytes) => {
        const message = JSON.parse(
          new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(10))),
        ) as SimulationToController
        if (message.type === 'stepped') answers.push(JSON.stringify(message))
        if (message.type !== 'quit') owed = steer(message.type === 'stepped' ? message.values : {}, steps++)
      },
      console: ({ line }) => lines.push(line),
      diagnostic: () => {},
      controllersChanged: () => {},
    },
  })
  let say: (message: object) => void = () => {}
  let owed: readonly object[] | undefined
  const step = (count = 1) => {
    for (let i = 0; i < count; i++) {
      if (owed) {
        const commands = owed
        owed = undefined
        say({ type: 'step', ms: 16, commands })
      }
      simulation.step()
    }
  }
  running.push(simulation)
  simulation.robots.startControllers()
  return { simulation, step, answers, lines }
}

const EPUCK = `
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/objects/floors/protos/RectangleArena.proto"
EXTERNPROTO "https://raw.githubusercontent.com/cyberbotics/webots/R2025a/projects/robots/gctronic/e-puck/protos/E-puck.proto"
WorldInfo { basicTimeStep 16 }
RectangleArena { floorSize 0.6 0.6 }
E-puck { name "e" translation 0.1 0.05 0 controller "c" }`

/** Turns away from walls by noisy sensors: one number more or fewer from the generator changes the run. */
const explore = (values: Readonly<Record<string, unknown>>, step: number) => {
  const wheel = (side: string, velocity: number) => ({
    set: 'velocity',
    device: `${side} wheel motor`,
    value: velocity,
  })
  if (step === 0) {
    return [
      { set: 'enable', device: 'ps0', periodMs: 16 },
      { set: 'enable', device: 'ps7', periodMs: 32 },
      ...['left', 'right'].map((side) => ({ set: 'position', device: `${side} wheel motor`, value: 'inf' })),
      wheel('left', 5),
      wheel('right', 5),
    ]
  }
  const near = Number(values.ps0 ?? 0) / 200
  return [wheel('left', 5 - near), wheel('right', 5 - 2 * near)]
}

describe('viewers', () => {
  test('see everything, and the run does not notice: the same values, the same state', async () => {
    const alone = await open(EPUCK, explore)
    const watched = await open(EPUCK, explore)
    alone.step(300)
    for (let i = 0; i < 300; i++) {
      watched.step()
      watched.simulation.robots.readingsOf('e', true)
      watched.simulation.contactPoints(100)
      if (i % 50 === 0) watched.simulation.robots.see('e', 'camera')
    }
    expect(watched.answers).toEqual(alone.answers)
    expect(watched.simulation.stateHash()).toBe(alone.simulation.stateHash())
    // The noise is there: the controller of another seed's run would have read something else.
    const other = JSON.parse(alone.answers[5] ?? '') as { values: { ps0: number } }
    expect(other.values.ps0 % 1).not.toBe(0)
  })

  test('see what the controller saw, and of sensors that are off only what they ask for', async () => {
    const { simulation, step, answers } = await open(EPUCK, explore)
    step(10)
    const read = (sampled: boolean) =>
      new Map(simulation.robots.readingsOf('e', sampled)?.map((one) => [one.device, one]))
    const newest = (JSON.parse(answers.at(-1) ?? '') as { values: { ps0: number } }).values.ps0
    expect(read(false).get('ps0')).toMatchObject({ enabled: true, value: newest })
    expect(read(false).get('ps1')?.value).toBeUndefined()
    expect(read(true).get('ps1')).toMatchObject({ enabled: false, value: expect.any(Number) })
    const ray = read(false).get('ps0')?.rays?.[0]
    expect(ray?.from[2]).toBeGreaterThan(0.02)
    expect(Math.hypot(...[0, 1, 2].map((k) => (ray?.to[k] ?? 0) - (ray?.from[k] ?? 0)))).toBeLessThan(0.11)
    const motor = read(false).get('left wheel motor')
    expect(motor?.velocity).toBeCloseTo(5, 0)
    expect(motor?.joint).toMatchObject({ type: 'hinge' })
    // The wheels are 52 mm apart on an axle across the robot, which looks along x.
    expect(Math.abs(motor?.joint?.axis[1] ?? 0)).toBeGreaterThan(0.98)
    expect(simulation.robots.readingsOf('nobody', true)).toBeUndefined()
  })

  test('see what touches what', async () => {
    const { simulation, step } = await open(`WorldInfo { basicTimeStep 16 }
      Solid { name "floor" boundingObject Plane { size 4 4 } }
      Solid { name "box" translation 0 0 0.05 boundingObject Box { size 0.1 0.1 0.1 } physics Physics { } }`)
    step(20)
    const contacts = simulation.contactPoints(100)
    expect(contacts.length).toBeGreaterThanOrEqual(3)
    for (const { point, normal, bodies } of contacts) {
      expect(new Set(bodies)).toEqual(new Set(['floor', 'box']))
      expect(Math.abs(point[2])).toBeLessThan(1e-3)
      expect(Math.abs(normal[2])).toBeCloseTo(1, 3)
    }
    expect(simulation.contactPoints(1)).toHaveLength(1)
  })

  test('move motors by hand until the controller says otherwise; the input log has it', async () => {
    const idle = EPUCK.replace('controller "c"', 'controller "<none>"')
    const command = (velocity: number) => [
      { set: 'position', device: 'left wheel motor', value: 'inf' } as const,
      { set: 'velocity', device: 'left wheel motor', value: velocity } as const,
    ]
    const velocity = (simulation: Simulation) =>
      simulation.robots.readingsOf('e', false)?.find(({ device }) => device === 'left wheel motor')?.velocity
    const first = await open(idle)
    first.step(5)
    first.simulation.robots.driveByHand('e', command(3))
    first.simulation.robots.driveByHand('nobody', command(3))
    first.step(40)
    expect(velocity(first.simulation)).toBeCloseTo(3, 1)
    const inputs = first.simulation.inputLog.entries.filter((input) => input.type === 'by-hand')
    expect(inputs).toEqual([{ timeMs: 80, type: 'by-hand', robot: 'e', commands: command(3) }])
    const again = await open(idle)
    for (let i = 0; i < 45; i++) {
      for (const { timeMs, robot, commands } of inputs) {
        if (timeMs === again.simulation.timeMs) again.simulation.robots.driveByHand(robot, commands)
      }
      again.step()
    }
    expect(again.simulation.stateHash()).toBe(first.simulation.stateHash())
    first.simulation.robots.driveByHand('e', [{ set: 'velocity', device: 'no motor', value: 1 }])
    first.step()
    expect(first.lines.join()).toContain('"no motor" device not found')
    const steered = await open(EPUCK, (_, step) => (step === 0 ? explore({}, 0) : [explore({}, 1)[0] ?? {}]))
    steered.step(5)
    steered.simulation.robots.driveByHand('e', command(-3))
    steered.step(40)
    expect(velocity(steered.simulation)).toBeCloseTo(5, 0)
  })
})

describe('a pen', () => {
  const ink = (value: number) => ({ set: 'ink', device: 'pen', value, density: 1 })
  const write = (value: boolean) => ({ set: 'pen', device: 'pen', value })

  test('draws on what is below it, in the frame of what it draws on', async () => {
    const { simulation, step } = await open(
      `WorldInfo { basicTimeStep 16 gravity 0 } Solid { name "floor" translation 0 0 -0.05 boundingObject Box { size 9 9 0.1 } }
       Robot { name "r" translation 0 0 0.5 controller "c" physics Physics { density -1 mass 1 }
         boundingObject Box { size 0.1 0.1 0.4 }
         children [ Pen { name "pen" translation 0.1 0 0 leadSize 0.01 inkColor 0 0 1 write FALSE } ] }`,
      (_, at) => (at === 10 ? [write(true)] : at === 30 ? [ink(0xff0000)] : at === 50 ? [write(false)] : []),
    )
    const { physics } = simulation.supervisor
    const strokes: InkStroke[] = []
    for (let i = 0; i < 70; i++) {
      const [body] = physics.robots
      if (body) simulation.supervisor.setVelocity(body, { linear: [1, 0, 0], angular: [0, 0, 0] })
      step()
      if (i % 7 === 0) strokes.push(...simulation.robots.takeStrokes())
    }
    strokes.push(...simulation.robots.takeStrokes())
    expect(new Set(strokes.map(({ color }) => color))).toEqual(new Set([0x0000ff, 0xff0000]))
    const length = (color: number) =>
      strokes
        .filter((stroke) => stroke.color === color)
        .flatMap(({ points }) => points.slice(1).map(([x], i) => x - (points[i]?.[0] ?? 0)))
        .reduce((sum, part) => sum + part, 0)
    // A metre a second for 20 steps of 16 ms; the first only says where the line begins.
    expect(length(0x0000ff)).toBeCloseTo(0.304, 3)
    expect(length(0xff0000)).toBeCloseTo(0.32, 3)
    for (const { points, width, robot, device } of strokes) {
      expect({ width, robot, device }).toEqual({ width: 0.01, robot: 'r', device: 'pen' })
      for (const [, y, z] of points) {
        expect(Math.abs(y)).toBeLessThan(0.01)
        // The floor's upper side, 5 cm above its middle.
        expect(z).toBeCloseTo(0.05, 4)
      }
    }
  })
})

const ROOM = `WorldInfo { basicTimeStep 16 }
  Solid { name "ahead" translation 2.05 0 0 boundingObject DEF WALL Box { size 0.1 10 10 } children [ Shape { geometry USE WALL } ] }
  Solid { name "left" translation 0 1.05 0 boundingObject DEF SIDE Box { size 1 0.1 10 } children [ Shape { geometry USE SIDE } ] }`

describe('range sensors', () => {
  const distances = (bytes: Uint8Array, minRange: number, maxRange: number) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset)
    return Array.from({ length: bytes.length / 2 }, (_, i) => {
      const step = view.getUint16(2 * i, true)
      return step === 65_535 ? Number.POSITIVE_INFINITY : minRange + (step / 65_534) * (maxRange - minRange)
    })
  }

  test('a lidar measures to the walls, from left to right and from the top', async () => {
    const { simulation } = await open(`${ROOM}
      Robot { name "r" children [ Lidar { name "l" horizontalResolution 181 fieldOfView 3.14159265 numberOfLayers 3
        verticalFieldOfView 0.6 minRange 0.2 maxRange 5 } ]
        boundingObject Sphere { radius 0.1 } }`)
    const sight = simulation.robots.see('r', 'l')
    expect(sight?.header).toMatchObject({ encoding: 'ranges', width: 181, height: 3 })
    const ranges = distances(sight?.bytes ?? new Uint8Array(0), 0.2, 5)
    for (let layer = 0; layer < 3; layer++) {
      const elevation = 0.3 - 0.3 * layer
      for (let column = 0; column < 181; column++) {
        const azimuth = ((90 - column) * Math.PI) / 180
        const flat = Math.cos(elevation)
        const ahead = 2 / (flat * Math.cos(azimuth))
        const aside = 1 / (flat * Math.sin(azimuth))
        const atWall = aside > 0 && aside * flat * Math.cos(azimuth) <= 0.5 ? aside : ahead
        const truth = atWall > 0 && atWall <= 5 ? atWall : Number.POSITIVE_INFINITY
        // Where a ray grazes the wall's edge either answer is right.
        if (Math.abs(aside * flat * Math.cos(azimuth) - 0.5) < 0.01) continue
        const measured = ranges[layer * 181 + column] ?? 0
        if (Number.isFinite(truth)) expect(Math.abs(measured - truth), `layer ${layer}, ${column}`).toBeLessThan(2e-4)
        else expect(measured, `layer ${layer}, ${column}`).toBe(Number.POSITIVE_INFINITY)
      }
    }
  })

  test('a lidar that turns all around has no direction twice; what is too near is not measured', async () => {
    const { simulation } = await open(`${ROOM}
      Robot { name "r" children [ Lidar { name "l" horizontalResolution 4 fieldOfView 6.2831853 numberOfLayers 1
        minRange 1.5 maxRange 5 } ] }`)
    const sight = simulation.robots.see('r', 'l')
    const [behind, left, ahead, right] = distances(sight?.bytes ?? new Uint8Array(0), 1.5, 5)
    expect([behind, left, right]).toEqual([Infinity, Infinity, Infinity])
    expect(ahead).toBeCloseTo(2, 3)
  })

  test('a lidar’s noise is that of the world, and viewers take none of it', async () => {
    const lidar = (noise: number) => `${ROOM} Robot { name "r" controller "c" children [ Lidar { name "l"
      horizontalResolution 64 fieldOfView 0.4 numberOfLayers 4 verticalFieldOfView 0.1 maxRange 5 noise ${noise} } ] }`
    const enable = (_: unknown, step: number) => (step === 0 ? [{ set: 'enable', device: 'l', periodMs: 16 }] : [])
    const read = (bytes: Uint8Array | undefined) => distances(bytes ?? new Uint8Array(0), 0.01, 5)
    const quiet = await open(lidar(0))
    const noisy = await open(lidar(0.01), enable)
    const truth = read(quiet.simulation.robots.see('r', 'l')?.bytes)
    expect(read(noisy.simulation.robots.see('r', 'l')?.bytes)).toEqual(truth)
    noisy.step(2)
    const errors = read(noisy.simulation.robots.see('r', 'l')?.bytes).map((value, i) => value - (truth[i] ?? 0))
    const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)
    // 1 % of the 5 m that it reaches.
    expect(deviation).toBeGreaterThan(0.04)
    expect(deviation).toBeLessThan(0.06)
  })

  test('a range finder measures along its axis, as a picture for viewers', async () => {
    const { simulation } = await open(`${ROOM}
      Robot { name "r" children [ RangeFinder { name "d" width 32 height 16 fieldOfView 0.8 maxRange 4 } ] }`)
    const sight = simulation.robots.see('r', 'd')
    expect(sight?.header).toEqual({ encoding: 'png', width: 32, height: 16 })
    const { data } = decode(sight?.bytes ?? new Uint8Array(0))
    // Half way between 0.01 and 4 metres everywhere: the distance is that of the plane, not of the point.
    expect(new Set(data)).toEqual(new Set([Math.round(255 * (1 - 1.99 / 3.99))]))
  })
})
