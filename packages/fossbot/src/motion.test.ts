import { FossbotBench } from '@simyard/testkit'
import { afterEach, describe, expect, test } from 'vitest'

const opened: FossbotBench[] = []
afterEach(() => {
  for (const bench of opened.splice(0)) bench.close()
})

async function open(options = {}): Promise<FossbotBench> {
  const bench = await FossbotBench.open(options)
  opened.push(bench)
  return bench
}
const FULL = { vel_left: 100, vel_right: 100 }

test('probe', async () => {
  const bench = await open()
  bench.run(1)
  console.log('rest', bench.position(), bench.yaw(), bench.speed())
  for (const d of [5, 15, 50]) {
    const start = bench.position()
    bench.tell('move_distance', { ...FULL, tar_dist: d, direction: 'forward' })
    let v = 0
    let t = 0
    let done = false
    while (t < 40 && !done) {
      const before = bench.speed().linear
      t += bench.run(0.016)
      done = bench.speed().linear < before * 0.5 && t > 0.2
      if (!done) v = bench.speed().linear
    }
    bench.run(1)
    const end = bench.position()
    console.log(
      'move',
      d,
      t,
      v,
      bench.ask('dist_travelled', { motor_name: 'right_motor' }),
      end[0] - start[0],
      end[1] - start[1],
      bench.yaw(),
    )
    bench.send('change_fossbot', { pos_x: 0, pos_y: 0, pos_z: 0, rotation: 0, counterclockwise: false })
    bench.tell('stop')
    bench.run(3)
  }
  for (const d of [1, 40, 45, 90, 180]) {
    bench.tell('rotate_90', { ...FULL, degree: d, dir_id: 0 })
    const n = bench.replies.length
    let w = 0
    const t = bench.run(20, () => {
      if (bench.speed().angular > 0.01) w = bench.speed().angular
      return bench.replies.length > n
    })
    console.log('rotate', d, t, w, bench.replies.at(-1)?.data, bench.yaw(), bench.position())
  }
  bench.tell('just_rotate', { ...FULL, dir_id: 0 })
  for (const s of [1, 4, 5]) {
    for (let i = 0; i < s * 10; i++) {
      bench.run(0.1)
      bench.tell('just_rotate', { ...FULL, dir_id: 0 })
    }
    console.log('just_rotate', bench.speed().angular)
  }
  bench.tell('stop')
  bench.run(1)
  const a = bench.position()
  bench.tell('just_move', { ...FULL, direction: 'forward' })
  const t = bench.run(2, () => bench.speed().linear < 1e-6 && bench.timeMs % 1000 > 500)
  console.log('burst', t, Math.hypot(bench.position()[0] - a[0], bench.position()[1] - a[1]))
  bench.tell('stop')
  const yaw = bench.yaw()
  bench.tell('move_motor', { motor_name: 'left_motor', motor_vel: 100, direction: 'forward' })
  bench.run(2)
  console.log('left alone', bench.yaw() - yaw)
}, 60000)
