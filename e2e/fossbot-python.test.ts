import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { eventually, FossbotSimulator, repositoryRoot } from '@simyard/testkit'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'

/** python/fossbot.py with Debian's python-socketio and a real relay. */
const PYTHON = '/usr/bin/python3'
const modules = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const problem = modules.length > 0 ? `(skipped: Python's ${modules.join(', ')} is missing; run npm run setup)` : ''

const PRELUDE = `
import sys, threading, time
from fossbot import *
address, session_id, transport = sys.argv[1:4]
common = {'server_address': address, 'timeout': 20, 'transports': [transport]}
def refused(make):
    try:
        make()
    except FossBotError as error:
        return error.code
`

let relay: RelayServer
let port: Listening
let address: string
let tab: FossbotSimulator
let room: { id: string; code: string; key: string }
const children: ChildProcess[] = []

beforeEach(async () => {
  relay = new RelayServer({ config: RelayServerConfig.parse({}), log: createLogger({ name: 'relay', level: 'warn' }) })
  port = await listen(relay, { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
  room = (await (await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).json()) as typeof room
  const identity = { session_id: room.id, key: room.key }
  tab = new FossbotSimulator({ address, robots: ['fossbot', 'second'], identity })
  await eventually(async () =>
    expect(await (await fetch(`${address}/api/v1/rooms/${room.id}`)).json()).toMatchObject({ simulator: 'here' }),
  )
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  tab.close()
  await relay.close()
  await port.close()
})

const env = { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' }

async function python(program: string, transport: string, at = address): Promise<string[]> {
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', PRELUDE + program, at, room.id, transport], {
    timeout: 120_000,
    env,
  })
  return stdout.trim().split('\n')
}

const connected = () => `Connected to socketio server on ${address}`
const sent = () => tab.received.map(({ user_id, session_id, keep_place, ...rest }) => rest)

describe.skipIf(problem).each(['polling', 'websocket'])(`fossbot.py by %s ${problem}`, (transport) => {
  test('has the names, defaults, components and units of the original, and better ones', async () => {
    const out = await python(
      `
robot = FossBot(session_id, motor_left_speed=80, rotate_90=45, **common)
robot.just_move()
robot.just_rotate(1)
robot.reset_dir()
print(robot.get_distance(), robot.distance(), robot.check_for_obstacle())
print(robot.get_floor_sensor(1), robot.check_on_line(1), robot.check_on_line(3), robot.get_floor_sensor(7))
print(robot.get_acceleration('x'), robot.get_gyroscope('y'), robot.get_acceleration('w'))
print(robot.get_light_sensor(), robot.check_for_dark(), robot.get_noise_detection())
robot.start_timer()
print(robot.get_elapsed(), robot.timer.elapsed() < 1)
print(robot.odometer_left.get_steps(), robot.odometer_right.get_revolutions(), robot.ultrasonic.get_distance())
print(robot.analogue_reader.get_reading(0), robot.analogue_reader.get_reading(2), robot.noise.detect_noise())
print(robot.accelerometer.get_acceleration('x'), robot.accelerometer.get_gyro('x'))
robot.move_distance(2)
robot.move_reverse_default()
robot.rotate_clockwise_90()
robot.rotate(30)
robot.rgb_led.set_on('red')
robot.motor_left.set_speed(30)
robot.motor_right.stop()
for wrong in (lambda: robot.move_distance(-1), lambda: robot.just_rotate(2), lambda: robot.rgb_set_color('pink')):
    try:
        wrong()
    except RuntimeError as error:
        print(error)
robot.exit()
`,
      transport,
    )
    expect(out).toEqual([
      connected(),
      '10000 10000 False',
      'Sensor id 7 is out of bounds.',
      '0.1 True False 0.0',
      'There is no axis w; there are x, y and z.',
      '0.25 -0.5 0.0',
      '512.5 True True',
      '0 True',
      '30 1.5 10000',
      '512.5 0.9 True',
      '0.25 -0.5',
      'A distance is 0 or more, and not -1; use the direction.',
      'A rotation is 0 (counter-clockwise) or 1 (clockwise), and not 2.',
      'A color is one of red, green, blue, white, yellow, cyan, violet, closed, and not pink.',
    ])
    await eventually(() => expect(tab.owners.size).toBe(0))
    const speeds = { vel_left: 80, vel_right: 100 }
    const fossbot_name = 'fossbot'
    const moves = sent().filter(({ func }) => func === 'move_distance' || func === 'rotate_90' || func === 'move_motor')
    expect(moves).toEqual([
      { func: 'move_distance', tar_dist: 2, direction: 'forward', ...speeds, fossbot_name },
      { func: 'move_distance', tar_dist: 15, direction: 'reverse', ...speeds, fossbot_name },
      { func: 'rotate_90', degree: 45, dir_id: 1, ...speeds, fossbot_name },
      { func: 'rotate_90', degree: 30, dir_id: 0, ...speeds, fossbot_name },
      { func: 'move_motor', motor_name: 'left_motor', motor_vel: 30, direction: 'forward', fossbot_name },
      { func: 'move_motor', motor_name: 'right_motor', motor_vel: 0, direction: 'forward', fossbot_name },
    ])
  })

  test('says why it is refused, and that nobody answers', async () => {
    const out = await python(
      `
first = FossBot(session_id, **common)
first.get_distance()
print(refused(lambda: FossBot(session_id, **common)))
print(refused(lambda: FossBot('no-room', **common)))
print(refused(lambda: FossBot(session_id, token='a.b', **common)))
print(refused(lambda: FossBot(session_id, server_address='http://127.0.0.1:9')))
print(refused(lambda: FossBot(session_id, fossbot_name='third', **common).get_distance()))
print(refused(lambda: first.ask('nobody_answers_this', timeout=0.2)))
print(first.ask('get_echo', value='mine'))
try:
    first.move_distance(1000000, timeout=0.3)
except MoveTimeout as error:
    print(error)
values = []
threads = [threading.Thread(target=lambda i=i: values.append(first.ask('get_echo', value=i) == i)) for i in range(20)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(values == [True] * 20)
first.exit()
print(refused(first.get_distance))
`,
      transport,
    )
    expect(out.filter((line) => line !== connected())).toEqual([
      'ROBOT_TAKEN',
      'ROOM_NOT_FOUND',
      'ROOM_TOKEN_WRONG',
      'RELAY_UNREACHABLE',
      'ROBOT_NOT_FOUND',
      'ANSWER_TIMEOUT',
      'mine',
      'The robot did not go 1000000 within 0.3 s; it was stopped. Is something in its way?',
      'True',
      'CONNECTION_CLOSED',
    ])
  })

  test('prepares a scene, and drives in it', async () => {
    const out = await python(
      `
import os, tempfile
with GodotEnvironment(session_id, **common) as stage:
    stage.remove_all_objects()
    stage.reset_floor_terrain()
    stage.spawn_cube(pos_x=-10, pos_y=0, scale_x=2)
    stage.spawn_sphere(pos_x=5, radius=2)
    stage.change_brightness(80)
    with tempfile.NamedTemporaryFile(delete=False) as image:
        image.write(os.urandom(40000))
    stage.draw_image_floor_auto(image.name)
    stage.draw_image_floor(image.name, tripl=True)
    stage.change_floor_terrain(image.name, intensity=20)
    os.unlink(image.name)
with FossBot(session_id, **common) as robot:
    print(robot.get_distance())
`,
      transport,
    )
    expect(out).toEqual([connected(), '10000'])
    const pose = { pos_y: 1, pos_z: 0, color: 'white' }
    expect(sent().slice(3, 6)).toEqual([
      {
        func: 'obs_spawn',
        type: 'cube',
        ...pose,
        pos_x: -10,
        pos_y: 0,
        rotation: 0,
        counterclockwise: false,
        scale_x: 2,
        scale_y: 1,
        scale_z: 1,
      },
      { func: 'obs_spawn', type: 'sphere', ...pose, pos_x: 5, radius: 2 },
      { func: 'change_brightness', value: 80 },
    ])
    expect(sent().filter(({ image }) => image !== undefined)).toHaveLength(9)
    await eventually(() => expect(tab.owners.size).toBe(0))
    expect(sent().map(({ func }) => func)).toContain('exit_env')
  })

  test('comes back to its place when the network drops it, and nothing is lost or doubled', async () => {
    const network = await startNetwork(port.port)
    const running = python(
      `
with FossBot(session_id, **common) as robot:
    ok = True
    for i in range(300):
        robot.post('set_mark', value=i)
        if i % 20 == 0:
            ok = ok and robot.ask('get_echo', value=i) == i
        time.sleep(0.02)
    print(ok)
`,
      transport,
      network.address,
    )
    // By polling: both connections, the one that reads and later learns of it (what is sent meanwhile is refused), and
    // the one that writes.
    for (const [mark, cut] of [
      [50, network.cut],
      [120, network.cutReading],
      [190, network.cutWriting],
    ] as const) {
      await eventually(() => expect(sent().filter(({ func }) => func === 'set_mark').length).toBeGreaterThan(mark))
      await cut()
    }
    expect((await running).at(-1)).toBe('True')
    const marks = sent().filter(({ func }) => func === 'set_mark')
    expect(marks.map(({ value }) => value)).toEqual(Array.from({ length: 300 }, (_, value) => value))
    expect(sent().filter(({ func }) => func === 'connect')).toHaveLength(1)
    network.close()
  })

  test('that is interrupted by Ctrl-C stops its robot and frees it', async () => {
    const program = `with FossBot(session_id, **common) as robot:\n    robot.move_distance(1000000)\n`
    const child = spawn(PYTHON, ['-c', PRELUDE + program, address, room.id, transport], { env, stdio: 'ignore' })
    children.push(child)
    await eventually(() => expect(sent().map(({ func }) => func)).toContain('dist_travelled'))
    child.kill('SIGINT')
    await eventually(() => expect(tab.owners.size).toBe(0))
    expect(sent().map(({ func }) => func)).toContain('stop')
  })
})

/** Wires to a port that can be cut: all of them, the one on which an answer is awaited, or the one that asks. */
async function startNetwork(target: number) {
  const wires = new Set<{ near: Socket; far: Socket; role: 'reading' | 'writing' }>()
  const server: Server = createServer((near) => {
    const far = connect(target, '127.0.0.1')
    const wire = { near, far, role: 'reading' as 'reading' | 'writing' }
    wires.add(wire)
    near.on('data', (data) => {
      const method = data.subarray(0, 4).toString()
      if (method === 'POST') wire.role = 'writing'
      if (method === 'GET ') wire.role = 'reading'
    })
    near.pipe(far)
    far.pipe(near, { end: false })
    near.on('error', () => far.destroy())
    near.on('close', () => {
      wires.delete(wire)
      far.destroy()
    })
    far.on('error', () => near.destroy())
    far.on('end', () => near.end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port: own } = server.address() as { port: number }
  const wireFor = (role: string) =>
    vi.waitUntil(() => [...wires].find((wire) => wire.role === role), { interval: 1, timeout: 30_000 })
  const cut = () => {
    for (const { near } of wires) near.destroy()
  }
  return {
    address: `http://127.0.0.1:${own}`,
    cut,
    cutReading: async () => {
      const { near, far } = await wireFor('reading')
      near.unpipe(far)
      far.destroy()
      setTimeout(() => near.destroy(), 500)
    },
    cutWriting: async () => {
      const { near } = await wireFor(wires.size > 1 ? 'writing' : 'reading')
      near.destroy()
    },
    close: () => {
      cut()
      server.close()
    },
  }
}
