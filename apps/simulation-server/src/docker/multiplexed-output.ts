import { PassThrough, type Readable } from 'node:stream'

const HEADER_BYTES = 8
const STDERR = 2

/**
 * Takes the two outputs of a container apart. The Engine sends them on one connection in pieces: one byte for the
 * stream (1 stdout, 2 stderr), three of zero, the length as uint32 big-endian, the bytes. Who reads slowly is waited for.
 */
export function splitOutput(source: Readable, head: Uint8Array = new Uint8Array(0)) {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  let pending: Buffer = Buffer.from(head)
  let target: PassThrough | undefined
  let left = 0
  let waiting = false
  const take = () => {
    for (;;) {
      if (left === 0) {
        if (pending.length < HEADER_BYTES) return
        target = pending[0] === STDERR ? stderr : stdout
        left = pending.readUInt32BE(4)
        pending = pending.subarray(HEADER_BYTES)
        if (left === 0) continue
      }
      if (pending.length === 0) return
      const part = pending.subarray(0, left)
      left -= part.length
      pending = pending.subarray(part.length)
      if (target?.write(part) === false && !waiting) {
        waiting = true
        source.pause()
        target.once('drain', () => {
          waiting = false
          source.resume()
        })
      }
    }
  }
  const end = () => {
    stdout.end()
    stderr.end()
  }
  source.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    take()
  })
  source.once('end', end)
  source.once('close', end)
  // The connection to the Engine broke; what the container did is told by waiting for it.
  source.on('error', end)
  take()
  return { stdout, stderr }
}
