import { Robot } from '@simyard/client'
import { openSimulation, type RunningServer, type RunningSimyard, startServer, startSimyard } from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Each server by itself; simulations on the simulation server have their rooms at the relay. */
let site: RunningSimyard
let relay: RunningServer
let simulation: RunningServer
let sessions: RunningServer

beforeAll(async () => {
  site = await startSimyard()
  relay = await startServer('relay-server', {})
  simulation = await startServer('simulation-server', {
    websites: [site.address],
    warmSimulators: 1,
    maxConnections: 4,
    relay: relay.address,
  })
  sessions = await startServer('session-server', {
    simulationServers: [`127.0.0.1:${simulation.port}`],
    // The machine of a test may be busy with other tests.
    loadThreshold: 1000,
  })
})
afterAll(async () => {
  for (const server of [sessions, simulation, relay, site]) await server?.stop()
})

interface RoomEvent {
  readonly type: 'room'
  readonly id: string
  readonly state: string
}

async function open() {
  const { client, stream } = await openSimulation(
    sessions.address,
    { start: { url: `${site.address}/projects/fossbot/worlds/fossbot.wbt` } },
    ['simyard:hello', 'x3d'],
  )
  await stream.next((text) => text.startsWith('simyard:{"type":"robots"') && text.includes('fossbot'))
  stream.send('real-time:-1')
  await stream.next((text) => text === 'real-time')
  const room = async (state: string, wanted: (id: string) => boolean = () => true): Promise<RoomEvent> => {
    const parse = (text: string): RoomEvent | undefined =>
      text.startsWith('simyard:{"type":"room"') ? (JSON.parse(text.slice('simyard:'.length)) as RoomEvent) : undefined
    const text = await stream.next((one) => {
      const event = parse(one)
      return event !== undefined && event.state === state && wanted(event.id)
    })
    return parse(text)!
  }
  return { client, stream, room }
}

const drive = (room: string) => Robot.connect({ address: relay.address, room, robot: 'fossbot' })

test('a program drives the robot of a simulation; when the relay is killed and comes back, a new room opens', async () => {
  const visit = await open()
  const { id } = await visit.room('here')
  const robot = await drive(id)
  await robot.moveDistance(0.5)
  robot.justMove()
  await expect.poll(() => robot.motorDistance('left')).toBeGreaterThan(0)

  const { port } = relay
  relay.kill('SIGKILL')
  await relay.exited
  await visit.room('away')
  // Somebody who comes while there is no relay is told so, and drives later.
  const other = await open()
  const refusal = await other.stream.next((text) => text.includes('RELAY_UNREACHABLE'))
  expect(refusal).toContain('It is tried again.')

  relay = await startServer('relay-server', { port })
  await visit.room('refused', (one) => one === id)
  const told = await visit.stream.next((text) => text.includes('ROOM_NOT_FOUND'))
  expect(told).toContain('A new one is being opened.')
  const again = await visit.room('here', (one) => one !== id)
  // The robot waits for nobody who was in the room of before.
  const successor = await drive(again.id)
  await successor.moveDistance(0.5)
  await expect(robot.distance()).rejects.toMatchObject({ code: 'ROOM_NOT_FOUND' })

  const late = await other.room('here')
  expect(late.id).not.toBe(again.id)
  const second = await drive(late.id)
  await second.moveDistance(0.5)

  // A viewer of the next load learns of no trouble that is over.
  const next = await open()
  await next.room('here')
  expect(next.stream.received.filter((text) => text.includes('"type":"error"'))).toEqual([])
  for (const one of [successor, second]) one.close()
  for (const { client } of [visit, other, next]) client.close()
})

test('a relay that is stopped says so, and simulations come back to the one that is started after it', async () => {
  const visit = await open()
  const { id } = await visit.room('here')
  const robot = await drive(id)
  const asked = robot.moveDistance(1000)
  const told = expect(asked).rejects.toMatchObject({ code: 'ROOM_ENDED' })
  const { port } = relay
  await relay.stop('SIGTERM')
  await told
  await visit.room('refused', (one) => one === id)
  relay = await startServer('relay-server', { port })
  const again = await visit.room('here', (one) => one !== id)
  const successor = await drive(again.id)
  expect(await successor.noiseDetected()).toBe(false)
  successor.close()
  visit.client.close()
})
