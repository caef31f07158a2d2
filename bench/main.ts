import { appendFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { repositoryRoot } from '@simyard/testkit'
import { capacity } from './capacity.js'
import { clients } from './clients.js'
import { type Figure, ratioToBar, tableOf } from './figure.js'
import { firstFrame } from './first-frame.js'
import { lockStep } from './lock-step.js'
import { physics } from './physics.js'
import { projectStart } from './project-start.js'
import { recording } from './recording.js'
import { relay } from './relay.js'
import { relayWatch } from './relay-watch.js'
import { sessionServer } from './session-server.js'
import { stream } from './stream.js'
import { view } from './view.js'

const benches = [
  physics,
  clients,
  projectStart,
  firstFrame,
  view,
  lockStep,
  capacity,
  sessionServer,
  relay,
  relayWatch,
  recording,
  stream,
]
const names = benches.map(({ name }) => name)

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } })
const wanted = values.only?.flatMap((text) => text.split(',')) ?? names
const unknown = wanted.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`There is no bench ${unknown.join(', ')}; there are ${names.join(', ')}.\n`)
  process.exit(1)
}

const loadBefore = Number(loadavg()[0]?.toFixed(2))
const figures: Figure[] = []
const failures: Record<string, string> = {}
for (const { name, run } of benches.filter((bench) => wanted.includes(bench.name))) {
  process.stderr.write(`• ${name} … `)
  const startedAt = Date.now()
  try {
    await run((figure) => figures.push(figure))
    process.stderr.write(`done (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`)
  } catch (error) {
    failures[name] = error instanceof Error ? error.message : String(error)
    process.stderr.write(`FAILED: ${failures[name]}\n`)
  }
}

const machine = {
  processor: cpus()[0]?.model ?? 'unknown',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  node: process.version,
  /** What else this machine was doing: figures of a run that began with a load are not the machine's. */
  loadBefore,
}
process.stdout.write(
  `\n${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}; load before the run ${loadBefore}\n\n`,
)
process.stdout.write(`${tableOf(figures)}\n`)
appendFileSync(
  join(repositoryRoot, 'bench/history.jsonl'),
  `${JSON.stringify({
    date: new Date().toISOString(),
    machine,
    figures: figures.map((figure) => ({ ...figure, ratio: ratioToBar(figure) })),
    failures,
  })}\n`,
)
// A figure below its bar is told, not a failure: the machine may be busy or small.
process.exit(Object.keys(failures).length === 0 ? 0 : 1)
