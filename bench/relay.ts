import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RunningServer, repositoryRoot, startPythonServer } from '@simyard/testkit'
import { type Bench, percentile } from './figure.js'

const ROOMS = 50
const IN_FLIGHT = 4
const SECONDS = 4
const RUNS = 3
const HZ = 30
const PYTHON = '/usr/bin/python3'
const here = join(repositoryRoot, 'bench/relay')

interface Plan {
  readonly rooms: number
  readonly programs?: number
  readonly inFlight?: number
  readonly seconds?: number
  readonly hz?: number
}

type Kind = 'simyard' | 'flask'

interface Closed {
  readonly perSecond: number
  readonly cpuUs: number
  readonly generatorShare: number
}

/** Programs that ask and simulators that answer through the relay, and through one like the original's. */
export const relay: Bench = {
  name: 'relay',
  async run(tell) {
    const plan = { rooms: ROOMS, inFlight: IN_FLIGHT, seconds: SECONDS }
    const ours: Closed[] = []
    const theirs: Closed[] = []
    const hasPeer = existsSync('/usr/lib/python3/dist-packages/flask_socketio/__init__.py')
    // One after the other in turns, so that what else the machine does falls on both.
    for (let run = 0; run < RUNS; run++) {
      ours.push(await measure<Closed>('simyard', plan))
      if (hasPeer) theirs.push(await measure<Closed>('flask', plan))
    }
    const own = ours.map(({ perSecond }) => perSecond)
    const rate = percentile(own, 0.5)
    const of = `${ROOMS} rooms, ${IN_FLIGHT} questions at once in each`
    tell({ name: `round trips, ${of}, median of ${RUNS}`, value: rate, unit: '/s', bar: { atLeast: 30_000 } })
    const cpuUs = percentile(
      ours.map((one) => one.cpuUs),
      0.5,
    )
    tell({ name: 'processor time of a round trip', value: cpuUs, unit: 'µs', bar: { atMost: 30 } })
    const busy = Math.max(...ours.map(({ generatorShare }) => generatorShare)) * 100
    tell({ name: 'load generator, busy', value: busy, unit: '%' })
    if (theirs.length > 0) {
      const peer = theirs.map(({ perSecond }) => perSecond)
      tell({ name: 'Flask-SocketIO on eventlet, the same', value: percentile(peer, 0.5), unit: '/s' })
      const least = Math.min(...own.map((perSecond, run) => perSecond / peer[run]!))
      tell({ name: 'times as many, in the worst pair', value: least, unit: '×', bar: { atLeast: 15 } })
    } else {
      throw new Error('there is no Flask-SocketIO to compare with; run npm run setup')
    }
    const paced = { rooms: 1, hz: HZ, seconds: 10 }
    for (const kind of ['simyard', 'flask'] as const) {
      const { times } = await measure<{ times: number[] }>(kind, paced)
      const who = kind === 'simyard' ? 'one room' : 'Flask-SocketIO, one room'
      const bars = kind === 'simyard' ? [{ bar: { atMost: 1 } }, { bar: { atMost: 5 } }] : [{}, {}]
      tell({ name: `${who} at ${HZ} Hz, median`, value: percentile(times, 0.5), unit: 'ms', ...bars[0] })
      tell({ name: `${who} at ${HZ} Hz, p99`, value: percentile(times, 0.99), unit: 'ms', ...bars[1] })
    }
    const idle = await measure<{ kiB: number; connections: number }>('simyard', { rooms: 500, programs: 3 })
    tell({
      name: `memory of a connection, ${idle.connections} of them`,
      value: idle.kiB,
      unit: 'KiB',
      bar: { atMost: 30 },
    })
  },
}

async function measure<Result>(kind: Kind, plan: Plan): Promise<Result> {
  const [program, file] = kind === 'simyard' ? [process.execPath, 'simyard_relay.mjs'] : [PYTHON, 'flask_relay.py']
  const server: RunningServer = await startPythonServer(program, join(here, file), {})
  try {
    const text = JSON.stringify({ ...plan, kind, address: server.address, serverPid: server.pid })
    const load = [join(here, 'load.mjs'), text]
    const { stdout } = await promisify(execFile)(process.execPath, load, { timeout: 120_000, maxBuffer: 1 << 26 })
    return JSON.parse(stdout) as Result
  } finally {
    server.kill()
    await server.exited
  }
}
