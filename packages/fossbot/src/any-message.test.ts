import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FossbotBench } from './fossbot.bench.js'
import { robotCommands } from './robot-commands.js'
import { robotQuestions } from './robot-questions.js'

const functions = [
  ...Object.keys(robotQuestions),
  ...Object.keys(robotCommands),
  ...['connect', 'exit', 'exit_env', 'connect_env', 'foss_spawn', 'obs_spawn', 'change_fossbot', 'change_floor'],
  ...['change_floor_skin', 'change_floor_terrain', 'reset_terrain', 'remove_all_objects', 'change_brightness'],
  ...['start_timer', 'stop_timer', 'play_sound', 'rgb_set_color', 'reset_steps', 'count_revolutions', 'no_such_thing'],
  ...['constructor', '__proto__', 'toString'],
]

const value = fc.oneof(
  fc.constantFrom<unknown>(
    'left_motor',
    'right_motor',
    'forward',
    'reverse',
    'x',
    'red',
    'cube',
    'cone',
    'sphere',
    '0',
  ),
  fc.constantFrom<unknown>(0, 1, 2, 3, 90, -1, 0.5, 1e300, Number.NaN, Number.POSITIVE_INFINITY, null, true, false),
  fc.integer({ min: -40, max: 40 }),
  fc.string({ maxLength: 6 }),
  fc.constantFrom<unknown>([], {}, [1], 'iVBORw0KGgo='),
)
const names = [
  ...['motor_name', 'direction', 'dir_id', 'degree', 'tar_dist', 'def_dist', 'vel_left', 'vel_right', 'motor_vel'],
  ...['axis', 'sensor_id', 'color', 'type', 'pos_x', 'pos_y', 'pos_z', 'rotation', 'counterclockwise', 'radius'],
  ...['scale_x', 'scale_y', 'scale_z', 'value', 'floor_index', 'image', 'image_size', 'img_num', 'intensity'],
]
const message = fc.record({
  func: fc.constantFrom(...functions),
  user_id: fc.constantFrom('a', 'a', 'a', 'b', null),
  fossbot_name: fc.constantFrom<unknown>('fossbot', 'fossbot', 'fossbot', 'fossbot2', 'nobody', 7, undefined),
  fields: fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 5 }),
  steps: fc.nat(6),
})

const awaitsAnswer = (func: string, fields: Readonly<Record<string, unknown>>): boolean =>
  Object.hasOwn(robotQuestions, func) ||
  func.endsWith('_90') ||
  func === 'reset_terrain' ||
  ((func === 'change_floor_skin' || func === 'change_floor_terrain') && (fields.image ?? undefined) === undefined)

test('no message throws, whatever it says, and every question is answered once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 5, maxLength: 25 }), async (messages) => {
      const bench = await FossbotBench.open()
      try {
        let expected = 0
        let possible = 0
        for (const { func, user_id, fossbot_name, fields, steps } of messages) {
          const robotFunction = Object.hasOwn(robotQuestions, func) || Object.hasOwn(robotCommands, func)
          // A message to a robot without a name is nobody's, one of nobody is ignored.
          const heard = user_id !== null && (!robotFunction || typeof fossbot_name === 'string')
          const before = bench.answers.length
          bench.fossbot.receive({ ...fields, func, user_id, fossbot_name })
          await bench.changed()
          for (let i = 0; i < steps; i++) bench.simulation.step()
          if (heard && awaitsAnswer(func, fields)) expected++
          // Refusals of robots that are taken or not there.
          else possible += bench.answers.slice(before).filter(({ event }) => event === 'error').length
        }
        // Turns that still run come to their end.
        bench.send('remove_all_objects', {}, 'end')
        await bench.changed()
        const turns = bench.answers.length
        expect(turns - possible).toBe(expected)
        for (const { payload } of bench.answers) {
          expect(['number', 'string', 'boolean']).toContain(typeof payload.data)
          if (typeof payload.data === 'number') expect(Number.isFinite(payload.data)).toBe(true)
        }
        const z = bench.simulation.supervisor.physics.time
        expect(Number.isFinite(z)).toBe(true)
      } finally {
        bench.close()
      }
    }),
    { numRuns: 40, seed: 20 },
  )
}, 60_000)
