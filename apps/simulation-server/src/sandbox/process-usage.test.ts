import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { measureUsage } from './process-usage.js'

const problem = existsSync('/proc/self/stat') ? undefined : 'this machine has no /proc'

/** A process that holds 60 MiB and a child that computes for half a second, then both wait. */
const CHILD = `
const used = () => process.cpuUsage().user + process.cpuUsage().system
while (used() < 5e5);
console.log('done')
setTimeout(() => {}, 60000)
`
const FAMILY = `
const { spawn } = require('node:child_process')
const held = Buffer.alloc(60 * 1024 * 1024, 1)
const child = spawn(process.execPath, ['-e', ${JSON.stringify(CHILD)}], { stdio: ['ignore', 'inherit', 'inherit'] })
process.once('SIGTERM', () => { child.kill('SIGKILL'); process.exit(held.length === 0 ? 1 : 0) })
`

describe.skipIf(problem !== undefined)(`usage of processes${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test('counts processor time and memory of the whole family', async () => {
    const root = spawn(process.execPath, ['-e', FAMILY], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      const lines = createInterface({ input: root.stdout })
      await new Promise((resolve) => lines.once('line', resolve))
      const usage = measureUsage([root.pid!]).get(root.pid!)!
      expect(usage.processes).toBe(2)
      expect(usage.residentMiB).toBeGreaterThan(60)
      expect(usage.residentMiB).toBeLessThan(400)
      expect(usage.cpuSeconds).toBeGreaterThanOrEqual(0.5)
      expect(usage.cpuSeconds).toBeLessThan(5)
    } finally {
      root.kill('SIGTERM')
    }
  })

  test('a process that is not there is not in the answer', () => {
    expect(measureUsage([2 ** 30, process.pid]).has(2 ** 30)).toBe(false)
    expect(measureUsage([process.pid]).get(process.pid)?.residentMiB).toBeGreaterThan(10)
  })

  test('fifty programs are measured within a fiftieth of a second of processor time', () => {
    const roots = Array.from({ length: 50 }, () => process.pid)
    measureUsage(roots)
    const before = process.cpuUsage()
    for (let i = 0; i < 10; i++) measureUsage(roots)
    const { user, system } = process.cpuUsage(before)
    expect((user + system) / 10).toBeLessThan(20_000)
  })
})
