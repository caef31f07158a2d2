import { type RunningServer, type RunningSimyard, startServer, startSimyard, TextSocket } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { enkiProblem } from '../apps/simulation-server/src/simulator/enki-plan.js'

const problem = enkiProblem()

/** The same world and program, run by another simulator, for a visitor who notices nothing of it. */
describe.skipIf(problem !== undefined)(`Enki runs the simulations${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let site: RunningSimyard
  let server: RunningServer
  beforeAll(async () => {
    site = await startSimyard()
    server = await startServer('simulation-server', { placement: 'enki', websites: [site.address], warmSimulators: 1 })
  })
  afterAll(async () => {
    await server?.stop()
    await site?.stop()
  })

  test('a visitor starts, runs and resets a world of the gallery', async () => {
    const client = await TextSocket.open(`ws://127.0.0.1:${server.port}/client`)
    const url = `${site.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`
    client.send(JSON.stringify({ start: { url } }))
    const ready = await client.next((text) => text.startsWith('webots:ws'))
    const stream = await TextSocket.open(`${ready.slice('webots:'.length)}/`)
    stream.send('x3d')
    expect(await stream.next((text) => text.startsWith('model:'))).toContain('<Scene>')
    await stream.next((text) => text === 'pause: 0')
    stream.send('fast:20000')
    await stream.next((text) => text === 'pause: 20000')
    const moved = stream.received.filter((text) => text.includes('"translation"'))
    expect(moved.length).toBeGreaterThan(3)
    stream.send('reset')
    await stream.next((text) => text === 'reset finished')
    expect(
      ((await (await fetch(`${server.address}/status`)).json()) as { placement: unknown }).placement,
    ).toMatchObject({
      driver: 'enki',
    })
    client.close()
    await stream.untilClosed()
  })
})
