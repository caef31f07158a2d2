import {
  connect,
  FossBot,
  GodotEnvironment,
  type HostedRoom,
  hostRoom,
  type Robot,
  type RobotOptions,
} from '@simyard/client'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, type Listening, listen } from '@simyard/service-host'
import { eventually, FossbotSimulator } from '@simyard/testkit'
import { io, type Socket } from 'socket.io-client'
// @ts-expect-error: this release does not tell its types to this kind of import.
import { io as io40 } from 'socket.io-client-4.0'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

/** The library of programs and of simulators, against a real relay. */
let relay: RelayServer
let port: Listening
let address: string
let tab: FossbotSimulator
let room: { id: string; code: string; key: string }
const closing: (() => void)[] = []

beforeEach(async () => {
  relay = new RelayServer({ config: RelayServerConfig.parse({}), log: createLogger({ name: 'relay', level: 'warn' }) })
  port = await listen(relay, { host: '127.0.0.1', port: 0 })
  address = `http://127.0.0.1:${port.port}`
  room = (await (await fetch(`${address}/api/v1/rooms`, { method: 'POST' })).json()) as typeof room
  tab = new FossbotSimulator({
    address,
    robots: ['fossbot', 'second'],
    identity: { session_id: room.id, key: room.key },
  })
  await eventually(async () => expect(await simulatorState()).toBe('here'))
})
afterEach(async () => {
  for (const close of closing.splice(0)) close()
  tab.close()
  await relay.close()
  await port.close()
})

async function simulatorState(): Promise<unknown> {
  return ((await (await fetch(`${address}/api/v1/rooms/${room.id}`)).json()) as { simulator: unknown }).simulator
}

/** Sockets of the library, so that a test can cut them. */
const sockets: Socket[] = []
const watchedIo = (url: string, options: object): Socket => {
  const socket = io(url, options)
  sockets.push(socket)
  return socket
}
const cut = (socket: Socket) => socket.io.engine.close()

async function robot(options: Partial<RobotOptions> = {}): Promise<Robot> {
  const opened = await connect({ address, room: room.id, io: watchedIo, timeoutMs: 20_000, ...options })
  closing.push(() => opened.close())
  return opened
}

const funcs = () => tab.received.map(({ func }) => func)

describe('a robot', () => {
  test('drives, turns and looks, and frees itself', async () => {
    const one = await robot()
    expect(await one.distance()).toBe(10000)
    expect([await one.floorSensor('middle'), await one.onLine('middle'), await one.onLine(3)]).toEqual([
      0.1,
      true,
      false,
    ])
    expect([await one.lightSensor(), await one.noiseDetected()]).toEqual([512.5, true])
    expect([await one.acceleration('x'), await one.gyroscope('z')]).toEqual([0.25, -0.5])
    expect([await one.steps('left'), await one.revolutions('right')]).toEqual([30, 1.5])
    await one.moveDistance(5)
    await one.rotate(-40)
    expect(tab.received.filter(({ func }) => func === 'move_distance' || func === 'rotate_90')).toMatchObject([
      { vel_left: 100, vel_right: 100, tar_dist: 5, direction: 'forward', fossbot_name: 'fossbot' },
      { vel_left: 100, vel_right: 100, degree: 40, dir_id: 1 },
    ])
    expect(funcs().at(-2)).toBe('stop')
    one.close()
    await eventually(() => expect(tab.owners.size).toBe(0))
    await expect(one.distance()).rejects.toMatchObject({ code: 'CONNECTION_CLOSED' })
  })

  test('asks one thing at a time, however many are asked at once', async () => {
    const one = await robot()
    const values = Array.from({ length: 300 }, (_, value) => value)
    expect(await Promise.all(values.map((value) => one.ask('get_echo', { value })))).toEqual(values)
  })

  test('takes no late answer for its own', async () => {
    const one = await robot()
    // Known to the original: reset_dir is answered though nobody asks.
    one.resetDirection()
    expect(await one.distance()).toBe(10000)
    // The simulator answers late: the socket is held until the question was given up.
    tab.socket.io.engine.close()
    await eventually(async () => expect(await simulatorState()).toBe('away'))
    const late = one.ask('get_echo', { value: 'late' }, { timeoutMs: 50 })
    await expect(late).rejects.toMatchObject({ code: 'ANSWER_TIMEOUT' })
    tab.socket.connect()
    expect(await one.ask('get_echo', { value: 'mine' })).toBe('mine')
    expect(await one.ask('get_echo', { value: 7 })).toBe(7)
  })

  test('is stopped when a movement is cancelled, or takes too long', async () => {
    const one = await robot()
    for (const move of [
      (signal: AbortSignal) => one.moveDistance(1e6, { signal }),
      (signal: AbortSignal) => one.rotate(90, { signal }),
    ]) {
      const before = funcs().length
      const cancel = new AbortController()
      const moved = move(cancel.signal)
      await eventually(() => expect(funcs().length).toBeGreaterThan(before))
      cancel.abort(new Error('enough'))
      await expect(moved).rejects.toThrow('enough')
      await eventually(() => expect(funcs().at(-1)).toBe('stop'))
    }
    await expect(one.moveDistance(1e6, { timeoutMs: 100 })).rejects.toMatchObject({ code: 'ANSWER_TIMEOUT' })
    await eventually(() => expect(funcs().at(-1)).toBe('stop'))
    const moved = one.moveDistance(1e6)
    one.stop()
    await expect(moved).rejects.toMatchObject({ code: 'MOVE_CANCELLED' })
    expect(await one.distance()).toBe(10000)
  })

  test('says why it is refused', async () => {
    await robot()
    const refused = [
      [{}, 'ROBOT_TAKEN'],
      [{ room: 'nobody' }, 'ROOM_NOT_FOUND'],
      [{ key: 'guess' }, 'ROOM_KEY_WRONG'],
      [{ token: 'a.b' }, 'ROOM_TOKEN_WRONG'],
      [{ address: 'http://127.0.0.1:9' }, 'RELAY_UNREACHABLE'],
    ] as const
    for (const [options, code] of refused) await expect(robot(options)).rejects.toMatchObject({ code })
    const unknown = await robot({ robot: 'third' })
    await expect(unknown.distance()).rejects.toMatchObject({
      code: 'ROBOT_NOT_FOUND',
      message: 'Requested third does not exist in scene.',
    })
    const cancelled = robot({ robot: 'second', signal: AbortSignal.abort(new Error('not now')) })
    await expect(cancelled).rejects.toThrow('not now')
  })

  test('that waits for an answer is told when the relay is stopped', async () => {
    const one = await robot()
    const asked = one.ask('nobody_answers_this', {}, { timeoutMs: 10_000 })
    const told = expect(asked).rejects.toMatchObject({ code: 'ROOM_ENDED' })
    await eventually(() => expect(funcs()).toContain('nobody_answers_this'))
    await relay.close()
    await told
  })

  test('whose connection is cut again and again loses nothing and says nothing twice', async () => {
    const one = await robot()
    const socket = sockets.at(-1)!
    const answers: unknown[] = []
    for (let value = 0; value < 200; value++) {
      if (value % 20 === 10) cut(socket)
      one.post('set_mark', { value })
      answers.push(await one.ask('get_echo', { value }))
    }
    expect(answers).toEqual(Array.from({ length: 200 }, (_, value) => value))
    const marks = tab.received.filter(({ func }) => func === 'set_mark').map(({ value }) => value)
    expect(marks).toEqual(answers)
    expect(funcs().filter((func) => func === 'connect')).toHaveLength(1)
    expect(funcs()).not.toContain('exit')
  })
})

describe.each([
  ['newest', io],
  ['4.0.1', io40 as unknown as typeof io],
])('FOSSBot’s class on socket.io-client %s', (_name, client) => {
  test('has the names, defaults and units of the original', async () => {
    const foss = new FossBot(room.id, { server_address: address, io: client, rotate_90: 45, sensor_distance: 0 })
    // Before the connection is up, as scripts do.
    foss.just_move()
    foss.rgb_set_color('red')
    expect([await foss.get_distance(), await foss.check_for_obstacle()]).toEqual([10000, false])
    expect([await foss.check_on_line(1), await foss.check_on_line(2), await foss.get_floor_sensor(9)]).toEqual([
      true,
      false,
      0,
    ])
    expect([await foss.check_for_dark(), await foss.get_noise_detection()]).toEqual([true, true])
    await foss.move_distance(1)
    await foss.move_reverse_default()
    await foss.rotate_clockwise_90()
    foss.start_timer()
    expect(await foss.get_elapsed()).toBe(0)
    await foss.wait(0)
    expect(() => foss.just_rotate(2 as 0)).toThrow(RangeError)
    await foss.exit()
    await eventually(() => expect(tab.owners.size).toBe(0))
    const sent = tab.received.map(({ user_id, session_id, ...rest }) => rest)
    expect(sent.slice(0, 3)).toEqual([
      { func: 'connect', fossbot_name: 'fossbot' },
      { func: 'just_move', vel_left: 100, vel_right: 100, direction: 'forward', fossbot_name: 'fossbot' },
      { func: 'rgb_set_color', color: 'red', fossbot_name: 'fossbot' },
    ])
    expect(sent).toContainEqual({
      func: 'move_distance',
      vel_left: 100,
      vel_right: 100,
      tar_dist: 15,
      direction: 'reverse',
      fossbot_name: 'fossbot',
    })
    expect(sent).toContainEqual({
      func: 'rotate_90',
      vel_left: 100,
      vel_right: 100,
      degree: 45,
      dir_id: 1,
      fossbot_name: 'fossbot',
    })
  })
})

test('a scene is prepared, with pictures from bytes, blobs and pixels', async () => {
  const stage = new GodotEnvironment(room.id, { server_address: address })
  await stage.remove_all_objects()
  await stage.reset_floor_terrain()
  await stage.spawn_fossbot({ pos_x: 2 })
  await stage.spawn_cube({ scale_x: 3, scale_y: -1 })
  await stage.spawn_sphere({ radius: 2 })
  await stage.change_fossbot({ color: 'red' })
  await stage.change_floor_size({ scale_x: 2 })
  await stage.change_brightness(80)
  await expect(stage.change_brightness(101)).rejects.toThrow(RangeError)
  const bytes = Uint8Array.from({ length: 40_000 }, (_, index) => index % 256)
  await stage.draw_image_floor_auto({ image: bytes })
  await stage.draw_image_floor({ image: new Blob([bytes]), tripl: true, scale_x: 2 })
  await stage.change_floor_terrain({
    image: { width: 2, height: 1, data: new Uint8Array([255, 0, 0, 255, 0, 0, 0, 255]) },
  })
  await stage.exit()
  await eventually(() => expect(funcs().at(-1)).toBe('exit_env'))
  const sent = tab.received.map(({ user_id, session_id, ...rest }) => rest)
  const uploads = sent.filter(({ func, image }) => func === 'change_floor_skin' && image !== undefined)
  expect(uploads).toHaveLength(6)
  const text = uploads.slice(0, 3).map(({ image }) => image)
  expect(Buffer.from(text.join(''), 'base64').equals(Buffer.from(bytes))).toBe(true)
  expect(text.map((piece) => String(piece).length)).toEqual([20_000, 20_000, 13_336])
  const terrain = sent.find(({ func, image }) => func === 'change_floor_terrain' && image !== undefined)
  expect(Buffer.from(String(terrain?.image), 'base64').subarray(1, 4).toString()).toBe('PNG')
  const pose = { pos_y: 1, pos_z: 0, rotation: 0, counterclockwise: false }
  expect(sent.slice(3, 7)).toEqual([
    { func: 'foss_spawn', ...pose, pos_x: 2, color: 'blue' },
    { func: 'obs_spawn', type: 'cube', ...pose, pos_x: 1, color: 'white', scale_x: 3, scale_y: 1, scale_z: 1 },
    { func: 'obs_spawn', type: 'sphere', pos_x: 1, pos_y: 1, pos_z: 0, color: 'white', radius: 2 },
    { func: 'change_fossbot', fossbot_name: 'fossbot', ...pose, pos_x: 1, color: 'red' },
  ])
  expect(sent.slice(7, 9)).toEqual([
    { func: 'change_floor', floor_index: '0', scale_x: 2, scale_y: 1 },
    { func: 'change_brightness', value: 80 },
  ])
})

describe('a simulator of one’s own', () => {
  async function host(more: Partial<Parameters<typeof hostRoom>[0]> = {}): Promise<HostedRoom> {
    const hosted = await hostRoom({
      address,
      io: watchedIo,
      onCommand: ({ func, value }, reply) => {
        if (func === 'get_echo') reply(value)
        if (func === 'get_error') reply.error('It is not that kind of robot.')
      },
      ...more,
    })
    closing.push(() => hosted.close())
    return hosted
  }

  test('opens a room and answers', async () => {
    const hosted = await host()
    const one = await robot({ room: hosted.id })
    expect(await one.ask('get_echo', { value: 3 })).toBe(3)
    await expect(one.ask('get_error')).rejects.toMatchObject({
      code: 'SIMULATOR_REFUSED',
      message: 'It is not that kind of robot.',
    })
    expect(await one.ask('get_echo', { value: 4 })).toBe(4)
  })

  test('whose connection is cut again and again answers everything, once', async () => {
    const states: string[] = []
    const hosted = await host({ onConnection: (state) => states.push(state) })
    const socket = sockets.at(-1)!
    const one = await robot({ room: hosted.id })
    const answers: unknown[] = []
    for (let value = 0; value < 100; value++) {
      if (value % 20 === 10) cut(socket)
      answers.push(await one.ask('get_echo', { value }))
    }
    expect(answers).toEqual(Array.from({ length: 100 }, (_, value) => value))
    expect(states).toEqual(Array.from({ length: 5 }, () => ['lost', 'here']).flat())
  })

  test('takes its room back after a reload, and opens a new one when that has ended', async () => {
    const kept = new Map<string, string>()
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    }
    const first = await host({ storage })
    const one = await robot({ room: first.id })
    first.close()
    const again = await host({ storage })
    expect(again.access).toEqual(first.access)
    expect(await one.ask('get_echo', { value: 1 })).toBe(1)
    kept.set('simyard-room', JSON.stringify({ id: 'gone', code: 'AAA-AAA', key: 'k' }))
    expect((await host({ storage })).id).not.toBe(first.id)
  })
})
