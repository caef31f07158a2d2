import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  openSimulation,
  type RunningServer,
  type RunningSimyard,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

/** A fleet whose simulation servers register themselves; nothing is configured at the session server but two keys. */
const fleetKey = 'a-key-for-machines'
const operatorKey = 'a-key-for-people-only'
let site: RunningSimyard
let sessions: RunningServer
const nodes: RunningServer[] = []

beforeAll(async () => {
  site = await startSimyard()
  // The machine of a test may be busy with other tests.
  sessions = await startServer('session-server', { simulationServers: [], fleetKey, operatorKey, loadThreshold: 1000 })
})
afterAll(async () => {
  for (const node of nodes) await node.stop()
  await sessions?.stop()
  await site?.stop()
})

async function joinFleet(): Promise<RunningServer> {
  const node = await startServer('simulation-server', {
    websites: [site.address],
    warmSimulators: 0,
    maxConnections: 2,
    fleet: { sessionServer: sessions.address, key: fleetKey },
  })
  nodes.push(node)
  return node
}

const session = async () => (await fetch(`${sessions.address}/session`)).text()
const url = () => `${site.address}/projects/radio-duet/worlds/radio_duet.wbt`

async function order(entry: string, word: 'cordon' | 'drain' | 'return'): Promise<number> {
  const response = await fetch(`${sessions.address}/api/v1/fleet/orders`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${operatorKey}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ entry, order: word }),
  })
  return response.status
}

test('nodes come, are drained and returned by an operator, and go', async () => {
  const news = await TextSocket.open(sessions.address.replace('http', 'ws'))
  expect(await news.next(() => true)).toBe('0')

  const first = await joinFleet()
  await news.next((text) => text === '1')
  expect(await session()).toBe(`ws://127.0.0.1:${first.port}`)

  // Who is there stays; nobody else comes.
  const { client, stream } = await openSimulation(sessions.address, { start: { url: url() } })
  await stream.next((text) => text.startsWith('model:'))
  const entry = `127.0.0.1:${first.port}`
  expect(await order(entry, 'drain')).toBe(200)
  await expect.poll(session).toMatch(/^Error: no simulation server/)
  await expect
    .poll(async () => ((await (await fetch(`${first.address}/status`)).json()) as { draining: boolean }).draining)
    .toBe(true)
  const late = await TextSocket.open(`ws://${entry}/client`)
  late.send(JSON.stringify({ start: { url: url() } }))
  expect(await late.next((text) => text.startsWith('loading: Error: '))).toContain('takes no new simulations')
  expect(client.closed).toBeUndefined()

  const second = await joinFleet()
  await expect.poll(session).toBe(`ws://127.0.0.1:${second.port}`)
  expect(await order(entry, 'return')).toBe(200)
  await expect
    .poll(async () => ((await (await fetch(`${first.address}/status`)).json()) as { draining: boolean }).draining)
    .toBe(false)

  // A node that stops leaves the fleet at once; one that is killed when its lease ends.
  client.close()
  await second.stop()
  await expect.poll(session, { timeout: 3000 }).toBe(`ws://${entry}`)
  first.kill('SIGKILL')
  await expect.poll(session).toMatch(/^Error: no simulation server/)
  const told = news.received
  for (let index = 1; index < told.length; index++) expect(told[index]).not.toBe(told[index - 1])
  news.close()
})

test('a node with a wrong key is not taken, and says so in its log', async () => {
  const node = await startServer('simulation-server', {
    warmSimulators: 0,
    fleet: { sessionServer: sessions.address, key: 'guessed' },
  })
  nodes.push(node)
  await expect.poll(() => node.output()).toContain('The session server does not keep the lease')
  expect(await session()).toMatch(/^Error: no simulation server/)
})

test('a session server that starts later is found', async () => {
  const node = await startServer('simulation-server', {
    warmSimulators: 0,
    fleet: { sessionServer: sessions.address, key: fleetKey },
  })
  nodes.push(node)
  await expect.poll(session).toBe(`ws://127.0.0.1:${node.port}`)
  const { port } = sessions
  sessions.kill('SIGKILL')
  await sessions.exited
  sessions = await startServer('session-server', { port, simulationServers: [], fleetKey, loadThreshold: 1000 })
  await expect.poll(session).toBe(`ws://127.0.0.1:${node.port}`)
})

test('a website without simulations of its own sends its visitors to the fleet', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-fleet-'))
  const file = join(folder, 'session.json')
  writeFileSync(file, JSON.stringify({ simulationServers: [], ssl: false, fleetKey, loadThreshold: 1000 }))
  const website = await startSimyard(['--max', '0', '--fleet', file])
  try {
    const asked = await (await fetch(`${website.address}/session`)).text()
    expect(asked).toMatch(/^Error: no simulation server/)
    const uninvited = await TextSocket.open(`${website.address.replace('http', 'ws')}/2000/client`)
    uninvited.send(JSON.stringify({ start: { url: url() } }))
    expect(await uninvited.next((text) => text.startsWith('loading: Error: '))).toContain(
      'runs no simulations by itself',
    )
    await uninvited.untilClosed()
    const node = await startServer('simulation-server', {
      websites: [website.address],
      warmSimulators: 0,
      fleet: { sessionServer: website.address, key: fleetKey },
    })
    nodes.push(node)
    await expect
      .poll(async () => (await fetch(`${website.address}/session`)).text(), { timeout: 5000 })
      .toBe(`ws://127.0.0.1:${node.port}`)
    const world = `${website.address}/projects/radio-duet/worlds/radio_duet.wbt`
    const { client, stream } = await openSimulation(website.address, { start: { url: world } })
    await stream.next((text) => text.startsWith('model:'))
    client.close()
  } finally {
    await website.stop()
    rmSync(folder, { recursive: true, force: true })
  }
})
