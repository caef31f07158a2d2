import { availableParallelism } from 'node:os'
import { type OpenedSimulation, openSimulation } from '@simyard/testkit'
import type { Bench } from './figure.js'
import { sleep, withSimyard, worldUrl } from './simyard.js'

const COUNTS = [4, 8, 12, 16]
const SETTLE_MS = 2000
const MEASURE_MS = 5000
const KEEPS_UP = 0.95
const SPEED = 'simyard:{"type":"speed"'

/** How many worlds run in real time together, each with its Python controller in its sandbox. */
export const capacity: Bench = {
  name: 'capacity',
  async run(tell) {
    await withSimyard(['--max', String(Math.max(...COUNTS))], async ({ address }) => {
      let most = 0
      const opened: OpenedSimulation[] = []
      try {
        for (const count of COUNTS) {
          while (opened.length < count) {
            const simulation = await openSimulation(address, { start: { url: worldUrl(address) } }, [
              'simyard:hello',
              'x3d',
            ])
            opened.push(simulation)
            await simulation.stream.next((text) => text.startsWith('pause'), { timeoutMs: 30_000 })
            simulation.stream.send('real-time:-1')
          }
          await sleep(SETTLE_MS)
          const from = opened.map(({ stream }) => stream.received.length)
          await sleep(MEASURE_MS)
          const slowest = Math.min(...opened.map(({ stream }, i) => meanSpeed(stream.received.slice(from[i]))))
          tell({ name: `slowest of ${count} live worlds`, value: slowest, unit: '× real time' })
          if (slowest < KEEPS_UP) break
          most = count
        }
      } finally {
        for (const { client } of opened) client.close()
      }
      tell({ name: 'live worlds for each core', value: most / availableParallelism(), unit: '' })
    })
  },
}

function meanSpeed(texts: readonly string[]): number {
  const factors = texts
    .filter((text) => text.startsWith(SPEED))
    .map((text) => (JSON.parse(text.slice('simyard:'.length)) as { realTimeFactor: number }).realTimeFactor)
  // A world that did not even tell its speed stands still.
  return factors.length === 0 ? 0 : factors.reduce((sum, factor) => sum + factor, 0) / factors.length
}
