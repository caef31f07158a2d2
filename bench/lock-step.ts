import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { repositoryRoot } from '@simyard/testkit'
import type { Bench } from './figure.js'

const SHORT_S = 6
const LONG_S = 46

/** The command line in fast mode: every 16 ms of the world go to the Python controller and back through its sandbox. */
export const lockStep: Bench = {
  name: 'lock-step',
  async run(tell) {
    const short = await runFor(SHORT_S)
    const long = await runFor(LONG_S)
    tell({ name: `simyard run, ${SHORT_S} s`, value: SHORT_S / short, unit: '× real time' })
    // The difference of both is free of the controller's start and of code that is not compiled yet.
    tell({ name: 'simyard run, going', value: (LONG_S - SHORT_S) / (long - short), unit: '× real time' })
    tell({ name: 'lock-step with Python', value: ((long - short) / (LONG_S - SHORT_S)) * 16, unit: 'ms a step' })
  },
}

/** Wall-clock seconds. */
async function runFor(seconds: number): Promise<number> {
  const child = spawn(
    process.execPath,
    [
      join(repositoryRoot, 'apps/simyard/bin/simyard.mjs'),
      'run',
      'projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt',
      '--seconds',
      String(seconds),
    ],
    { cwd: repositoryRoot, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  const code = await new Promise((resolve) => child.once('exit', resolve))
  const found = /s simulated in ([\d.]+) s/.exec(output)
  if (code !== 0 || !found) throw new Error(`simyard run ended with code ${code}:\n${output}`)
  return Number(found[1])
}
