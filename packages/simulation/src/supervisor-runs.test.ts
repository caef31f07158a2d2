import { childNodes, type SceneNode } from '@simyard/scene'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { BALL, closeBenches, E_PUCK, SupervisorBench, View, WORLD } from './supervisor.bench.js'

afterEach(closeBenches)

describe('reset', () => {
  const play = async (bench: SupervisorBench) => {
    bench.run(50)
    return bench.simulation.stateHash()
  }

  test('brings back the world as it was loaded: nodes, robots, fields, motion, ids', async () => {
    const bench = await SupervisorBench.open(`${WORLD}${E_PUCK('robot')} ${BALL('ball', 1)}`)
    const roots = [...bench.scene.nodes]
    const ids = [...bench.scene.byId.keys()]
    const seen = [...bench.view.ids].sort()
    const first = await play(bench)
    const paint = bench.scene.byDef.get('PAINT')!
    bench.supervisor.setField(paint, 'baseColor', [1, 0, 0])
    bench.supervisor.setField(paint, 'transparency', 0.5)
    await bench.supervisor.edit({ remove: [bench.named('robot'), bench.named('floor')], add: BALL('new', -1, 3) })
    await bench.supervisor.edit({ add: E_PUCK('newer', 3) })
    bench.run(10)
    const late = bench.supervisor.edit({ add: BALL('too late') })
    bench.simulation.reset()
    bench.view.frame(bench.simulation.frame(true))
    await expect(late).rejects.toMatchObject({ code: 'EDIT_REFUSED' })
    expect(bench.scene.nodes).toEqual(roots)
    expect([...bench.scene.byId.keys()]).toEqual(ids)
    expect([...bench.view.ids].sort()).toEqual(seen)
    expect(paint.fields.get('baseColor')).toEqual([0.5, 0.5, 0.5])
    expect(paint.fields.has('transparency')).toBe(false)
    expect(bench.view.values.get(paint.id)).toMatchObject({ baseColor: '0.5 0.5 0.5', transparency: '0' })
    expect(bench.simulation.robots.list.map(({ name }) => name)).toEqual(['robot'])
    expect(bench.simulation.inputLog.entries).toHaveLength(1)
    expect(await play(bench)).toBe(first)
    const [again] = await bench.supervisor.edit({ add: BALL('again') })
    expect(again!.id).toBe(Math.max(...ids) + 1)
  })

  test('tells those who listen, after the world is back', async () => {
    const bench = await SupervisorBench.open(`${WORLD}${BALL('ball')}`)
    const heard: string[] = []
    bench.supervisor.listen({
      beforeStep: (ms) => heard.push(`before ${ms} at ${bench.simulation.timeMs}`),
      afterStep: (ms) => heard.push(`after ${ms} at ${bench.simulation.timeMs}`),
      reset: () => heard.push(`reset at ${bench.simulation.timeMs}, ${bench.scene.nodes.length} roots`),
    })
    const count = bench.scene.nodes.length
    await bench.supervisor.edit({ add: BALL('other', 3) })
    bench.run(1)
    bench.simulation.reset()
    expect(heard).toEqual(['before 16 at 0', 'after 16 at 16', `reset at 0, ${count} roots`])
  })
})

test('the same changes at the same steps make the same run', async () => {
  const play = async () => {
    const bench = await SupervisorBench.open(`${WORLD}${E_PUCK('robot')}`)
    const hashes: string[] = []
    const [ball] = await bench.supervisor.edit({ add: BALL('ball', 0.3, 0.1) })
    for (let round = 0; round < 6; round++) {
      bench.run(12)
      hashes.push(bench.simulation.stateHash())
      if (round === 0) bench.supervisor.setVelocity(ball!, { linear: [-1, 0.1, 0], angular: [0, 1, 0] })
      if (round === 1) await bench.supervisor.edit({ add: `${E_PUCK('more', 0.2)} ${BALL('x', 0.1, 0.3)}` })
      if (round === 2) bench.supervisor.setPose(ball!, { translation: [0.1, 0.2, 0.4], rotation: [0, 0, 0, 1] })
      if (round === 3) await bench.supervisor.edit({ remove: [bench.named('robot')], add: BALL('y', 0, 0.8) })
    }
    return { hashes, log: bench.simulation.inputLog.entries }
  }
  const [first, second] = [await play(), await play()]
  expect(second).toEqual(first)
  expect(new Set(first.hashes).size).toBe(6)
})

test('a log of changes makes the run again', async () => {
  const world = `${WORLD}${BALL('ball')}`
  const bench = await SupervisorBench.open(world)
  const [more] = await bench.supervisor.edit({ add: BALL('more', 0.15, 0.9) })
  bench.run(20)
  bench.supervisor.setVelocity(more!, { linear: [0.5, 0, 0], angular: [0, 0, 0] })
  await bench.supervisor.edit({ add: 'Nonsense' }).catch(() => {})
  bench.run(20)
  await bench.supervisor.edit({ remove: [bench.named('ball')], add: BALL('last', 0.5, 0.4) })
  bench.run(20)

  const again = await SupervisorBench.open(world)
  for (const input of bench.simulation.inputLog.entries) {
    again.run((input.timeMs - again.simulation.timeMs) / 16)
    const node = (id: number) => again.scene.byId.get(id)!
    if (input.type === 'edit') await again.supervisor.edit({ remove: input.remove.map(node), add: input.add })
    if (input.type === 'velocity') again.supervisor.setVelocity(node(input.node), input.velocity)
  }
  again.run((bench.simulation.timeMs - again.simulation.timeMs) / 16)
  expect(again.simulation.stateHash()).toBe(bench.simulation.stateHash())
})

/** Everything that anybody keeps by id is in the scene, and the viewer has what a late one would get. */
function checkWhole({ scene, simulation, view }: SupervisorBench): void {
  const inside = new Set<number>()
  const visit = (node: SceneNode): void => {
    inside.add(node.id)
    for (const child of childNodes(node)) visit(child)
  }
  for (const node of scene.nodes) visit(node)
  expect([...scene.byId.keys()].sort()).toEqual([...inside].sort())
  for (const [def, node] of scene.byDef) expect(scene.byId.get(node.id), def).toBe(node)
  const { physics } = simulation.supervisor
  for (const solid of physics.movingSolids) expect(scene.byId.get(solid.id)).toBe(solid)
  expect(simulation.robots.list.map(({ nodeId }) => nodeId)).toEqual(
    scene.nodes.filter(({ type }) => type === 'Robot').map(({ id }) => id),
  )
  const late = new View(scene)
  expect([...view.ids].sort()).toEqual([...late.ids].sort())
  late.frame(simulation.frame(true))
  for (const id of view.values.keys()) expect(scene.byId.has(id)).toBe(true)
}

test('any series of changes leaves no traces of what has gone', async () => {
  const change = fc.oneof(
    fc.record({ kind: fc.constant('ball' as const), x: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ kind: fc.constant('robot' as const), y: fc.integer({ min: -5, max: 5 }) }),
    fc.record({ kind: fc.constant('remove' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('swap' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('wrong' as const), at: fc.nat(20) }),
    fc.record({ kind: fc.constant('paint' as const), red: fc.integer({ min: 0, max: 10 }) }),
    fc.record({ kind: fc.constant('run' as const), steps: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ kind: fc.constant('reset' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
      const bench = await SupervisorBench.open(`${WORLD}${E_PUCK('robot', 6)}`)
      let count = 0
      const some = (at: number) => bench.scene.nodes.filter((node) => node !== bench.scene.worldInfo)[at % 4]
      for (const one of changes) {
        const name = `n${count++}`
        if (one.kind === 'ball') await bench.supervisor.edit({ add: `DEF BALL ${BALL(name, one.x, 1)}` })
        if (one.kind === 'robot') await bench.supervisor.edit({ add: E_PUCK(name, one.y) })
        const target = 'at' in one ? some(one.at) : undefined
        if (target && one.kind === 'remove') await bench.supervisor.edit({ remove: [target] })
        if (target && one.kind === 'swap')
          await bench.supervisor.edit({ remove: [target], add: `DEF BALL ${BALL(name)}` })
        if (target && one.kind === 'wrong') {
          await expect(bench.supervisor.edit({ remove: [target], add: `${BALL(name)} Wrong { }` })).rejects.toThrow()
        }
        const paint = bench.scene.byDef.get('PAINT')
        if (one.kind === 'paint' && paint) bench.supervisor.setField(paint, 'baseColor', [one.red / 10, 0, 0])
        if (one.kind === 'run') bench.run(one.steps)
        if (one.kind === 'reset') {
          bench.simulation.reset()
          bench.view.frame(bench.simulation.frame(true))
        }
        checkWhole(bench)
      }
      closeBenches()
    }),
    { numRuns: 25 },
  )
}, 60_000)
