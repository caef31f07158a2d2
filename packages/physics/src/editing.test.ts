import { axisAngleFromQuaternion, type Pose, type Vector3 } from '@simyard/geometry'
import type { FieldValue, SceneNode } from '@simyard/scene'
import { afterEach, describe, expect, test } from 'vitest'
import { createPhysicsWorld, loadPhysicsEngine, type PhysicsWorld } from './index.js'

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

const floor = () => node('Solid', { name: 'floor', boundingObject: node('Plane', {}) })
const physics = (mass: number) => node('Physics', { density: -1, mass })

function body(shape: SceneNode, translation: Vector3, fields: Record<string, FieldValue> = {}): SceneNode {
  return node('Solid', { translation, boundingObject: shape, physics: physics(0.5), ...fields })
}

const box = (x: number, y: number, z: number) => body(node('Box', { size: [0.1, 0.1, 0.1] }), [x, y, z])

function wheel(side: number): { joint: SceneNode; motor: SceneNode } {
  const motor = node('RotationalMotor', { maxTorque: 0.25, maxVelocity: 20, acceleration: 20 })
  const joint = node('HingeJoint', {
    jointParameters: node('HingeJointParameters', { axis: [0, 1, 0], anchor: [0, side * 0.06, 0] }),
    device: [motor, node('PositionSensor')],
    endPoint: node('Solid', {
      translation: [0, side * 0.06, 0],
      boundingObject: node('Pose', {
        rotation: [1, 0, 0, Math.PI / 2],
        children: [node('Cylinder', { radius: 0.03, height: 0.01 })],
      }),
      physics: physics(0.03),
    }),
  })
  return { joint, motor }
}

function robotAt(x: number, y: number) {
  const left = wheel(1)
  const right = wheel(-1)
  const ball = (side: number) =>
    node('Pose', { translation: [side * 0.055, 0, -0.018], children: [node('Sphere', { radius: 0.012 })] })
  const robot = node('Robot', {
    translation: [x, y, 0.03],
    children: [left.joint, right.joint],
    boundingObject: node('Group', {
      children: [
        node('Pose', { translation: [0, 0, 0.025], children: [node('Box', { size: [0.14, 0.1, 0.05] })] }),
        ball(1),
        ball(-1),
      ],
    }),
    physics: physics(0.54),
  })
  return { robot, motors: [left.motor, right.motor] as const }
}

async function worldOf(roots: readonly SceneNode[]): Promise<PhysicsWorld> {
  const world = await createPhysicsWorld({ nodes: roots })
  worlds.push(world)
  return world
}

function run(world: PhysicsWorld, steps: number): void {
  for (let step = 0; step < steps; step++) world.step(8)
}

/** Farthest that the origins of solids are apart in two worlds, metres. */
function apart(a: PhysicsWorld, b: PhysicsWorld, solids: readonly SceneNode[]): number {
  return Math.max(
    ...solids.map(({ id }) => {
      const [p, q] = [a.worldPose(id)!.translation, b.worldPose(id)!.translation]
      return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2])
    }),
  )
}

const turned = (world: PhysicsWorld, id: number) => axisAngleFromQuaternion(world.worldPose(id)!.rotation)

describe('an edit that concerns nothing else leaves the motion as it was', () => {
  /** Two worlds of the same roots; in one of them boxes come and go far away at steps 25, 50 and 75 of 250. */
  async function compare(make: () => { roots: SceneNode[]; watched: SceneNode[]; start?(world: PhysicsWorld): void }) {
    const { roots, watched, start } = make()
    const far = [box(20, 20, 0.5), box(21, 20, 0.5), box(22, 20, 0.5)]
    const [plain, edited] = [await worldOf(roots), await worldOf(roots)]
    start?.(plain)
    start?.(edited)
    let worst = 0
    for (let step = 0; step < 250; step++) {
      if (step === 25) edited.rebuild([...roots, far[0]!])
      if (step === 50) edited.rebuild([far[1]!, ...roots, far[0]!])
      if (step === 75) edited.rebuild([...roots, far[2]!])
      run(plain, 1)
      run(edited, 1)
      worst = Math.max(worst, apart(plain, edited, watched))
    }
    return { worst, plain, edited, watched }
  }

  test('a ball that rolls', async () => {
    const { worst, plain, watched } = await compare(() => {
      const ball = body(node('Sphere', { radius: 0.1 }), [0, 0, 0.1], { linearVelocity: [1, 0.3, 0] })
      return { roots: [floor(), ball], watched: [ball] }
    })
    expect(plain.worldPose(watched[0]!.id)!.translation[0]).toBeGreaterThan(0.5)
    expect(worst).toBeLessThan(1e-9)
  })

  test('a robot that drives a curve with its motors', async () => {
    const { worst, plain, watched } = await compare(() => {
      const { robot, motors } = robotAt(0, 0)
      return {
        roots: [floor(), robot],
        watched: [robot],
        start(world) {
          motors.forEach((motor, side) => {
            world.motor(motor.id)!.setPosition(Infinity)
            world.motor(motor.id)!.setVelocity(6 + 2 * side)
          })
        },
      }
    })
    expect(Math.hypot(...plain.worldPose(watched[0]!.id)!.translation)).toBeGreaterThan(0.2)
    expect(worst).toBeLessThan(1e-9)
  })

  test('a stack that falls over', async () => {
    const { worst, plain, watched } = await compare(() => {
      const stack = [0, 1, 2, 3, 4].map((level) => box(level * 0.03, level * 0.004, 0.05 + level * 0.1))
      return { roots: [floor(), ...stack], watched: stack }
    })
    expect(plain.worldPose(watched[4]!.id)!.translation[2]).toBeLessThan(0.4)
    expect(worst).toBeLessThan(1e-9)
  })
})

describe('the same world over edits', () => {
  test('motor handles, ids and time go on; what has gone is not there', async () => {
    const one = robotAt(0, 0)
    const two = robotAt(1, 0)
    const ground = floor()
    const world = await worldOf([ground, one.robot])
    const handle = world.motor(one.motors[0].id)!
    handle.setPosition(Infinity)
    handle.setVelocity(5)
    run(world, 50)
    const speed = world.jointVelocity(one.motors[0].id)!
    world.rebuild([two.robot, ground, one.robot])
    expect(world.time).toBeCloseTo(0.4, 9)
    expect(world.jointVelocity(one.motors[0].id)).toBe(speed)
    expect(world.motor(one.motors[0].id)).toBe(handle)
    expect(world.robots.map(({ id }) => id)).toEqual([two.robot.id, one.robot.id])
    expect(world.worldPose(two.robot.id)!.translation[0]).toBeCloseTo(1, 9)
    handle.setVelocity(-5)
    run(world, 100)
    expect(world.jointVelocity(one.motors[0].id)).toBeCloseTo(-5, 1)
    expect(world.castRay({ origin: [1, 0, 2], direction: [0, 0, -1], maxDistance: 5 })?.solid).toBe(two.robot)
    expect(world.contacts(new Set([two.robot.id])).length).toBeGreaterThan(0)

    world.rebuild([ground, two.robot])
    expect(world.worldPose(one.robot.id)).toBeUndefined()
    expect(world.motor(one.motors[0].id)).toBeUndefined()
    expect(world.movingSolids).not.toContain(one.robot)
    expect(handle.forceFeedback()).toBe(0)
    handle.setVelocity(3)
    run(world, 10)
  })

  test('a force that a motor feels is felt right after the edit too', async () => {
    const motor = node('RotationalMotor', { maxTorque: 5 })
    const arm = body(node('Box', { size: [0.2, 0.02, 0.02] }), [0.1, 0, 0])
    const joint = node('HingeJoint', {
      jointParameters: node('HingeJointParameters', { axis: [0, -1, 0] }),
      device: [motor],
      endPoint: arm,
    })
    const robot = node('Robot', { translation: [0, 0, 1], children: [joint] })
    const world = await worldOf([robot])
    run(world, 100)
    const held = world.motor(motor.id)!.forceFeedback()
    expect(held).toBeCloseTo(0.5 * 9.81 * 0.1, 1)
    world.rebuild([robot, floor()])
    expect(world.motor(motor.id)!.forceFeedback()).toBeCloseTo(held, 4)
  })

  test('bodies that the engine refuses change nothing', async () => {
    const ball = body(node('Sphere', { radius: 0.1 }), [0, 0, 0.1], { linearVelocity: [1, 0, 0] })
    const ground = floor()
    const world = await worldOf([ground, ball])
    run(world, 10)
    const before = { hash: world.stateHash(), pose: world.worldPose(ball.id) }
    const ghost = body(node('Sphere', { radius: Number.NaN }), [0, 0, 3], { name: 'ghost' })
    expect(() => world.rebuild([ground, ball, ghost])).toThrow(/ghost/)
    expect({ hash: world.stateHash(), pose: world.worldPose(ball.id) }).toEqual(before)
    run(world, 10)
    expect(world.worldPose(ball.id)!.translation[0]).toBeGreaterThan(before.pose!.translation[0])
  })

  test('what only the engine finds wrong changes nothing either', async () => {
    const ball = body(node('Sphere', { radius: 0.1 }), [0, 0, 0.1], { linearVelocity: [1, 0, 0] })
    const world = await worldOf([floor(), ball])
    run(world, 10)
    const before = world.stateHash()
    const heavy = body(node('Sphere', { radius: 0.1 }), [0, 0, 3], {
      physics: node('Physics', {
        density: -1,
        mass: 1,
        inertiaMatrix: [
          [-1, 1, 1],
          [0, 0, 0],
        ],
        centerOfMass: [[0, 0, 0]],
      }),
    })
    expect(() => world.rebuild([ball, heavy])).toThrow(/cannot be simulated/)
    expect(world.stateHash()).toBe(before)
    run(world, 10)
  })

  test('a reset brings the first world back, bit for bit', async () => {
    const { robot, motors } = robotAt(0, 0)
    const roots = [floor(), robot, box(0.5, 0, 0.05)]
    const world = await worldOf(roots)
    const play = () => {
      for (const motor of motors) {
        world.motor(motor.id)!.setPosition(Infinity)
        world.motor(motor.id)!.setVelocity(8)
      }
      run(world, 200)
      return world.stateHash()
    }
    const first = play()
    world.rebuild([roots[0]!, box(1, 1, 1)])
    run(world, 20)
    world.reset()
    expect(world.time).toBe(0)
    expect(play()).toBe(first)
  })
})

describe('what a supervisor does to a solid', () => {
  const level: Pose['rotation'] = [0, 0, 0, 1]

  test('it is put elsewhere and keeps its velocity in the world', async () => {
    const ball = body(node('Sphere', { radius: 0.1 }), [0, 0, 5], {
      linearVelocity: [1, 2, 0],
      angularVelocity: [0, 0, 3],
    })
    const world = await worldOf([ball])
    run(world, 1)
    const before = world.velocity(ball.id)!
    const half = Math.SQRT1_2
    expect(world.setPose(ball.id, { translation: [7, 8, 9], rotation: [half, 0, 0, half] })).toBe(true)
    expect(world.worldPose(ball.id)!.translation).toEqual([7, 8, 9])
    expect(turned(world, ball.id)[3]).toBeCloseTo(Math.PI / 2, 9)
    const after = world.velocity(ball.id)!
    for (let k = 0; k < 3; k++) {
      expect(after.linear[k]).toBeCloseTo(before.linear[k]!, 9)
      expect(after.angular[k]).toBeCloseTo(before.angular[k]!, 9)
    }
    run(world, 125)
    expect(world.worldPose(ball.id)!.translation[0]).toBeCloseTo(8, 2)
  })

  test('it gets a velocity in world axes, however it is turned', async () => {
    const half = Math.SQRT1_2
    const ball = body(node('Sphere', { radius: 0.1 }), [0, 0, 5])
    const world = await worldOf([ball])
    world.setPose(ball.id, { translation: [0, 0, 5], rotation: [0, half, 0, half] })
    expect(world.setVelocity(ball.id, { linear: [1, 2, 3], angular: [0.1, 0.2, 0.3] })).toBe(true)
    const { linear, angular } = world.velocity(ball.id)!
    ;[1, 2, 3].forEach((value, k) => {
      expect(linear[k]).toBeCloseTo(value, 9)
      expect(angular[k]).toBeCloseTo(value / 10, 9)
    })
  })

  test('it stops with all of its wheels, and nothing else does', async () => {
    const one = robotAt(0, 0)
    const two = robotAt(0, 1)
    const world = await worldOf([floor(), one.robot, two.robot])
    for (const motor of [...one.motors, ...two.motors]) {
      world.motor(motor.id)!.setPosition(Infinity)
      world.motor(motor.id)!.setVelocity(8)
    }
    run(world, 100)
    const other = world.velocity(two.robot.id)!.linear[0]
    expect(other).toBeGreaterThan(0.1)
    expect(world.stop(one.robot.id)).toBe(true)
    expect(world.velocity(one.robot.id)!.linear).toEqual([0, 0, 0])
    for (const motor of one.motors) expect(world.jointVelocity(motor.id)).toBe(0)
    expect(world.velocity(two.robot.id)!.linear[0]).toBe(other)
    run(world, 1)
    // Its motors start anew, with their acceleration of 20 rad/s².
    expect(Math.abs(world.jointVelocity(one.motors[0].id)!)).toBeLessThan(0.5)
  })

  test('a solid that hangs on something is not put anywhere', async () => {
    const ground = floor()
    const { robot, motors } = robotAt(0, 0)
    const world = await worldOf([ground, robot])
    expect(world.setPose(ground.id, { translation: [0, 0, 1], rotation: level })).toBe(false)
    expect(world.setVelocity(motors[0].id, { linear: [0, 0, 0], angular: [0, 0, 0] })).toBe(false)
    expect(world.stop(motors[0].id)).toBe(false)
  })
})

test('500 edits leave the engine’s memory as large as it was', async () => {
  const engine = await loadPhysicsEngine()
  const probe = new engine.DoubleBuffer(1)
  const size = () => (probe.GetView() as Float64Array).buffer.byteLength
  const roots = [floor(), robotAt(0, 0).robot, box(1, 0, 0.05)]
  const world = await worldOf(roots)
  const cycle = () => {
    world.rebuild([...roots, robotAt(2, 2).robot, box(3, 0, 0.5)])
    run(world, 1)
    world.rebuild(roots)
    const ghost = body(node('Sphere', { radius: Number.NaN }), [0, 0, 3])
    expect(() => world.rebuild([...roots, ghost])).toThrow()
  }
  for (let k = 0; k < 20; k++) cycle()
  const before = size()
  for (let k = 0; k < 480; k++) cycle()
  expect(size()).toBe(before)
  probe.delete()
}, 60_000)

test('an edit among 30 boxes and two robots takes far less than 50 ms', async () => {
  const boxes = Array.from({ length: 30 }, (_, i) => box((i % 6) * 0.3 - 1, Math.floor(i / 6) * 0.3 + 1, 0.05))
  const roots = [floor(), robotAt(0, 0).robot, robotAt(0, -1).robot, ...boxes]
  const world = await worldOf(roots)
  run(world, 10)
  const times: number[] = []
  for (let k = 0; k < 15; k++) {
    const more = box(5, 5, 1)
    const start = performance.now()
    world.rebuild(k % 2 === 0 ? [...roots, more] : roots)
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  expect(times[7]).toBeLessThan(50)
})
