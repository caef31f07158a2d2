import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { type RunningServer, startGitHost, startServer, TextSocket } from '@simyard/testkit'
import { type Bench, percentile } from './figure.js'
import { sleep } from './simyard.js'

const VISITORS = 8
/** A project comes in two steps, its commit and its files: together two seconds. */
const STEP_MS = 1000
const ASK_INTERVAL_MS = 10

const WORLD = `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep 16 }
Viewpoint { }
Robot { name "r" controller "<none>" }
`

/** Visitors at the same moment, each with a repository of its own whose clone takes two seconds. */
export const projectStart: Bench = {
  name: 'project-start',
  async run(tell) {
    const git = await startGitHost()
    const names = Array.from({ length: VISITORS + 1 }, (_, index) => `bench/robots${index}`)
    for (const name of names) git.commit(name, { 'worlds/w.wbt': WORLD })
    git.delayMs = STEP_MS
    const server = await startServer('simulation-server', {
      port: 0,
      server: '127.0.0.1',
      maxConnections: VISITORS,
      warmSimulators: 2,
      allowedRepositories: ['https://github.com/bench'],
      repositoryMirror: git.address,
    })
    try {
      await untilWarm(server)
      const asker = askForLoad(server.port)
      await sleep(2000)
      tell({ name: '/load while nobody starts, p99', value: percentile(await asker.stop(), 0.99), unit: 'ms' })
      const alone = await start(server, names.slice(0, 1))
      tell({ name: 'a clone of 2 s, one visitor, ready', value: alone.lastMs, unit: 'ms' })
      await untilWarm(server)
      const all = await start(server, names.slice(1))
      tell({
        name: `clones of 2 s, ${VISITORS} visitors at once, last ready`,
        value: all.lastMs,
        unit: 'ms',
        bar: { atMost: 4000 },
      })
      tell({ name: '/load meanwhile, median', value: percentile(all.loadMs, 0.5), unit: 'ms' })
      tell({ name: '/load meanwhile, p99', value: percentile(all.loadMs, 0.99), unit: 'ms', bar: { atMost: 20 } })
      tell({ name: '/load meanwhile, longest', value: Math.max(...all.loadMs), unit: 'ms' })
    } finally {
      await server.stop()
      await git.close()
    }
  },
}

/** From `start` to the last address of a stream, with the times of /load answers in between. */
async function start(server: RunningServer, names: readonly string[]): Promise<{ lastMs: number; loadMs: number[] }> {
  const sockets = await Promise.all(names.map(() => TextSocket.open(`ws://127.0.0.1:${server.port}/client`)))
  const asker = askForLoad(server.port)
  try {
    const startedAt = performance.now()
    for (const [index, socket] of sockets.entries()) {
      const url = `https://github.com/${names[index]}/blob/main/worlds/w.wbt`
      socket.send(JSON.stringify({ start: { url } }))
    }
    await Promise.all(
      sockets.map((socket) => socket.next((text) => text.startsWith('webots:ws'), { timeoutMs: 60_000 })),
    )
    const lastMs = performance.now() - startedAt
    return { lastMs, loadMs: await asker.stop() }
  } finally {
    await asker.stop()
    for (const socket of sockets) socket.close()
    await Promise.all(sockets.map((socket) => socket.untilClosed().catch(() => undefined)))
  }
}

/** Asks again and again, in a process of its own: this one starts git for the repositories and would measure itself. */
function askForLoad(port: number): { stop(): Promise<number[]> } {
  const script = `
    const times = []
    const ask = async () => {
      const askedAt = performance.now()
      await (await fetch('http://127.0.0.1:${port}/load')).text()
      times.push(performance.now() - askedAt)
      setTimeout(ask, ${ASK_INTERVAL_MS})
    }
    process.stdin.once('data', () => process.stdout.write(JSON.stringify(times), () => process.exit()))
    await ask()
  `
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  let stopped: Promise<number[]> | undefined
  return {
    stop: () => {
      stopped ??= text(child.stdout).then((times) => JSON.parse(times) as number[])
      child.stdin.end('end')
      return stopped
    },
  }
}

async function untilWarm(server: RunningServer): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const status = await fetch(`http://127.0.0.1:${server.port}/status`)
    const { warm } = (await status.json()) as { warm: { ready: number; size: number } }
    if (warm.ready >= warm.size) return sleep(200).then(() => undefined)
    if (Date.now() > deadline) throw new Error('the warm pool does not fill')
    await sleep(50)
  }
}
