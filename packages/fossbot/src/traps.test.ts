import { afterEach, describe, expect, test } from 'vitest'
import { FossbotBench } from './fossbot.bench.js'

// What programs written for the original stumble over, or rely on.

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(options = {}): Promise<FossbotBench> {
  const bench = await FossbotBench.open(options)
  opened.push(bench)
  bench.run(0.3)
  return bench
}

const FULL = { vel_left: 100, vel_right: 100 }
const FORWARD = { ...FULL, direction: 'forward' }

describe('drivers', () => {
  test('the second driver is refused in the exact words, and an unknown robot too', async () => {
    const bench = await open()
    bench.tell('connect', {}, 'a')
    bench.tell('connect', {}, 'b')
    bench.tell('get_distance', { fossbot_name: 'robby' }, 'b')
    expect(bench.answers.map(({ event, payload }) => ({ event, ...payload }))).toEqual([
      { event: 'error', data: 'fossbot is already controlled by another user!', fossbot_name: 'fossbot', user_id: 'b' },
      { event: 'error', data: 'Requested robby does not exist in scene.', fossbot_name: 'robby', user_id: 'b' },
    ])
  })

  test('connect is not answered when it succeeds, and any message claims a robot', async () => {
    const bench = await open()
    bench.tell('connect', {}, 'a')
    expect(bench.answers).toEqual([])
    await bench.do('foss_spawn', { pos_x: 5, pos_y: 0, pos_z: 0, counterclockwise: false })
    bench.tell('get_elapsed', { fossbot_name: 'fossbot2' }, 'b')
    bench.tell('stop', { fossbot_name: 'fossbot2' }, 'a')
    expect(bench.errors).toHaveLength(1)
  })

  test('an exit without a name frees all robots of its user, twice or before the one with a name, and stops them', async () => {
    const bench = await open()
    await bench.do('foss_spawn', { pos_x: 5, pos_y: 0, pos_z: 0, counterclockwise: false })
    for (const name of ['fossbot', 'fossbot2']) {
      bench.tell(
        'move_motor',
        { fossbot_name: name, motor_name: 'left_motor', motor_vel: 50, direction: 'forward' },
        'a',
      )
    }
    bench.tell('rgb_set_color', { color: 'red' }, 'a')
    bench.run(0.5)
    bench.send('exit', {}, 'a')
    bench.send('exit', {}, 'a')
    bench.tell('exit', {}, 'a')
    bench.send('exit', {}, 'nobody')
    bench.run(0.1)
    expect(bench.speed().angular).toBeCloseTo(0, 3)
    expect(bench.speed('fossbot2').angular).toBeCloseTo(0, 3)
    bench.tell('connect', {}, 'b')
    bench.tell('connect', { fossbot_name: 'fossbot2' }, 'b')
    expect(bench.answers).toEqual([])
    // An exit that comes late does not take the robot from its new driver.
    bench.tell('exit', {}, 'a')
    bench.tell('connect', {}, 'c')
    expect(bench.errors).toHaveLength(1)
  })

  test('after a restart of the relay nobody is shut out by a driver who cannot come back', async () => {
    const bench = await open()
    bench.tell('just_move', FORWARD, 'old')
    bench.run(0.3)
    bench.fossbot.freeRobots()
    bench.run(0.05)
    expect(bench.speed().linear).toBeLessThan(0.01)
    bench.tell('connect', {}, 'new')
    expect(bench.errors).toEqual([])
  })

  test('a message without a user is ignored and claims nothing', async () => {
    const bench = await open()
    bench.fossbot.receive({ func: 'get_distance', fossbot_name: 'fossbot', user_id: null })
    bench.fossbot.receive({ func: 'foss_spawn', pos_x: 1, pos_y: 1, user_id: null })
    bench.fossbot.receive({ fossbot_name: 'fossbot', user_id: 'x' })
    await bench.changed()
    bench.tell('connect')
    expect(bench.answers).toEqual([])
    expect(bench.root('fossbot2')).toBeUndefined()
  })

  test('a robot of another kind is told to be one', async () => {
    const bench = await open({ more: 'Robot { translation 9 9 1 name "other" controller "<none>" }' })
    bench.tell('connect', { fossbot_name: 'other' })
    expect(bench.errors.at(-1)?.data).toBe('other is no FOSSBot: only robots of the PROTO FOSSBot take these commands.')
  })
})

describe('answers', () => {
  test('reset_dir is not answered, so that the next question gets its own answer', async () => {
    const bench = await open()
    bench.tell('reset_dir')
    expect(bench.ask('get_distance')).toBe(10_000)
    const old = await open({ compatibility: { replyToResetDir: true } })
    expect(old.ask('reset_dir')).toBe('forward')
  })

  test('nothing else that is not asked for is answered', async () => {
    const bench = await open()
    bench.tell('just_move', FORWARD)
    bench.tell('move_distance', { ...FORWARD, tar_dist: 1 })
    for (const func of ['stop', 'wait', 'start_timer', 'stop_timer', 'reset_steps', 'count_revolutions', 'fly']) {
      bench.tell(func)
    }
    bench.tell('rgb_set_color', { color: 'red' })
    bench.tell('play_sound', { sound_path: 'res://soundfx/r2d2.mp3' })
    await bench.do('foss_spawn', { pos_x: 3, pos_y: 3, pos_z: 0, counterclockwise: false })
    await bench.do('obs_spawn', { type: 'cube', pos_x: 30, pos_y: 3, pos_z: 0 })
    await bench.do('change_floor', { scale_x: 2 })
    await bench.do('change_brightness', { value: 40 })
    await bench.do('remove_all_objects')
    bench.send('connect_env')
    bench.send('exit_env')
    bench.run(2)
    expect(bench.answers).toEqual([])
  })

  test('a robot answers with its name, and "nothing in range" is the number 10000', async () => {
    const bench = await open()
    bench.tell('get_distance')
    expect(bench.replies).toEqual([{ data: 10_000, fossbot_name: 'fossbot', user_id: 'user' }])
    expect(JSON.parse(JSON.stringify(bench.replies))).toEqual(bench.replies)
  })

  test('every question gets an answer, also with a motor, sensor or axis that there is not', async () => {
    const bench = await open()
    expect(bench.ask('dist_travelled', { motor_name: 'third_motor' })).toBe(0)
    expect(bench.ask('get_steps', {})).toBe(0)
    expect(bench.ask('get_revolutions', { motor_name: 5 })).toBe(0)
    expect(bench.ask('get_floor_sensor', { sensor_id: 'none' })).toBe(0)
    expect(bench.ask('get_acceleration', { axis: 'w' })).toBe('0')
    expect(bench.ask('get_gyroscope')).toBe('0')
  })

  test('questions are answered in their order, also while the scene is being changed', async () => {
    const bench = await open()
    bench.tell('get_distance')
    bench.send('obs_spawn', { type: 'cube', pos_x: -4, pos_y: 0, pos_z: 0 })
    bench.tell('get_distance')
    bench.tell('get_elapsed')
    bench.send('reset_terrain', { floor_index: '0' })
    bench.tell('get_noise_detection')
    bench.send('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: 0, counterclockwise: false })
    bench.tell('get_noise_detection')
    await bench.changed()
    const data = bench.answers.map(({ payload }) => payload.data)
    expect(data[0]).toBe(10_000)
    expect(data[1]).toBeCloseTo(2.428, 1)
    expect(data.slice(2)).toEqual([0, 'Terrain Reset.', 'Requested fossbot does not exist in scene.', false])
  })

  test('a turn that another command cancels is answered before that one', async () => {
    const bench = await open()
    bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 0 })
    bench.run(2)
    bench.tell('just_move', FORWARD)
    expect(bench.replies).toHaveLength(1)
    expect(bench.replies[0]?.data).toMatch(/^Final rot pos: \d/)
    bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 0 })
    bench.tell('stop')
    bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 0 })
    bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 1 })
    bench.send('remove_all_objects')
    expect(bench.replies).toHaveLength(4)
    await bench.changed()
    bench.run(1)
    expect(bench.replies).toHaveLength(4)
  })

  test('a turn that makes no sense, or is blocked, is answered', async () => {
    const bench = await open({
      more: `Solid { translation -0.69 0 0.7 name "cage" children [] boundingObject Group { children [
        Pose { translation 1.4 0 0 children [ Box { size 0.3 4 1 } ] }
        Pose { translation -1.4 0 0 children [ Box { size 0.3 4 1 } ] } 
        Pose { translation 0 2.2 0 children [ Box { size 4 0.3 1 } ] }
        Pose { translation 0 -2.2 0 children [ Box { size 4 0.3 1 } ] } ] } }`,
    })
    expect(bench.ask('rotate_90', { ...FULL, degree: -3, dir_id: 0 })).toBe('Final rot pos: 0')
    expect(bench.ask('rotate_90', { ...FULL, degree: 90, dir_id: 5 })).toBe('Final rot pos: 0')
    bench.tell('rotate_90', { vel_left: 0, vel_right: 0, degree: 90, dir_id: 0 })
    bench.run(5, () => bench.replies.length === 3)
    expect(bench.replies).toHaveLength(3)
    await bench.do('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: -2.9, rotation: 180, counterclockwise: true })
    bench.tell('rotate_90', { ...FULL, degree: 170, dir_id: 0, fossbot_name: 'fossbot2' })
    const seconds = bench.run(60, () => bench.replies.length === 4)
    expect(seconds).toBeLessThan(40)
    expect(bench.replies).toHaveLength(4)
  })

  test('a turn that touches something is answered without its yaw being rounded', async () => {
    const bench = await open()
    // Beside the robot's tail, so that the turn pushes it.
    await bench.do('obs_spawn', {
      type: 'cube',
      pos_x: 1.5,
      pos_y: 2.2,
      pos_z: 0,
      scale_x: 0.5,
      scale_y: 0.5,
      scale_z: 0.5,
    })
    bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 0 })
    bench.run(60, () => bench.replies.length > 0)
    const yaw = Number(String(bench.replies[0]?.data).split(': ')[1])
    expect(yaw).toBeGreaterThan(5)
    expect(Number.isInteger(yaw)).toBe(false)
  })

  test('numbers may be texts, booleans stay booleans', async () => {
    const bench = await open()
    bench.tell('rotate_90', { vel_left: '100', vel_right: '100', degree: '5', dir_id: '1' })
    bench.run(5, () => bench.replies.length > 0)
    expect(bench.replies[0]?.data).toBe('Final rot pos: -5')
    bench.fossbot.control({ noise: true })
    expect(bench.ask('get_noise_detection')).toBe(true)
    bench.fossbot.control({ noise: false })
    expect(bench.ask('get_noise_detection')).toBe(false)
    expect(bench.ask('check_for_obstacle')).toBe(false)
  })
})

describe('motion', () => {
  test('repeats of just_move at 500 Hz go on with the motion that runs, in its first direction', async () => {
    const bench = await open()
    bench.tell('just_move', FORWARD)
    bench.run(3, () => {
      for (let i = 0; i < 8; i++) bench.tell('just_move', { ...FULL, direction: 'reverse' })
      return false
    })
    expect(bench.position()[0]).toBeLessThan(-3)
    expect(bench.ask('dist_travelled', { motor_name: 'left_motor' })).toBeGreaterThan(3)
    bench.tell('stop')
    bench.tell('just_move', { ...FULL, direction: 'reverse' })
    const [x] = bench.position()
    bench.run(0.4)
    expect(bench.position()[0]).toBeGreaterThan(x)
  })

  test('questions and outputs do not disturb a motion', async () => {
    const bench = await open()
    bench.tell('move_distance', { ...FORWARD, tar_dist: 15 })
    let asked = 0
    bench.run(9, () => {
      asked++
      for (const func of ['get_distance', 'get_elapsed', 'deg_rotated']) bench.tell(func)
      if (asked % 20 === 0) bench.tell('get_floor_sensor', { sensor_id: 1 })
      bench.tell('rgb_set_color', { color: asked % 2 ? 'red' : 'closed' })
      bench.tell('no_such_function')
      return false
    })
    expect(-bench.position()[0]).toBeGreaterThan(15)
    expect(-bench.position()[0]).toBeLessThan(15.3)
  })

  test('invalid motion commands are ignored, those that run go on', async () => {
    const bench = await open()
    bench.tell('move_distance', { ...FORWARD, tar_dist: 5 })
    bench.tell('move_distance', { ...FULL, tar_dist: -5, direction: 'forward' })
    bench.tell('move_distance', { ...FULL, tar_dist: 5, direction: 'sideways' })
    bench.tell('just_rotate', { ...FULL, dir_id: 2 })
    bench.tell('move_motor', { motor_name: 'middle', motor_vel: 100, direction: 'forward' })
    bench.run(6)
    expect(-bench.position()[0]).toBeGreaterThan(5)
    expect(-bench.position()[0]).toBeLessThan(5.3)
    expect(bench.lines).toHaveLength(4)
  })

  test('remove_all_objects and foss_spawn in one breath: the robot is fossbot, free, and drives', async () => {
    const bench = await open()
    bench.tell('connect', {}, 'before')
    bench.send('remove_all_objects', {}, 'environment')
    bench.send('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: -2.9, rotation: 0, counterclockwise: false }, 'environment')
    bench.send('exit_env', {}, 'environment')
    bench.tell('connect', {}, 'after')
    bench.tell('move_distance', { ...FORWARD, tar_dist: 2 }, 'after')
    await bench.changed()
    expect(bench.errors).toEqual([])
    bench.run(5)
    expect(-bench.position()[0]).toBeGreaterThan(2)
  })

  test('x of programs is x of the world, and a cube of scale 1 is 2 m wide', async () => {
    const bench = await open()
    await bench.do('obs_spawn', { type: 'cube', pos_x: 3, pos_y: -7, pos_z: 0, scale_x: 1, scale_y: 1, scale_z: 1 })
    bench.run(1)
    expect(bench.position('cube')[0]).toBeCloseTo(3, 3)
    expect(bench.position('cube')[1]).toBeCloseTo(-7, 3)
    const hit = bench.simulation.supervisor.physics.castRay({
      origin: [3, 0, 1],
      direction: [0, -1, 0],
      maxDistance: 20,
    })
    expect(hit?.distance).toBeCloseTo(6, 3)
  })
})

describe('acceleration and gyroscope', () => {
  test('are 0, 0, 0 at rest, without gravity', async () => {
    const bench = await open()
    bench.run(1)
    for (let i = 0; i < 60; i++) {
      bench.run(0.016)
      for (const axis of ['x', 'y', 'z']) {
        expect(bench.ask('get_acceleration', { axis })).toBe(0)
        expect(bench.ask('get_gyroscope', { axis })).toBe(0)
      }
    }
  })

  test("are changes of the world's x, y and z, as in the original", async () => {
    const bench = await open()
    bench.tell('move_distance', { ...FORWARD, tar_dist: 10 })
    bench.run(1.2)
    expect(bench.ask('get_acceleration', { axis: 'x' })).toBeCloseTo(-1.05, 1)
    expect(bench.ask('get_acceleration', { axis: 'y' })).toBeCloseTo(0, 1)
    bench.tell('stop')
    bench.run(1)
    bench.tell('just_rotate', { ...FULL, dir_id: 0 })
    bench.run(0.4)
    expect(bench.ask('get_gyroscope', { axis: 'z' })).toBeCloseTo(0.19, 1)
  })

  test('under new names are what a real sensor gives: gravity included, and rates in the frame of the robot', async () => {
    const bench = await open()
    bench.run(1)
    expect(bench.ask('get_linear_acceleration', { axis: 'z' })).toBeCloseTo(9.8, 2)
    bench.tell('move_distance', { ...FORWARD, tar_dist: 10 })
    bench.run(1.2)
    expect(bench.ask('get_linear_acceleration', { axis: 'x' })).toBeCloseTo(1.05, 1)
    expect(bench.ask('get_angular_velocity', { axis: 'z' })).toBeCloseTo(0, 2)
    bench.tell('stop')
    bench.tell('just_rotate', { ...FULL, dir_id: 1 })
    bench.run(0.4)
    expect(bench.ask('get_angular_velocity', { axis: 'z' })).toBeCloseTo(bench.speed().angular, 6)
    expect(bench.ask('get_angular_velocity', { axis: 'z' })).toBeLessThan(-0.03)
  })
})

describe('outputs', () => {
  test('the light has its colours, and none without its driver', async () => {
    const bench = await open()
    const shown = () => {
      const updates = bench.simulation.frame(true).updates
      return updates.map((update) => update.emissiveColor).filter((color) => color !== undefined)
    }
    bench.tell('rgb_set_color', { color: 'violet' })
    expect(shown()).toEqual(['1 0 1'])
    bench.tell('rgb_set_color', { color: 'ultraviolet' })
    expect(shown()).toEqual(['1 0 1'])
    bench.tell('rgb_set_color', { color: 'closed' })
    expect(shown()).toEqual(['0 0 0'])
    bench.tell('rgb_set_color', { color: 'yellow' })
    bench.send('exit')
    expect(shown()).toEqual(['0 0 0'])
  })

  test('sounds are named after their files; one that there is not is told on the console', async () => {
    const bench = await open()
    bench.tell('play_sound', { sound_path: 'res://soundfx/startup.mp3' })
    bench.tell('play_sound', { sound_path: 'machine_gun.mp3' })
    bench.tell('play_sound', { sound_path: 'res://soundfx/nothing.mp3' })
    expect(bench.sounds).toEqual(['fossbot: startup', 'fossbot: machine_gun'])
    expect(bench.lines).toEqual(['play_sound: there is no sound "res://soundfx/nothing.mp3".'])
  })

  test('the timer counts simulated seconds, starts at zero and keeps its value when it is stopped', async () => {
    const bench = await open()
    expect(bench.ask('get_elapsed')).toBe(0)
    bench.tell('start_timer')
    bench.run(1.6)
    expect(bench.ask('get_elapsed')).toBeCloseTo(1.6, 6)
    expect(bench.surroundings?.timer.running).toBe(true)
    bench.tell('stop_timer')
    bench.run(1)
    expect(bench.ask('get_elapsed')).toBeCloseTo(1.6, 6)
    bench.tell('start_timer')
    expect(bench.ask('get_elapsed')).toBe(0)
  })
})

test('restart_all brings back the world as it was after loading, with nobody at its robots', async () => {
  const bench = await open()
  await bench.do('obs_spawn', { type: 'cube', pos_x: -4, pos_y: 0, pos_z: 0 })
  bench.tell('start_timer')
  bench.tell('rotate_90', { ...FULL, degree: 90, dir_id: 0 })
  bench.run(1)
  bench.tell('restart_all')
  expect(bench.replies).toHaveLength(1)
  expect(bench.timeMs).toBe(0)
  expect(bench.root('cube')).toBeUndefined()
  expect(bench.yaw()).toBeCloseTo(0, 6)
  bench.tell('connect', {}, 'other')
  expect(bench.errors).toEqual([])
  expect(bench.ask('get_elapsed', {}, 'other')).toBe(0)
  bench.tell('move_distance', { ...FORWARD, tar_dist: 2 }, 'other')
  bench.run(4)
  expect(-bench.position()[0]).toBeGreaterThan(2)
})
