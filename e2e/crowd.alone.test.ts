import { join } from 'node:path'
import {
  freePorts,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** Thirty visitors at the same moment, two machines with fifteen seats each; the programs stand in for Webots. */
const SEATS = 15
let site: RunningSimyard
let sessions: RunningServer
const nodes: RunningServer[] = []

beforeAll(async () => {
  site = await startSimyard()
  for (let index = 0; index < 2; index++) {
    nodes.push(
      await startServer('simulation-server', {
        // Each program opens one that is counted from here: nobody else may take it in between.
        port: await freePorts(SEATS + 1),
        webotsHome: join(repositoryRoot, 'e2e/stand-ins/webots-home'),
        webotsVersion: 'R2023b',
        websites: [site.address],
        maxConnections: SEATS,
      }),
    )
  }
  sessions = await startServer('session-server', {
    simulationServers: nodes.map(({ port }) => `127.0.0.1:${port}`),
    // Thirty programs start on the one machine of this test.
    loadThreshold: 1000,
  })
})
afterAll(async () => {
  for (const server of [...nodes, sessions]) await server?.stop()
  await site?.stop()
})

test('everybody gets a seat, evenly, and the thirty-first is told that there is none', async () => {
  const visitors = await Promise.all(
    Array.from({ length: 2 * SEATS }, async () => {
      const server = await (await fetch(`${sessions.address}/session`)).text()
      const client = await TextSocket.open(`${server}/client`)
      client.send(JSON.stringify({ start: { url: `${site.address}/projects/radio-duet/worlds/radio_duet.wbt` } }))
      return { server, client }
    }),
  )
  expect(await (await fetch(`${sessions.address}/session`)).text()).toMatch(/^Error: no simulation server/)
  for (const { port } of nodes) {
    expect(visitors.filter(({ server }) => server === `ws://127.0.0.1:${port}`)).toHaveLength(SEATS)
  }
  await Promise.all(visitors.map(({ client }) => client.next((text) => text.startsWith('webots:ws'))))
  expect(visitors.flatMap(({ client }) => client.received).filter((text) => text.includes('Error'))).toEqual([])
  for (const { client } of visitors) client.close()
  await expect.poll(async () => (await fetch(`${sessions.address}/session`)).text()).toMatch(/^ws:/)
})
