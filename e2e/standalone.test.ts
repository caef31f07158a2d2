import {
  openSimulation,
  type RunningServer,
  type RunningSimyard,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** The servers by themselves, as in an installation of the originals: website, simulation server, session server. */
let site: RunningSimyard
const servers: RunningServer[] = []

async function serve(...args: Parameters<typeof startServer>): Promise<RunningServer> {
  const server = await startServer(...args)
  servers.push(server)
  return server
}

let sessions: string
beforeAll(async () => {
  site = await startSimyard()
  const simulation = await serve('simulation-server', {
    websites: [site.address],
    warmSimulators: 1,
    maxConnections: 2,
  })
  const session = await serve('session-server', {
    simulationServers: [`127.0.0.1:${simulation.port}`],
    // The machine of a test may be busy with other tests.
    loadThreshold: 1000,
  })
  sessions = session.address
})
afterAll(async () => {
  for (const server of servers) await server.stop()
  await site?.stop()
})

test('a project of a website host runs on a simulation server that the session server names', async () => {
  const url = `${site.address}/projects/radio-duet/worlds/radio_duet.wbt`
  const { client, stream, streamUrl } = await openSimulation(sessions, { start: { url } })
  expect(new URL(streamUrl).pathname).toBe('/')
  await stream.next((text) => text === 'pause: 0')
  stream.send('fast:1600')
  await stream.next((text) => text === 'pause: 1600')
  expect(stream.received.some((text) => text.includes('step 0: left 4.0'))).toBe(true)
  client.close()
  await stream.untilClosed()
})

test('a site that the operator did not name is refused with a reason', async () => {
  const server = `ws://127.0.0.1:${servers[0]!.port}`
  const client = await TextSocket.open(`${server}/client`)
  client.send(JSON.stringify({ start: { url: 'http://elsewhere.example/projects/a/worlds/b.wbt' } }))
  expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('elsewhere.example')
  await client.untilClosed()
})

test('more visitors than seats are refused with a reason', async () => {
  const url = `${site.address}/projects/radio-duet/worlds/radio_duet.wbt`
  // The session server keeps seats for those whom it has sent just now; these come without asking it.
  const server = `ws://127.0.0.1:${servers[0]!.port}`
  const visitors = await Promise.all([1, 2, 3].map(() => TextSocket.open(`${server}/client`)))
  for (const visitor of visitors) visitor.send(JSON.stringify({ start: { url } }))
  const answers = await Promise.all(
    visitors.map((visitor) => visitor.next((text) => text.startsWith('webots:') || text.startsWith('loading: Error'))),
  )
  expect(answers.filter((text) => text.startsWith('webots:'))).toHaveLength(2)
  expect(answers.filter((text) => text.includes('seats'))).toHaveLength(1)
  for (const visitor of visitors) visitor.close()
})

test('a wrong configuration is refused with the nearest key', async () => {
  await expect(serve('session-server', { simulationServer: [] })).rejects.toThrow(/did you mean \\?"simulationServers/)
})
