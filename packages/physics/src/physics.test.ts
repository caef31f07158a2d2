import { axisAngleFromQuaternion, type Vector3 } from '@simyard/geometry'
import type { FieldValue, SceneNode } from '@simyard/scene'
import { afterEach, describe, expect, test } from 'vitest'
import { createPhysicsWorld, Fnv1a64, type PhysicsWorld } from './index.js'

let nextId = 1
const worlds: PhysicsWorld[] = []
afterEach(() => {
  for (const world of worlds.splice(0)) world.dispose()
  nextId = 1
})

function node(type: string, fields: Record<string, FieldValue> = {}): SceneNode {
  const location = { file: 'test.wbt', line: nextId, column: 1 }
  return {
    id: nextId++,
    type,
    fields: new Map(Object.entries(fields)),
    location,
    baseUrl: 'project:/worlds/',
    primitiveAxis: 'z',
  }
}

async function worldOf(...roots: SceneNode[]): Promise<PhysicsWorld> {
  const info = node('WorldInfo', { basicTimeStep: 8 })
  const world = await createPhysicsWorld({ nodes: [info, ...roots] })
  worlds.push(world)
  return world
}

const floor = () => node('Solid', { name: 'floor', boundingObject: node('Plane', {}) })

const physics = (mass: number) => node('Physics', { density: -1, mass })

function wheel(side: number, radius: number, track: number): { joint: SceneNode; motor: SceneNode } {
  const motor = node('RotationalMotor', { name: `wheel ${side}`, maxTorque: 0.25, maxVelocity: 20 })
  const turned = node('Pose', {
    rotation: [1, 0, 0, Math.PI / 2],
    children: [node('Cylinder', { radius, height: 0.01 })],
  })
  const joint = node('HingeJoint', {
    jointParameters: node('HingeJointParameters', { axis: [0, 1, 0], anchor: [0, (side * track) / 2, 0] }),
    device: [motor, node('PositionSensor', { name: `angle ${side}` })],
    endPoint: node('Solid', {
      translation: [0, (side * track) / 2, 0],
      boundingObject: turned,
      physics: physics(0.03),
    }),
  })
  return { joint, motor }
}

/** The robot of the measurements in docs: 0.14 × 0.10 m, 0.6 kg, wheels of 30 mm on 120 mm, a caster in front. */
function differentialRobot() {
  const left = wheel(1, 0.03, 0.12)
  const right = wheel(-1, 0.03, 0.12)
  const robot = node('Robot', {
    name: 'robot',
    translation: [0, 0, 0.03],
    children: [left.joint, right.joint],
    boundingObject: node('Group', {
      children: [
        node('Pose', { translation: [0, 0, 0.025], children: [node('Box', { size: [0.14, 0.1, 0.05] })] }),
        node('Pose', { translation: [0.055, 0, -0.018], children: [node('Sphere', { radius: 0.012 })] }),
        node('Pose', { translation: [-0.055, 0, -0.018], children: [node('Sphere', { radius: 0.012 })] }),
      ],
    }),
    physics: physics(0.54),
  })
  return { robot, left: left.motor, right: right.motor }
}

function heading(world: PhysicsWorld, id: number): number {
  const [, , z, angle] = axisAngleFromQuaternion(world.worldPose(id)!.rotation)
  return z * angle
}

function drive(world: PhysicsWorld, motors: readonly SceneNode[], speeds: readonly number[], seconds: number): void {
  motors.forEach((motor, i) => {
    world.motor(motor.id)!.setPosition(Number.POSITIVE_INFINITY)
    world.motor(motor.id)!.setVelocity(speeds[i]!)
  })
  for (let t = 0; t < Math.round(seconds * 125); t++) world.step(8)
}

describe('a differential robot', () => {
  test('stands still for a minute', async () => {
    const { robot } = differentialRobot()
    const world = await worldOf(floor(), robot)
    drive(world, [], [], 1)
    const start = world.worldPose(robot.id)!.translation
    drive(world, [], [], 60)
    const end = world.worldPose(robot.id)!.translation
    expect(Math.hypot(end[0] - start[0], end[1] - start[1], end[2] - start[2])).toBeLessThan(1e-5)
  })

  test('drives a metre within a millimetre', async () => {
    const { robot, left, right } = differentialRobot()
    const world = await worldOf(floor(), robot)
    drive(world, [left, right], [0, 0], 0.5)
    const before = world.worldPose(robot.id)!.translation
    for (let k = 1; k <= 50; k++) drive(world, [left, right], [k / 5, k / 5], 0.008)
    const ramp = (10 * 0.4) / 2 + 10 * 0.004
    const cruise = (1 / 0.03 - 2 * ramp) / 10
    drive(world, [left, right], [10, 10], Math.round(cruise * 125) / 125)
    for (let k = 50; k >= 0; k--) drive(world, [left, right], [k / 5, k / 5], 0.008)
    drive(world, [left, right], [0, 0], 0.5)
    const after = world.worldPose(robot.id)!.translation
    const commanded = 0.03 * (2 * ramp - 0 + 10 * (Math.round(cruise * 125) / 125))
    expect(Math.abs(after[0] - before[0] - commanded)).toBeLessThan(1e-3)
    expect(Math.abs(after[1] - before[1])).toBeLessThan(1e-3)
  })

  test('turns by 90° within 0.1°', async () => {
    const { robot, left, right } = differentialRobot()
    const world = await worldOf(floor(), robot)
    drive(world, [left, right], [0, 0], 0.5)
    const before = heading(world, robot.id)
    // 2 rad/s of the wheels are 1 rad/s of the robot.
    let angle = 0
    for (let k = 1; k <= 25; k++) {
      drive(world, [left, right], [-k * 0.08, k * 0.08], 0.008)
      angle += k * 0.04 * 0.008
    }
    const steps = Math.round((Math.PI / 2 - 2 * angle) / 0.008)
    drive(world, [left, right], [-2, 2], steps * 0.008)
    for (let k = 25; k >= 0; k--) drive(world, [left, right], [-k * 0.08, k * 0.08], 0.008)
    drive(world, [left, right], [0, 0], 0.3)
    const commanded = 2 * angle + steps * 0.008
    const error = ((heading(world, robot.id) - before - commanded) * 180) / Math.PI
    expect(Math.abs(error)).toBeLessThan(0.1)
  })

  test('ends in the same state twice, and after a reset or a restored snapshot', async () => {
    const hashes: string[] = []
    const { robot, left, right } = differentialRobot()
    const world = await worldOf(floor(), robot)
    for (let run = 0; run < 2; run++) {
      drive(world, [left, right], [5, 8], 1)
      const middle = world.snapshot()
      drive(world, [left, right], [3, -2], 1)
      hashes.push(world.stateHash())
      world.restore(middle)
      drive(world, [left, right], [3, -2], 1)
      hashes.push(world.stateHash())
      world.reset()
    }
    drive(world, [left, right], [3, -2], 8)
    expect(new Set(hashes).size).toBe(1)
  })
})

test('a box falls as Galileo says and comes to rest on the floor', async () => {
  const box = node('Solid', {
    translation: [0, 0, 2],
    boundingObject: node('Box', { size: [0.2, 0.2, 0.2] }),
    physics: physics(1),
  })
  const world = await worldOf(floor(), box)
  drive(world, [], [], 0.4)
  expect(world.worldPose(box.id)!.translation[2]).toBeCloseTo(2 - 0.5 * 9.81 * 0.16, 1)
  drive(world, [], [], 3)
  expect(world.worldPose(box.id)!.translation[2]).toBeCloseTo(0.1, 3)
  const [contact] = world.contacts(new Set([box.id]))
  expect(contact?.solidA.type).toBe('Solid')
  const up = world.contacts().reduce((sum, { force }) => sum + force[2], 0)
  expect(Math.abs(up)).toBeCloseTo(9.81, 1)
})

test('a hinge stops at its stop, and a position is held against gravity', async () => {
  const motor = node('RotationalMotor', { name: 'm', maxTorque: 5 })
  const arm = node('Solid', {
    translation: [0.1, 0, 0],
    boundingObject: node('Box', { size: [0.2, 0.02, 0.02] }),
    physics: physics(0.5),
  })
  const joint = node('HingeJoint', {
    jointParameters: node('HingeJointParameters', { axis: [0, -1, 0], minStop: -0.5, maxStop: 0.5 }),
    device: [motor],
    endPoint: arm,
  })
  const robot = node('Robot', { translation: [0, 0, 1], children: [joint] })
  const world = await worldOf(robot)
  world.motor(motor.id)!.setPosition(2)
  drive(world, [], [], 2)
  expect(world.jointPosition(motor.id)).toBeCloseTo(0.5, 2)
  world.motor(motor.id)!.setPosition(0.3)
  drive(world, [], [], 2)
  expect(world.jointPosition(motor.id)).toBeCloseTo(0.3, 2)
  world.motor(motor.id)!.setForce(0)
  drive(world, [], [], 2)
  expect(world.jointPosition(motor.id)).toBeCloseTo(-0.5, 2)
})

test('a motor moves a part without Physics', async () => {
  const motor = node('LinearMotor', { name: 'm', maxVelocity: 1 })
  const part = node('Solid', { boundingObject: node('Box', { size: [0.1, 0.1, 0.1] }) })
  const joint = node('SliderJoint', {
    jointParameters: node('JointParameters', { axis: [1, 0, 0] }),
    device: [motor],
    endPoint: part,
  })
  const world = await worldOf(node('Robot', { children: [joint] }))
  world.motor(motor.id)!.setPosition(0.5)
  drive(world, [], [], 2)
  expect(world.relativePose(part.id)!.translation[0]).toBeCloseTo(0.5, 4)
})

test('a ray finds the nearest solid, and sees through its own robot', async () => {
  const wall = node('Solid', {
    translation: [1, 0, 0],
    name: 'wall',
    boundingObject: node('Box', { size: [0.2, 2, 2] }),
  })
  const robot = node('Robot', { boundingObject: node('Sphere', { radius: 0.1 }) })
  const world = await worldOf(wall, robot)
  const ray = { origin: [0, 0, 0] as Vector3, direction: [1, 0, 0] as Vector3, maxDistance: 5 }
  expect(world.castRay({ ...ray, ignoreRobot: robot })?.distance).toBeCloseTo(0.9, 6)
  expect(world.castRay({ ...ray, ignoreRobot: robot })?.solid.id).toBe(wall.id)
  expect(world.castRay({ ...ray, ignoreRobot: robot })?.normal[0]).toBeCloseTo(-1, 6)
  expect(world.castRay(ray)?.distance).toBeCloseTo(0.1, 6)
  expect(world.castRay({ ...ray, maxDistance: 0.5, ignoreRobot: robot })).toBeUndefined()
})

test('a hilly floor is where its heights say, also when none of them is zero', async () => {
  // Three along x, two along y.
  const height = [2, 3, 4, 5, 6, 7]
  const grid = node('ElevationGrid', { xDimension: 3, yDimension: 2, xSpacing: 1, ySpacing: 1, height })
  const world = await worldOf(node('Solid', { name: 'hills', boundingObject: grid }))
  const heights = [0.01, 0.99].flatMap((y) =>
    [0.01, 1, 1.99].map((x) => {
      const hit = world.castRay({ origin: [x, y, 20], direction: [0, 0, -1], maxDistance: 30 })
      return Math.round((20 - (hit?.distance ?? Number.NaN)) * 10) / 10
    }),
  )
  expect(heights).toEqual(height)
})

test('an impossible model is refused with its node', async () => {
  const bad = node('Solid', {
    name: 'ghost',
    boundingObject: node('Sphere', { radius: Number.NaN }),
    physics: physics(1),
  })
  await expect(createPhysicsWorld({ nodes: [bad] })).rejects.toMatchObject({
    code: 'PHYSICS_MODEL_REJECTED',
    message: expect.stringContaining('ghost'),
  })
})

test('FNV-1a 64 as in its authors’ test vectors', () => {
  expect(new Fnv1a64().digest()).toBe('cbf29ce484222325')
  expect(new Fnv1a64().update(new TextEncoder().encode('a')).digest()).toBe('af63dc4c8601ec8c')
  expect(new Fnv1a64().update(new TextEncoder().encode('foobar')).digest()).toBe('85944171f73967e8')
})
