// Viewers of one stream in a process of their own: `viewers.mjs <address> <count> <binary|json> <start of the run>`.
// They begin to count when a line comes on standard input, and end, with figures as JSON, when another one comes.
import { createInterface } from 'node:readline'
import { Acknowledger } from '@simyard/frames'
import { WebSocket } from 'ws'

const [address, count, form, begunAt] = process.argv.slice(2)
const ages = []
let counting = false
let frames = 0
let bytes = 0

/** The head of a binary frame: its number, and the clock of the server, which next frames tell by difference. */
function readHead(data, viewer) {
  let at = 1
  const kind = data[at++] & 3
  const unsigned = () => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = data[at++]
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  const signed = () => {
    const value = unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
  const number = unsigned()
  if (kind === 1) unsigned()
  signed()
  if (kind !== 0) signed()
  viewer.next = kind === 0
  viewer.wallMs = (kind === 0 ? viewer.wallMs : 0) + signed()
  return number
}

const time = /^application\/json:\{"time":(\d+)/

function open() {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address)
    const viewer = { wallMs: 0, next: false }
    const acknowledger = new Acknowledger(
      (frame) => socket.send(`simyard:{"type":"ack","frame":${frame}}`),
      () => Date.now(),
      (ms, act) => setTimeout(act, ms),
    )
    socket.once('error', reject)
    socket.once('open', () => {
      if (form === 'binary') socket.send('simyard:{"type":"hello","frames":"binary"}')
      socket.send('x3d;broadcast')
    })
    socket.on('message', (data, isBinary) => {
      let shownMs
      if (isBinary) {
        const number = readHead(data, viewer)
        acknowledger.arrived({ number, next: viewer.next })
        shownMs = viewer.wallMs
      } else {
        const said = time.exec(data.subarray(0, 60).toString())
        if (!said) return
        shownMs = Number(begunAt) + Number(said[1])
      }
      resolve(socket)
      if (!counting) return
      frames++
      bytes += data.length
      ages.push(Date.now() - shownMs)
    })
  })
}

const sockets = []
for (let i = 0; i < Number(count); i += 50)
  sockets.push(...(await Promise.all(Array.from({ length: Math.min(50, Number(count) - i) }, open))))
process.stdout.write('ready\n')
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
await lines.next()
counting = true
await lines.next()
counting = false
ages.sort((a, b) => a - b)
const share = (p) => ages[Math.max(0, Math.ceil(p * ages.length) - 1)]
process.stdout.write(`${JSON.stringify({ frames, bytes, p50: share(0.5), p95: share(0.95), worst: share(1) })}\n`)
for (const socket of sockets) socket.terminate()
process.exit(0)
