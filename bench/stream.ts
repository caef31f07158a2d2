import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { ServerToSimulator, WorldFrame } from '@simyard/protocol'
import { StreamHub } from '@simyard/stream'
import { repositoryRoot } from '@simyard/testkit'
import { StreamDoor, type StreamedInstance } from '../apps/simulation-server/src/stream/stream-door.js'
import { driveTenRobots } from '../e2e/stream/ten-robots.js'
import type { Bench } from './figure.js'
import { sleep } from './simyard.js'

const VIEWERS = 1000
/** So few that JSON keeps up as well, to compare. */
const FEW_VIEWERS = 300
const FRAME_MS = 1000 / 30
const SETTLE_MS = 2000
const MEASURE_MS = 8000
const nothing = new Uint8Array(0)

interface Measured {
  readonly frames: number
  readonly bytes: number
  readonly p50: number
  readonly p95: number
  readonly worst: number
  /** Of the server's process, for each frame that arrived somewhere. */
  readonly cpuUs: number
}

/** One room with a thousand viewers of ten robots at 30 Hz, over real WebSockets of another process on this machine. */
export const stream: Bench = {
  name: 'stream',
  async run(tell) {
    const { frames, xml } = await driveTenRobots({ durationMs: 10_000, frameMs: 32 })
    const all = await measure('binary', VIEWERS, frames, xml)
    tell({ name: `${VIEWERS} viewers, binary, age p50`, value: all.p50, unit: 'ms' })
    tell({ name: `${VIEWERS} viewers, binary, age p95`, value: all.p95, unit: 'ms', bar: { atMost: 100 } })
    tell({ name: `${VIEWERS} viewers, binary, arrived`, value: share(all, VIEWERS), unit: '% of 30 Hz' })
    tell({ name: `${VIEWERS} viewers, binary, processor time`, value: all.cpuUs, unit: 'µs a frame and viewer' })
    const binary = await measure('binary', FEW_VIEWERS, frames, xml)
    const json = await measure('json', FEW_VIEWERS, frames, xml)
    for (const [form, few] of [
      ['binary', binary],
      ['JSON', json],
    ] as const) {
      tell({ name: `${FEW_VIEWERS} viewers, ${form}, age p95`, value: few.p95, unit: 'ms' })
      tell({ name: `${FEW_VIEWERS} viewers, ${form}, arrived`, value: share(few, FEW_VIEWERS), unit: '% of 30 Hz' })
      tell({ name: `${FEW_VIEWERS} viewers, ${form}, processor time`, value: few.cpuUs, unit: 'µs a frame and viewer' })
    }
    tell({ name: 'binary / JSON, processor time', value: binary.cpuUs / json.cpuUs, unit: '' })
    const ratio = binary.bytes / binary.frames / (json.bytes / json.frames)
    tell({ name: 'binary / JSON, bytes received', value: ratio, unit: '', bar: { atMost: 0.25 } })
  },
}

function share({ frames }: Measured, viewers: number): number {
  return (100 * frames * FRAME_MS) / (viewers * MEASURE_MS)
}

async function measure(
  form: 'binary' | 'json',
  count: number,
  frames: readonly WorldFrame[],
  xml: string,
): Promise<Measured> {
  const hub = hubWithScene(xml)
  const door = new StreamDoor()
  const instance: StreamedInstance = {
    serveFile: () => Promise.reject(new Error('there are no files')),
    connectExtern: () => false,
    attach: (link) => hub.attach(link),
  }
  const server = createServer()
  server.on('upgrade', (request, socket, head) => door.upgrade(instance, request, socket, head, '/'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const begunAt = Date.now()
  const viewers = spawn(
    process.execPath,
    [join(repositoryRoot, 'bench/stream/viewers.mjs'), `ws://127.0.0.1:${port}/`, String(count), form, String(begunAt)],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  )
  const lines = createInterface({ input: viewers.stdout })[Symbol.asyncIterator]()
  let sent = 0
  const timer = setInterval(() => {
    const due = Math.floor((Date.now() - begunAt) / FRAME_MS)
    if (due <= sent) return
    sent = due
    const { updates } = frames[sent % frames.length]!
    hub.onSimulator({ type: 'frame', frame: { timeMs: Date.now() - begunAt, updates }, full: false }, nothing)
  }, 2)
  try {
    if ((await lines.next()).value !== 'ready') throw new Error('the viewers did not open their streams')
    await sleep(SETTLE_MS)
    const cpu = process.cpuUsage()
    viewers.stdin.write('count\n')
    await sleep(MEASURE_MS)
    const { user, system } = process.cpuUsage(cpu)
    viewers.stdin.write('end\n')
    const said = JSON.parse(String((await lines.next()).value)) as Omit<Measured, 'cpuUs'>
    return { ...said, cpuUs: (user + system) / said.frames }
  } finally {
    clearInterval(timer)
    viewers.kill()
    door.close()
    await new Promise((resolve) => server.close(resolve))
  }
}

function hubWithScene(xml: string): StreamHub {
  const hub: StreamHub = new StreamHub(
    {
      toSimulator: (message: ServerToSimulator) => {
        if (message.type === 'export-scene')
          hub.onSimulator({ type: 'scene', request: message.request }, new TextEncoder().encode(xml))
      },
      worlds: () => ['worlds/ten-robots.wbt'],
      readController: async () => [],
      writeController: async () => undefined,
      loadWorld: () => undefined,
    },
    '2022',
    () => Date.now(),
  )
  hub.onSimulator(
    {
      type: 'loaded',
      world: 'worlds/ten-robots.wbt',
      title: '',
      info: [],
      basicTimeStepMs: 16,
      fps: 30,
      robots: [],
      diagnostics: [],
    },
    nothing,
  )
  return hub
}
