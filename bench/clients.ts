import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot, TextSocket } from '@simyard/testkit'
import { type Bench, percentile } from './figure.js'
import { untilWarm, withSimyard, worldUrl } from './simyard.js'

const REPETITIONS = 16

/** From `start` on /client to the address of the stream, and to the first text of the scene. */
export const clients: Bench = {
  name: 'clients',
  async run(tell) {
    await withSimyard([], async ({ address }) => {
      const server = `${address.replace('http', 'ws')}/2000/client`
      const warm: Started[] = []
      for (let i = 0; i < REPETITIONS; i++) {
        await untilWarm(address)
        warm.push(await start(server, worldUrl(address)))
      }
      const addresses = warm.map(({ addressMs }) => addressMs)
      const scenes = warm.map(({ sceneMs }) => sceneMs)
      tell({ name: 'start → address, warm, median', value: percentile(addresses, 0.5), unit: 'ms' })
      tell({
        name: 'start → address, warm, p95',
        value: percentile(addresses, 0.95),
        unit: 'ms',
        bar: { atMost: 150 },
      })
      tell({ name: 'start → scene, warm, median', value: percentile(scenes, 0.5), unit: 'ms' })
      tell({ name: 'start → scene, warm, p95', value: percentile(scenes, 0.95), unit: 'ms' })

      await withColdServer(address, async (coldServer) => {
        const cold: Started[] = []
        for (let i = 0; i < REPETITIONS; i++) cold.push(await start(coldServer, worldUrl(address)))
        const times = cold.map(({ addressMs }) => addressMs)
        tell({ name: 'start → address, cold, median', value: percentile(times, 0.5), unit: 'ms' })
        tell({ name: 'start → address, cold, p95', value: percentile(times, 0.95), unit: 'ms', bar: { atMost: 800 } })
      })
    })
  },
}

interface Started {
  readonly addressMs: number
  readonly sceneMs: number
}

async function start(server: string, url: string): Promise<Started> {
  const client = await TextSocket.open(server)
  try {
    const startedAt = performance.now()
    client.send(JSON.stringify({ start: { url } }))
    const ready = await client.next((text) => text.startsWith('webots:ws'))
    const addressMs = performance.now() - startedAt
    const stream = await TextSocket.open(`${ready.slice('webots:'.length)}/`)
    stream.send('x3d')
    await stream.next((text) => text.startsWith('model:'))
    const sceneMs = performance.now() - startedAt
    stream.close()
    return { addressMs, sceneMs }
  } finally {
    client.close()
    await client.untilClosed().catch(() => undefined)
  }
}

/** A simulation server that keeps no simulators ready. */
async function withColdServer(website: string, use: (server: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-bench-'))
  const config = join(folder, 'cold.json')
  writeFileSync(
    config,
    JSON.stringify({
      port: 0,
      host: '127.0.0.1',
      server: '127.0.0.1',
      ssl: false,
      warmSimulators: 0,
      portRewrite: false,
      websites: [website],
    }),
  )
  const child = spawn(
    process.execPath,
    [join(repositoryRoot, 'apps/simyard/bin/simyard.mjs'), 'simulation-server', config],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const exited = new Promise((resolve) => child.once('exit', resolve))
  try {
    const port = await new Promise<string>((resolve, reject) => {
      let output = ''
      const read = (chunk: Buffer) => {
        output += chunk.toString()
        const found = /Simulation server running on port (\d+)/.exec(output)
        if (found) resolve(found[1]!)
      }
      child.stdout.on('data', read)
      child.stderr.on('data', read)
      void exited.then(() => reject(new Error(`the server without a warm pool did not start:\n${output}`)))
    })
    await use(`ws://127.0.0.1:${port}/client`)
  } finally {
    child.kill('SIGINT')
    await exited
    rmSync(folder, { recursive: true, force: true })
  }
}
