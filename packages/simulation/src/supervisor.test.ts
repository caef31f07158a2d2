import { childNodes, exportX3d } from '@simyard/scene'
import { afterEach, describe, expect, test } from 'vitest'
import { BALL, closeBenches, E_PUCK, SupervisorBench, WORLD } from './supervisor.bench.js'

afterEach(closeBenches)

describe('robots', () => {
  test('one that is added is driven by its controller; one that is removed is forgotten', async () => {
    const bench = await SupervisorBench.open(`${WORLD}${E_PUCK('first')}`)
    bench.run(30)
    const before = bench.at('first')
    const [added] = await bench.supervisor.edit({ add: E_PUCK('second', 1) })
    expect(added?.fields.get('name')).toBe('second')
    expect(bench.simulation.robots.list.map(({ name, nodeId }) => [name, nodeId])).toEqual([
      ['first', bench.named('first').id],
      ['second', added?.id],
    ])
    expect(bench.changes.at(-1)?.robots).toHaveLength(2)
    expect(bench.started).toEqual(['drive', 'drive'])
    expect(bench.simulation.robots.awaited()).toContain('second')
    bench.run(60)
    expect(bench.at('second')[0]).toBeGreaterThan(0.05)
    expect(bench.at('first')[0]).toBeGreaterThan(before[0] + 0.05)

    await bench.supervisor.edit({ remove: [bench.named('first')] })
    expect([...bench.puppets.values()].map(({ quit }) => quit)).toEqual(['close', ''])
    expect(bench.stopped).toEqual([1])
    bench.simulation.robots.controllerEnded(1, { exitCode: 0 })
    expect(bench.simulation.robots.list.map(({ name }) => name)).toEqual(['second'])
    const answers = bench.puppets.get(2)!.answers
    bench.run(20)
    expect(bench.puppets.get(2)!.answers).toBe(answers + 20)
  })

  test('a name and a DEF are free again at once', async () => {
    const bench = await SupervisorBench.open(WORLD)
    const [first] = await bench.supervisor.edit({ add: `DEF ME ${BALL('me')}` })
    const [second] = await bench.supervisor.edit({ remove: [first!], add: `DEF ME ${BALL('me', 1)}` })
    expect(bench.scene.byDef.get('ME')).toBe(second)
    expect(second!.id).toBeGreaterThan(first!.id)
    await bench.supervisor.edit({ remove: [second!] })
    expect(bench.scene.byDef.has('ME')).toBe(false)
    await expect(bench.supervisor.edit({ add: 'Group { children [ USE ME ] }' })).rejects.toMatchObject({
      code: 'SCENE_UNKNOWN_DEF',
    })
  })

  test('what others USE of a node that leaves stays with them', async () => {
    const bench = await SupervisorBench.open(
      `${WORLD}DEF A Solid { name "a" children [ DEF LOOK Shape { geometry DEF S Sphere { } } ] }
       Solid { name "b" translation 1 0 0 children [ USE LOOK ] }`,
    )
    const sphere = bench.scene.byDef.get('S')!
    await bench.supervisor.edit({ remove: [bench.named('a')] })
    expect(bench.scene.byId.get(sphere.id)).toBe(sphere)
    expect(bench.scene.byDef.has('A')).toBe(false)
    expect(exportX3d(bench.scene, { dialect: 'x3d' })).toContain("radius='1'")
  })
})

describe('an edit that is not accepted changes nothing', () => {
  test.each([
    ['a word that nobody knows', { add: 'Blob { }' }, 'SCENE_UNKNOWN_PROTO'],
    ['text that is no scene', { add: 'Solid { translation 1 2 }' }, 'SCENE_WRONG_TYPE'],
    ['a second node that is wrong', { add: `${BALL('x')} Solid { name 5 }` }, 'SCENE_WRONG_TYPE'],
    [
      'a body that the physics refuses',
      {
        add: `${BALL('x')} Solid { name "y" boundingObject Sphere { radius 0.1 } physics Physics { density -1 mass 1 centerOfMass [ 0 0 0 ] inertiaMatrix [ -1 1 1, 0 0 0 ] } }`,
      },
      'PHYSICS_MODEL_REJECTED',
    ],
    ['a second WorldInfo', { add: 'WorldInfo { }' }, 'EDIT_REFUSED'],
  ])('%s', async (_, edit, code) => {
    const bench = await SupervisorBench.open(`${WORLD}${BALL('ball', 0, 2)}`)
    bench.run(5)
    const state = () => [
      bench.simulation.stateHash(),
      [...bench.scene.byId.keys()],
      bench.scene.nodes.map(({ id }) => id),
      [...bench.scene.byDef.keys()],
      bench.simulation.inputLog.entries.length,
    ]
    const before = state()
    await expect(bench.supervisor.edit({ ...edit, remove: [bench.named('ball')] })).rejects.toMatchObject({ code })
    expect(state()).toEqual(before)
    expect(bench.changes).toEqual([])
    bench.run(5)
    const [added] = await bench.supervisor.edit({ add: BALL('next') })
    expect(added!.id).toBe(Math.max(...(before[1] as number[])) + 1)
  })

  test('nodes that are not roots, are gone, or are the WorldInfo', async () => {
    const bench = await SupervisorBench.open(`${WORLD}${BALL('ball')}`)
    const ball = bench.named('ball')
    const inner = childNodes(ball)[0]!
    for (const node of [inner, bench.scene.worldInfo]) {
      await expect(bench.supervisor.edit({ remove: [node] })).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    }
    await bench.supervisor.edit({ remove: [ball] })
    await expect(bench.supervisor.edit({ remove: [ball] })).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    const still = { linear: [0, 0, 0], angular: [0, 0, 0] } as const
    expect(() => bench.supervisor.setVelocity(ball, still)).toThrow(/not in the world/)
    expect(() => bench.supervisor.setVelocity(bench.named('floor'), still)).toThrow(/cannot be moved/)
    expect(() => bench.supervisor.setField(bench.named('floor'), 'name', 'x')).toThrow(/cannot be set/)
    expect(() => bench.supervisor.setField(bench.scene.byDef.get('PAINT')!, 'baseColor', [1, 0])).toThrow(/SFColor/)
  })
})

test('edits are made in the order of the calls, while the world goes on', async () => {
  const bench = await SupervisorBench.open(`${WORLD}${BALL('ball')}`)
  const order: string[] = []
  const names = ['a', 'b', 'c']
  // The first is the slowest to read.
  const edits = names.map((name, i) =>
    bench.supervisor.edit({ add: i === 0 ? `${BALL(name, 1)} ${E_PUCK('slow', 2)}` : BALL(name, 2 + i) }).then(() => {
      order.push(name)
    }),
  )
  const bad = bench.supervisor.edit({ add: 'Nobody { }' }).catch(() => order.push('refused'))
  bench.run(3)
  expect(bench.scene.nodes.some(({ fields }) => fields.get('name') === 'a')).toBe(false)
  await Promise.all([...edits, bad])
  expect(order).toEqual(['a', 'b', 'c', 'refused'])
  expect(bench.simulation.inputLog.entries.filter(({ type }) => type === 'edit').map(({ timeMs }) => timeMs)).toEqual([
    48, 48, 48,
  ])
})

test('poses and velocities take effect and are told to viewers of a paused world', async () => {
  const bench = await SupervisorBench.open(`${WORLD}${BALL('ball')}`)
  const ball = bench.named('ball')
  bench.run(2)
  const before = bench.touches
  bench.supervisor.setPose(ball, { translation: [3, 2, 1], rotation: [0, 0, 0, 1] })
  expect(bench.touches).toBe(before + 1)
  bench.view.frame(bench.simulation.frame(false))
  expect(bench.view.values.get(ball.id)).toMatchObject({ translation: '3 2 1' })
  bench.supervisor.setVelocity(ball, { linear: [1, 0, 0], angular: [0, 0, 0] })
  bench.run(10)
  expect(bench.at('ball')[0]).toBeCloseTo(3.16, 2)
  bench.supervisor.resetPhysics(ball)
  expect(bench.supervisor.physics.velocity(ball.id)!.linear).toEqual([0, 0, 0])
  expect(() => bench.supervisor.setPose(ball, { translation: [Number.NaN, 0, 0], rotation: [0, 0, 0, 1] })).toThrow()
  expect(bench.simulation.inputLog.entries.map(({ type }) => type)).toEqual([
    'load',
    'pose',
    'velocity',
    'reset-physics',
  ])
})
