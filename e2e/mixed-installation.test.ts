import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import {
  openSimulation,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startPythonServer,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'

const python = '/usr/bin/python3'

function tornadoProblem(): string | undefined {
  try {
    execFileSync(python, ['-c', 'import tornado.websocket'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'no Tornado (Debian: apt install python3-tornado)'
  }
}
const problem = tornadoProblem()

const started: RunningServer[] = []
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.stop()))
})

async function keep(server: Promise<RunningServer>): Promise<RunningServer> {
  started.push(await server)
  return server
}

/** A simulation server of the other kind, with the load that it tells. */
const foreignNode = (load: number | string) =>
  keep(
    startPythonServer(python, join(repositoryRoot, 'e2e/stand-ins/simulation_server.py'), {
      port: 0,
      server: '127.0.0.1',
      load,
    }),
  )

const ownSessions = (ports: readonly number[]) =>
  keep(
    startServer('session-server', {
      port: 0,
      host: '127.0.0.1',
      server: '127.0.0.1',
      ssl: false,
      portRewrite: false,
      pollInterval: 0.2,
      simulationServers: ports.map((port) => `127.0.0.1:${port}`),
    }),
  )

const foreignSessions = (ports: readonly number[]) =>
  keep(
    startPythonServer(python, join(repositoryRoot, 'e2e/stand-ins/session_server.py'), {
      port: 0,
      server: '127.0.0.1',
      ssl: false,
      portRewrite: false,
      simulationServers: ports.map((port) => `127.0.0.1:${port}`),
    }),
  )

const world = 'https://github.com/a/b/blob/main/worlds/x.wbt'

describe.skipIf(problem !== undefined)(
  `servers of two makes side by side${problem ? ` (skipped: ${problem})` : ''}`,
  () => {
    test('our session server sends a page to simulation servers of the other make', async () => {
      const busy = await foreignNode(60)
      const idle = await foreignNode('12.5\n')
      const liar = await foreignNode('<html>0</html>')
      const sessions = await ownSessions([busy.port, liar.port, idle.port])
      const address = `http://127.0.0.1:${sessions.port}`
      expect(await (await fetch(`${address}/session?url=${world}`)).text()).toBe(`ws://127.0.0.1:${idle.port}`)
      expect(await (await fetch(`${address}/load`)).text()).toBe('36.25')

      const { client, stream } = await openSimulation(address, { start: { url: world } })
      expect(client.received.slice(0, 2)).toEqual([
        'shutdownTimeout: 7200',
        expect.stringMatching(/^webots:ws:\/\/127/),
      ])
      await stream.next((text) => text === 'pause: 0')
      expect(stream.received.some((text) => text === 'world:worlds/x.wbt:worlds/x.wbt')).toBe(true)
      stream.send('real-time:-1')
      await stream.next((text) => text === 'real-time')
      await stream.next((text) => text.startsWith('application/json:{"time":64,"updates":['))
      client.close()
      await stream.untilClosed()
    })

    test('a page of the old kind finds its way too', async () => {
      const node = await foreignNode(5)
      const sessions = await ownSessions([node.port])
      const init = ['https://site', 'simple', 'simple.wbt', '', '', '', '', '', '']
      const { client, stream } = await openSimulation(`http://127.0.0.1:${sessions.port}`, { init })
      await stream.next((text) => text === 'pause')
      stream.send('real-time:60000')
      await stream.next((text) => text.startsWith('application/json:{"time":32,"poses":['))
      client.close()
      await stream.untilClosed()
    })

    test('a simulation server of the other make that dies is not offered, and pages hear of it', async () => {
      const node = await foreignNode(5)
      const sessions = await ownSessions([node.port])
      const page = await TextSocket.open(`ws://127.0.0.1:${sessions.port}`)
      await page.next((text) => text === '1')
      node.kill('SIGKILL')
      await page.next((text) => text === '0')
      expect(await (await fetch(`http://127.0.0.1:${sessions.port}/session`)).text()).toMatch(/^Error: no simulation/)
      page.close()
    })

    describe('a session server of the other make', () => {
      let site: RunningSimyard
      beforeAll(async () => {
        site = await startSimyard()
      })
      afterAll(async () => {
        await site?.stop()
      })

      test('sends a page to our simulation server', async () => {
        const node = await keep(
          startServer('simulation-server', {
            port: 0,
            host: '127.0.0.1',
            server: '127.0.0.1',
            websites: [site.address],
            warmSimulators: 1,
            maxConnections: 2,
          }),
        )
        const sessions = await foreignSessions([node.port])
        const address = `http://127.0.0.1:${sessions.port}`
        const page = await TextSocket.open(address.replace('http', 'ws'))
        await page.next((text) => text === '1')
        const url = `${site.address}/projects/radio-duet/worlds/radio_duet.wbt`
        const { client, stream } = await vi.waitFor(() => openSimulation(address, { start: { url } }), {
          timeout: 20_000,
        })
        await stream.next((text) => text === 'pause: 0')
        stream.send('real-time:-1')
        await stream.next((text) => text === 'real-time')
        await stream.next((text) => /^application\/json:\{"time":[1-9]/.test(text))
        client.close()
        await stream.untilClosed()
        page.close()
      })
    })
  },
)
