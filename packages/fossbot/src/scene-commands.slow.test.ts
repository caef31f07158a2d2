import { encode as encodePng } from 'fast-png'
import jpeg from 'jpeg-js'
import { afterEach, describe, expect, test } from 'vitest'
import { FossbotBench } from './fossbot.bench.js'

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(options = {}): Promise<FossbotBench> {
  const bench = await FossbotBench.open(options)
  opened.push(bench)
  return bench
}

/** Red, green, blue in 0–255; y downwards. */
type Paint = (x: number, y: number) => readonly [number, number, number]

function png(width: number, height: number, paint: Paint): Uint8Array {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) data.set(paint(i % width, Math.floor(i / width)), 3 * i)
  return encodePng({ width, height, data, channels: 3, depth: 8 })
}

function jpg(width: number, height: number, paint: Paint): Uint8Array {
  const data = new Uint8Array(width * height * 4)
  for (let i = 0; i < width * height; i++) data.set([...paint(i % width, Math.floor(i / width)), 255], 4 * i)
  return jpeg.encode({ width, height, data }, 95).data
}

/** As the libraries do it: pieces of base64, then a message without one. */
async function upload(
  bench: FossbotBench,
  func: string,
  file: Uint8Array,
  options: Readonly<Record<string, unknown>> = {},
  pieceLength = 20_000,
): Promise<unknown> {
  const text = Buffer.from(file).toString('base64')
  const count = Math.ceil(text.length / pieceLength)
  for (let i = 0; i < count; i++) {
    bench.send(func, { image: text.slice(i * pieceLength, (i + 1) * pieceLength), image_size: count, img_num: i })
  }
  const before = bench.answers.length
  await bench.do(func, { floor_index: '0', image_size: count, ...options })
  expect(bench.answers.length).toBe(before + 1)
  return bench.answers.at(-1)?.payload.data
}

const middle = (bench: FossbotBench) => bench.ask('get_floor_sensor', { sensor_id: 1 }) as number

function put(bench: FossbotBench, x: number, y: number, rotation = 0): void {
  bench.send('change_fossbot', { pos_x: x, pos_y: y, pos_z: -2.9, rotation, counterclockwise: true })
  bench.run(0.5)
  bench.tell('stop')
}

describe('robots', () => {
  test('are named fossbot, fossbot2, fossbot3, and a name is free as soon as its robot is gone', async () => {
    const bench = await open()
    for (const x of [5, 10]) bench.send('foss_spawn', { pos_x: x, pos_y: 0, pos_z: 0, counterclockwise: false })
    await bench.changed()
    expect(bench.position('fossbot2')[0]).toBe(5)
    expect(bench.position('fossbot3')[0]).toBe(10)
    bench.send('remove_all_objects')
    bench.send('foss_spawn', { pos_x: -7, pos_y: 3, pos_z: 0, counterclockwise: false })
    bench.tell('get_elapsed')
    await bench.changed()
    expect(bench.position()[0]).toBe(-7)
    expect(bench.root('fossbot2')).toBeUndefined()
    expect(bench.replies).toHaveLength(1)
    expect(bench.errors).toEqual([])
  })

  test.each([
    [90, true, 90],
    [90, false, -90],
    [270, true, -90],
    [180, false, 180],
  ])('rotation %d, counterclockwise %s is %d', async (rotation, counterclockwise, yaw) => {
    const bench = await open()
    await bench.do('foss_spawn', { pos_x: 5, pos_y: 0, pos_z: 0, rotation, counterclockwise })
    expect(Math.abs(bench.yaw('fossbot2'))).toBeCloseTo(Math.abs(yaw), 6)
    if (Math.abs(yaw) < 180) expect(bench.yaw('fossbot2')).toBeCloseTo(yaw, 6)
  })

  test('change_fossbot puts a robot elsewhere in another colour and keeps its driver and its command', async () => {
    const bench = await open()
    bench.run(0.2)
    bench.tell('move_distance', { vel_left: 100, vel_right: 100, tar_dist: 4, direction: 'forward' }, 'driver')
    bench.run(1)
    const speed = bench.speed().linear
    bench.send('change_fossbot', {
      pos_x: 10,
      pos_y: 20,
      pos_z: -2.968,
      rotation: 0,
      counterclockwise: false,
      color: 'green',
    })
    expect(bench.position()[0]).toBeCloseTo(10, 6)
    expect(bench.position()[1]).toBeCloseTo(20, 6)
    expect(bench.speed().linear).toBeCloseTo(speed, 6)
    bench.run(4)
    expect(bench.position()[0]).toBeLessThan(7)
    expect(bench.ask('dist_travelled', { motor_name: 'left_motor' }, 'driver')).toBeGreaterThanOrEqual(4)
    bench.tell('stop', {}, 'other')
    expect(bench.errors.at(-1)?.data).toBe('fossbot is already controlled by another user!')
  })
})

describe('obstacles', () => {
  test('have the sizes, masses and resting heights of the original', async () => {
    const bench = await open()
    bench.send('obs_spawn', { type: 'cube', pos_x: 10, pos_y: 0, scale_x: 1, scale_y: 2, scale_z: 0.5, pos_z: 0 })
    bench.send('obs_spawn', { type: 'cone', pos_x: 20, pos_y: 0, pos_z: 0 })
    bench.send('obs_spawn', { type: 'sphere', pos_x: 30, pos_y: 0, pos_z: 0, radius: 1.5 })
    bench.send('obs_spawn', { type: 'cube', pos_x: 40, pos_y: 0, pos_z: 3, rotation: 30, counterclockwise: true })
    await bench.changed()
    bench.run(3)
    expect(bench.position('cube')[2]).toBeCloseTo(0.5265, 2)
    expect(bench.position('cone')[2]).toBeCloseTo(0.7305, 2)
    expect(bench.position('sphere')[2]).toBeCloseTo(1.5265, 2)
    expect(bench.position('cube2')[2]).toBeCloseTo(1.0265, 2)
    // A ray from above finds the edges of the first: 2 by 4 m.
    const { physics } = bench.simulation.supervisor
    const over = (x: number, y: number) =>
      physics.castRay({ origin: [x, y, 9], direction: [0, 0, -1], maxDistance: 8.7 })?.solid === bench.root('cube')
    expect([over(10.95, 1.95), over(11.05, 0), over(10, 2.05)]).toEqual([true, false, false])
  })

  test('a robot pushes a cube slowly: about 3 m in 50 s', async () => {
    const bench = await open()
    await bench.do('obs_spawn', { type: 'cube', pos_x: -3, pos_y: 0, pos_z: 0 })
    bench.run(1)
    const start = bench.position('cube')[0]
    bench.run(50, () => {
      bench.tell('just_move', { vel_left: 100, vel_right: 100, direction: 'forward' })
      return false
    })
    const pushed = start - bench.position('cube')[0]
    expect(pushed).toBeGreaterThan(1)
    expect(pushed).toBeLessThan(12)
  })

  test('what is not known or has no place is told on the console, and nothing comes', async () => {
    const bench = await open()
    await bench.do('obs_spawn', { type: 'pyramid', pos_x: 1, pos_y: 1 })
    await bench.do('obs_spawn', { type: 'cube', pos_x: 'here' })
    expect(bench.lines).toEqual([
      'Nothing was spawned: obs_spawn knows cube, cone and sphere, not pyramid.',
      'Nothing was spawned: obs_spawn needs numbers pos_x and pos_y.',
    ])
    expect(bench.answers).toEqual([])
  })
})

describe('the floor', () => {
  test('white reads nearly 1 and a line of the cells in between', async () => {
    const bench = await open()
    put(bench, 0.5 + 0.143, 0.5)
    expect(middle(bench)).toBeGreaterThan(0.85)
    expect(bench.ask('check_on_line', { sensor_id: 1, dark_value: 50 })).toBe(false)
    put(bench, 0.143, 0.5)
    const onLine = middle(bench)
    expect(onLine).toBeGreaterThan(0.3)
    expect(onLine).toBeLessThan(0.7)
    expect(bench.ask('get_floor_sensor', { sensor_id: 7 })).toBe(0)
    expect(bench.ask('check_on_line', { sensor_id: 7, dark_value: 50 })).toBe(false)
  })

  test('the spot of a sensor is 0.143 m ahead of the axle', async () => {
    const bench = await open()
    // Black for x below 5, at 20 pixels a metre.
    await upload(
      bench,
      'change_floor_skin',
      png(10, 2000, (_, y) => (y < 900 ? [255, 255, 255] : [0, 0, 0])),
      {
        type: 'full',
      },
    )
    // The robot looks along -x.
    put(bench, 5 + 0.143 + 0.06, 0)
    expect(middle(bench)).toBeGreaterThan(0.85)
    put(bench, 5 + 0.143, 0)
    expect(middle(bench)).toBeGreaterThan(0.2)
    expect(middle(bench)).toBeLessThan(0.75)
    put(bench, 5 + 0.143 - 0.06, 0)
    expect(middle(bench)).toBe(0)
  })

  test('left, middle and right look 0.42 m to their side', async () => {
    const bench = await open()
    // A black stripe along x between y = -0.1 and 0.1; the picture is seen from +x, its left edge is at +y.
    await upload(
      bench,
      'change_floor_skin',
      png(1000, 4, (x) => (x >= 499 && x <= 500 ? [0, 0, 0] : [255, 255, 255])),
    )
    const read = () => [3, 1, 2].map((sensor) => (bench.ask('get_floor_sensor', { sensor_id: sensor }) as number) < 0.5)
    put(bench, 0, 0)
    expect(read()).toEqual([false, true, false])
    // The robot's left is at -y.
    put(bench, 0, 0.421)
    expect(read()).toEqual([true, false, false])
    put(bench, 0, -0.415)
    expect(read()).toEqual([false, false, true])
  })

  test('a full picture has its upper edge at +x and its left edge at +y', async () => {
    const bench = await open()
    const quarters = png(2, 2, (x, y) => [255 * (1 - x) * (1 - y), 128 * x * (1 - y), 64 * (1 - x) * y])
    expect(await upload(bench, 'change_floor_skin', quarters, { type: 'full' })).toBe('Image loaded.')
    const levels = [
      [25, 25],
      [25, -25],
      [-25, 25],
      [-25, -25],
    ].map(([x = 0, y = 0]) => {
      put(bench, x, y)
      return Math.round((middle(bench) / 0.93) * 255)
    })
    expect(levels[0]).toBeGreaterThan(240)
    expect(Math.abs((levels[1] ?? 0) - 128)).toBeLessThan(12)
    expect(Math.abs((levels[2] ?? 0) - 64)).toBeLessThan(8)
    expect(levels[3]).toBe(0)
  })

  test('a manual picture is repeated, tiles are counted in metres, and the colour multiplies', async () => {
    const bench = await open()
    const half = png(2, 2, (x) => (x === 0 ? [255, 255, 255] : [0, 0, 0]))
    await upload(bench, 'change_floor_skin', half, { type: 'manual', scale_x: 1, scale_y: 2 })
    const bright = (y: number) => {
      put(bench, 0.5, y)
      return middle(bench) > 0.5
    }
    // Twice across y: white, black, white, black from +y on, 25 m each.
    expect([40, 15, -10, -35].map(bright)).toEqual([true, false, true, false])
    await upload(bench, 'change_floor_skin', half, { type: 'tripl', scale_x: 1, scale_y: 0.25 })
    // Tiles of 4 m: 2 m white, 2 m black.
    expect([1, -1, -3, -5].map(bright)).toEqual([false, true, false, true])
    await upload(
      bench,
      'change_floor_skin',
      png(2, 2, () => [255, 200, 100]),
      { type: 'full', color: 'blue' },
    )
    put(bench, 0, 0)
    expect(middle(bench)).toBeCloseTo((0.93 * 100) / 255, 1)
  })

  test('change_floor multiplies, and the edge is where the floor ends', async () => {
    const bench = await open()
    bench.send('change_floor', { floor_index: '0', scale_x: 2, scale_y: 0.5 })
    bench.send('change_floor', { floor_index: '0', scale_x: 2, scale_y: 0.5 })
    await bench.changed()
    const { physics } = bench.simulation.supervisor
    const ground = (x: number, y: number) =>
      physics.castRay({ origin: [x, y, 5], direction: [0, 0, -1], maxDistance: 9 })?.distance
    expect(ground(199, 12)).toBeCloseTo(4.9735, 6)
    expect(ground(201, 0)).toBeUndefined()
    expect(ground(0, 13)).toBeUndefined()
    // Cells stay one metre wide.
    put(bench, 20.143, 0.5)
    expect(middle(bench)).toBeLessThan(0.7)
    put(bench, 20.643, 0.5)
    expect(middle(bench)).toBeGreaterThan(0.85)
    await bench.do('change_floor', { floor_index: '0', scale_x: 1000, scale_y: 1 })
    await bench.do('change_floor', { floor_index: '4', scale_x: 1, scale_y: 1 })
    expect(bench.lines).toHaveLength(2)
  })

  test('the robot keeps its speed while the floor is changed under it', async () => {
    const bench = await open()
    bench.run(0.3)
    bench.tell('move_distance', { vel_left: 100, vel_right: 100, tar_dist: 30, direction: 'forward' })
    bench.run(3)
    const { linear } = bench.speed()
    await upload(
      bench,
      'change_floor_skin',
      png(4, 4, () => [9, 9, 9]),
    )
    expect(bench.speed().linear).toBeCloseTo(linear, 9)
    bench.run(0.1)
    expect(bench.speed().linear).toBeGreaterThan(linear)
  })
})

describe('pictures on their way', () => {
  test('JPEG is as good as PNG, and pieces may come in any order', async () => {
    const bench = await open()
    expect(
      await upload(
        bench,
        'change_floor_skin',
        jpg(64, 64, () => [10, 20, 30]),
      ),
    ).toBe('Image loaded.')
    const text = Buffer.from(png(64, 64, (x, y) => [x, y, x ^ y])).toString('base64')
    const cut = Math.ceil(text.length / 3)
    for (const i of [2, 0, 1]) {
      bench.send('change_floor_skin', { image: text.slice(i * cut, (i + 1) * cut), image_size: 3, img_num: i })
    }
    expect(bench.surroundings?.upload).toEqual({ received: 3, pieces: 3 })
    await bench.do('change_floor_skin', { floor_index: '0', image_size: 3, color: 'white', type: 'full' })
    expect(bench.replies.map(({ data }) => data)).toEqual(['Image loaded.', 'Image loaded.'])
    expect(bench.replies[0]).not.toHaveProperty('fossbot_name')
    expect(bench.surroundings?.upload).toBeUndefined()
    expect([...bench.made.keys()]).toEqual(['made/floor-1.jpg', 'made/floor-2.png'])
  })

  test('a missing piece, a damaged file and another kind of file are told, where the original is silent', async () => {
    const bench = await open()
    const file = Buffer.from(png(300, 300, (x, y) => [(x * y) % 256, x % 256, y % 256])).toString('base64')
    bench.send('change_floor_skin', { image: file.slice(0, 1000), image_size: 3, img_num: 0 })
    bench.send('change_floor_skin', { image: file.slice(2000, 3000), image_size: 3, img_num: 2 })
    await bench.do('change_floor_skin', { floor_index: '0', image_size: 3 })
    await bench.do('change_floor_skin', { floor_index: '0', image_size: 3 })
    await upload(bench, 'change_floor_skin', Buffer.from(file, 'base64').subarray(0, 2000))
    await upload(bench, 'change_floor_terrain', Buffer.from('GIF89a'))
    bench.send('change_floor_terrain', { image: '!!! no base64 !!!', image_size: 1, img_num: 0 })
    await bench.do('change_floor_terrain', { image_size: 1 })
    await upload(
      bench,
      'change_floor_skin',
      png(2, 2, () => [0, 0, 0]),
      { floor_index: '3' },
    )
    const texts = bench.errors.map(({ data }) => String(data))
    expect(texts[0]).toBe('The picture for the floor is not complete: 1 of 3 pieces are missing, the first is 1.')
    expect(texts[1]).toBe('The picture for the floor is not complete: no piece of it has arrived.')
    expect(texts[2]).toMatch(/^The picture for the floor cannot be used: the image cannot be decoded/)
    expect(texts[3]).toBe('The picture of the terrain cannot be used: the file is not a PNG or JPEG image.')
    expect(texts[4]).toBe('The picture of the terrain is not complete: its pieces are not base64.')
    expect(texts[5]).toBe('There is no floor 3; this world has 1, counted from 0.')
    expect(bench.replies).toEqual([])
    expect(bench.made.size).toBe(0)
  })

  test('two users send at once, and one who leaves takes the pieces along', async () => {
    const bench = await open()
    const file = Buffer.from(png(2, 2, () => [1, 2, 3])).toString('base64')
    for (const user of ['a', 'b']) bench.send('change_floor_skin', { image: file, image_size: 1, img_num: 0 }, user)
    bench.send('exit_env', {}, 'a')
    await bench.do('change_floor_skin', { image_size: 1 }, 'a')
    await bench.do('change_floor_skin', { image_size: 1 }, 'b')
    expect(bench.errors.map(({ user_id }) => user_id)).toEqual(['a'])
    expect(bench.replies.map(({ user_id }) => user_id)).toEqual(['b'])
  })
})

describe('terrain', () => {
  /** Brighter towards +x; a bright corner at +x, -y. */
  const hills = png(100, 100, (x, y) => [x < 10 && y < 10 ? 255 : 200 - 2 * y, 7, 9])

  test('has heights from red, the first row at +x and the first column at -y', async () => {
    const bench = await open()
    await bench.do('obs_spawn', { type: 'cube', pos_x: 9, pos_y: 9, pos_z: 0 })
    expect(await upload(bench, 'change_floor_terrain', hills, { intensity: 20 })).toBe('Terrain loaded.')
    expect(bench.root('fossbot')).toBeUndefined()
    expect(bench.root('cube')).toBeUndefined()
    const height = (x: number, y: number) => {
      const hit = bench.simulation.supervisor.physics.castRay({
        origin: [x, y, 60],
        direction: [0, 0, -1],
        maxDistance: 99,
      })
      return hit && 60 - hit.distance - 0.0265
    }
    // The row at x = 50 - y of the picture.
    expect(height(0, 0)).toBeCloseTo((100 / 255) * 20, 1)
    expect(height(-40, 0)).toBeCloseTo((20 / 255) * 20, 1)
    expect(height(45, -45)).toBeCloseTo(20, 1)
    expect(height(45, 40)).toBeCloseTo((190 / 255) * 20, 1)
  })

  test('a robot stands and drives on hills, its yaw is not rounded, and reset_terrain brings the flat floor back', async () => {
    const bench = await open()
    const soft = png(100, 100, (x, y) => [128 + 50 * Math.sin(x / 15) * Math.cos(y / 15), 0, 0])
    await upload(bench, 'change_floor_terrain', soft, { intensity: 6 })
    await bench.do('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: 4, rotation: 0, counterclockwise: false })
    bench.run(4)
    expect(bench.position()[2]).toBeGreaterThan(2)
    const [x] = bench.position()
    bench.tell('move_distance', { vel_left: 100, vel_right: 100, tar_dist: 3, direction: 'forward' })
    bench.run(6)
    expect(x - bench.position()[0]).toBeGreaterThan(2)
    bench.tell('rotate_90', { vel_left: 100, vel_right: 100, degree: 90, dir_id: 0 })
    bench.run(15, () => String(bench.replies.at(-1)?.data).startsWith('Final'))
    const end = Number(String(bench.replies.at(-1)?.data).split(': ')[1])
    expect(end).toBeGreaterThan(70)
    expect(Number.isInteger(end)).toBe(false)
    await bench.do('reset_terrain', { floor_index: '0' })
    expect(bench.replies.at(-1)).toEqual({ data: 'Terrain Reset.', user_id: 'user' })
    expect(bench.root('fossbot')).toBeUndefined()
    await bench.do('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: 0, counterclockwise: false })
    bench.run(2)
    expect(bench.position()[2]).toBeCloseTo(0.0265, 3)
  })

  test('low hills (intensity below 3) count as level', async () => {
    const bench = await open()
    await upload(
      bench,
      'change_floor_terrain',
      png(10, 10, () => [100, 0, 0]),
      { intensity: 2 },
    )
    await bench.do('foss_spawn', { pos_x: 0, pos_y: 0, pos_z: 1, counterclockwise: false })
    bench.run(3)
    bench.tell('rotate_90', { vel_left: 100, vel_right: 100, degree: 33, dir_id: 0 })
    bench.run(10, () => bench.replies.length > 1)
    expect(bench.replies.at(-1)?.data).toBe('Final rot pos: 33')
  })
})

describe('light', () => {
  test('brightness changes what floor and light sensors read', async () => {
    const bench = await open()
    put(bench, 0.643, 0.5)
    const light = bench.ask('get_light_sensor') as number
    const white = middle(bench)
    expect(light).toBeGreaterThan(700)
    expect(light).toBeLessThanOrEqual(1024)
    bench.send('change_brightness', { value: 25 })
    expect(bench.ask('get_light_sensor')).toBeCloseTo(light / 2, -1)
    expect(middle(bench)).toBeCloseTo(white / 2, 2)
    expect(bench.ask('check_for_dark', { light_val: 700 })).toBe(true)
    expect(bench.surroundings?.brightness).toBe(25)
    bench.fossbot.control({ brightness: 0 })
    expect(bench.ask('get_light_sensor')).toBe(0)
    bench.fossbot.control({ brightness: 50 })
    expect(bench.ask('get_light_sensor')).toBeCloseTo(light, 6)
    expect(bench.ask('check_for_dark', { light_val: 700 })).toBe(false)
  })

  test('a black wall ahead is dark', async () => {
    const bench = await open()
    const light = bench.ask('get_light_sensor') as number
    const wall = { type: 'cube', pos_x: -6, pos_y: 0, pos_z: 0, scale_x: 0.5, scale_y: 20, scale_z: 5, color: 'black' }
    await bench.do('obs_spawn', wall)
    expect(bench.ask('get_light_sensor')).toBeLessThan(light / 3)
  })
})
