import { createServer } from 'node:net'

/** Those from here on the system gives to connections by itself, at any moment. */
const EPHEMERAL = 32_768
const LOWEST = 10_000

/**
 * The first of so many ports in a row that nobody has. For programs that count their ports from a given one, and those
 * that must know it beforehand; others are given 0.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const first = LOWEST + Math.floor(Math.random() * (EPHEMERAL - LOWEST - count))
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)))
    if (!free.includes(false)) return first
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, () => probe.close(() => resolve(true)))
  })
}
