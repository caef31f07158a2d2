import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { HostedRoom, openRoom, watchRoom } from '@simyard/client'
import type { ServerToSimulator } from '@simyard/protocol'
import { Feed } from '@simyard/stream'
import { type RunningServer, repositoryRoot, startPythonServer } from '@simyard/testkit'
import { driveTenRobots } from '../e2e/stream/ten-robots.js'
import type { Bench } from './figure.js'
import { sleep } from './simyard.js'

const WATCHERS = 100
const FRAME_MS = 1000 / 30
const SETTLE_MS = 2000
const MEASURE_MS = 5000
const TICKS_PER_S = 100
const nothing = new Uint8Array(0)

/** A room whose simulator feeds a relay ten robots at 30 Hz, and who watches it there. */
export const relayWatch: Bench = {
  name: 'relay-watch',
  async run(tell) {
    const { frames, xml } = await driveTenRobots({ durationMs: 8000, frameMs: 32 })
    const relay = join(repositoryRoot, 'bench/relay/simyard_relay.mjs')
    const server: RunningServer = await startPythonServer(process.execPath, relay, {})
    const host = new FeedingHost(xml)
    let sent = 0
    let timer: NodeJS.Timeout | undefined
    try {
      const begunAt = Date.now()
      const code = await host.open(server.address)
      timer = setInterval(() => {
        const due = Math.floor((Date.now() - begunAt) / FRAME_MS)
        if (due <= sent) return
        sent = due
        const { updates } = frames[sent % frames.length]!
        const frame = { timeMs: Date.now() - begunAt, updates }
        host.feed.take({ type: 'frame', frame, full: false }, nothing)
      }, 2)
      await sleep(SETTLE_MS / 4)
      if (host.bytes > 0) throw new Error('the simulator sends although nobody watches')
      const { stream } = await watchRoom(server.address, code)
      const viewers = spawn(
        process.execPath,
        [join(repositoryRoot, 'bench/stream/viewers.mjs'), stream, String(WATCHERS), 'binary', String(begunAt)],
        { stdio: ['pipe', 'pipe', 'inherit'] },
      )
      const lines = createInterface({ input: viewers.stdout })[Symbol.asyncIterator]()
      if ((await lines.next()).value !== 'ready') throw new Error('the watchers did not open their streams')
      await sleep(SETTLE_MS)
      const before = { sent, bytes: host.bytes, ticks: cpuTicks(server.pid) }
      viewers.stdin.write('count\n')
      await sleep(MEASURE_MS)
      const count = sent - before.sent
      const up = host.bytes - before.bytes
      const cpuUs = ((cpuTicks(server.pid) - before.ticks) * 1e6) / TICKS_PER_S
      viewers.stdin.write('end\n')
      const down = JSON.parse(String((await lines.next()).value)) as { frames: number; bytes: number; p95: number }
      const of = `one room with ${WATCHERS} watchers at 30 Hz`
      tell({ name: `${of}, processor time of the relay`, value: cpuUs / count / 1000, unit: 'ms a frame' })
      tell({ name: `${of}, the same`, value: cpuUs / down.frames, unit: 'µs a frame and watcher' })
      tell({ name: `${of}, bytes from the simulator`, value: up / count, unit: 'bytes a frame' })
      tell({ name: `${of}, bytes to a watcher`, value: down.bytes / down.frames, unit: 'bytes a frame' })
      tell({ name: `${of}, arrived`, value: (100 * down.frames) / (count * WATCHERS), unit: '%' })
      tell({ name: `${of}, age p95 from the relay`, value: down.p95, unit: 'ms', bar: { atMost: 100 } })
    } finally {
      clearInterval(timer)
      host.close()
      server.kill()
      await server.exited
    }
  },
}

/** A simulator of frames that were computed before, with the feed and the connection of a tab. */
class FeedingHost {
  readonly feed: Feed = new Feed({ toSimulator: (message) => this.answer(message), now: () => performance.now() })
  /** What it has sent for watchers. */
  bytes = 0
  private room: HostedRoom | undefined

  constructor(private readonly xml: string) {
    const world = { world: 'worlds/ten-robots.wbt', title: '', info: [], robots: [], diagnostics: [] }
    this.feed.take({ type: 'loaded', ...world, basicTimeStepMs: 16, fps: 30 }, nothing)
  }

  /** Returns the room's code. */
  async open(address: string): Promise<string> {
    const access = await openRoom(address)
    const { feed } = this
    await new Promise<void>((resolve) => {
      this.room = new HostedRoom(
        {
          address,
          transports: ['websocket'],
          onCommand: () => undefined,
          onState: ({ state }) => {
            if (state === 'here') resolve()
          },
          feed: {
            offer: () => ({ host: 'tab', title: '', project: `${address}/p/`, assets: `${address}/a/` }),
            begin: (send) =>
              feed.begin((piece, taken) => {
                this.bytes += piece.length
                send(piece, taken)
              }),
            end: () => feed.end(),
            request: (message) => feed.request(message),
          },
        },
        access,
      )
      this.room.open()
    })
    return access.code
  }

  close(): void {
    this.room?.close()
  }

  private answer(message: ServerToSimulator): void {
    if (message.type !== 'export-scene') return
    this.feed.take({ type: 'scene', request: message.request }, new TextEncoder().encode(this.xml))
  }
}

function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}
