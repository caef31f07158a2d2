import { join } from 'node:path'
import {
  archiveOfPrograms,
  dockerProblem,
  processTable,
  type RunningDocker,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startDocker,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DockerEngine } from '../apps/simulation-server/src/docker/engine.js'

const problem = dockerProblem()
const webotsHome = join(repositoryRoot, 'e2e/stand-ins/webots-home')

/** Webots in a container: a real Docker Engine, an image with the program that stands in for Webots. */
describe.skipIf(problem !== undefined)(`docker${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let docker: RunningDocker
  let engine: DockerEngine
  let site: RunningSimyard
  const servers: RunningServer[] = []

  beforeAll(async () => {
    docker = await startDocker()
    engine = new DockerEngine(docker.socketPath)
    const programs = ['/usr/bin/node', '/usr/bin/env', '/bin/sh', '/usr/bin/cat']
    const archive = archiveOfPrograms(programs, [webotsHome, join(repositoryRoot, 'node_modules/ws')])
    await engine.importImage(archive, 'simyard-test/webots', '1')
    site = await startSimyard()
  })
  afterAll(async () => {
    for (const server of servers) await server.stop()
    await site?.stop()
    await docker?.stop()
  })

  async function serve(container: Record<string, unknown> = {}): Promise<RunningServer> {
    const server = await startServer('simulation-server', {
      docker: true,
      websites: [site.address],
      container: {
        socket: docker.socketPath,
        image: 'simyard-test/webots:1',
        webotsHome,
        prefix: [],
        network: 'host',
        ...container,
      },
    })
    servers.push(server)
    return server
  }

  async function open(server: RunningServer): Promise<TextSocket> {
    const client = await TextSocket.open(`ws://127.0.0.1:${server.port}/client`)
    client.send(JSON.stringify({ start: { url: `${site.address}/projects/radio-duet/worlds/radio_duet.wbt` } }))
    return client
  }

  const containers = () => engine.list(['simyard.placement'])

  test('a visitor gets a container and its stream, and nothing is left afterwards', async () => {
    const server = await serve()
    const client = await open(server)
    const ready = await client.next((text) => text.startsWith('webots:ws'))
    const stream = await TextSocket.open(`${ready.slice('webots:'.length)}/`)
    stream.send('x3d')
    await stream.next((text) => text.startsWith('model:'))
    expect(await containers()).toMatchObject([
      { state: 'running', labels: { 'simyard.placement': String(server.pid) } },
    ])
    client.close()
    await stream.untilClosed()
    await expect.poll(containers).toEqual([])
  })

  test('an image that is not there is told with the way out, and the connection closes', async () => {
    const client = await open(await serve({ image: 'simyard-test/absent:1' }))
    expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('simyard-test/absent:1')
    await client.untilClosed()
  })

  test('an engine that does not run is told, and the server goes on', async () => {
    const server = await serve({ socket: '/nowhere/docker.sock' })
    const client = await open(server)
    expect(await client.next((text) => text.startsWith('loading: Error: '))).toContain('/nowhere/docker.sock')
    await client.untilClosed()
    expect((await fetch(`${server.address}/load`)).status).toBe(200)
  })

  test('kill -9 of the server ends the program in the container, and the next start removes it', async () => {
    const server = await serve()
    const client = await open(server)
    await client.next((text) => text.startsWith('webots:ws'))
    const inside = () => processTable().filter(({ command }) => command.includes(`${webotsHome}/webots --batch`))
    expect(inside()).not.toEqual([])
    server.kill('SIGKILL')
    await expect.poll(inside, { timeout: 5000 }).toEqual([])
    await serve()
    await expect.poll(containers).toEqual([])
  })
})
