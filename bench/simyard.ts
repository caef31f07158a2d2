import { type RunningSimyard, startSimyard } from '@simyard/testkit'

/** What visitors meet; tests are spared both. */
const AS_FOR_VISITORS = ['--warm', '2', '--self-test-delay', '30']

/** Runs with a whole Simyard on a port of its own, and ends it. */
export async function withSimyard<T>(
  args: readonly string[],
  use: (simyard: RunningSimyard) => Promise<T>,
): Promise<T> {
  const simyard = await startSimyard(['--quiet', ...AS_FOR_VISITORS, ...args])
  try {
    return await use(simyard)
  } finally {
    await simyard.stop()
  }
}

export const worldUrl = (address: string) => `${address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`

export const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** Until every simulator of the warm pool is there again, and the machine has settled. */
export async function untilWarm(address: string): Promise<void> {
  const deadline = Date.now() + 20_000
  for (;;) {
    const status = (await (await fetch(`${address}/2000/status`)).json()) as { warm: { ready: number; size: number } }
    if (status.warm.ready >= status.warm.size) return sleep(100).then(() => undefined)
    if (Date.now() > deadline) throw new Error('the warm pool does not fill')
    await sleep(50)
  }
}
