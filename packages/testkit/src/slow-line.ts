import { connect, createServer, type Server, type Socket } from 'node:net'

export interface LineQuality {
  /** Of what goes to the viewer. */
  readonly bitsPerSecond: number
  /** Of what goes to the viewer; what comes from it is not delayed, as with a delay set at the server's door. */
  readonly delayMs: number
  /** Share of packets that are lost. TCP sends them again: everything after a lost one waits for it. */
  readonly loss: number
  /** Where the losses fall; the same for the same seed. */
  readonly seed?: number
}

const PACKET_BYTES = 1448
/** A router's queue before the slow part. When it is full, nothing more is taken from the server. */
const QUEUE_BYTES = 16 * 1024
const TICK_MS = 2

/**
 * A TCP proxy that is a bad line: packets leave one after the other at the line's rate, arrive later, in order, and a lost
 * one holds up those behind it for a round trip. Its queue is bounded, so that the server's own socket fills up.
 */
export class SlowLine {
  private readonly sockets = new Set<Socket>()
  private readonly timers = new Set<NodeJS.Timeout>()

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  /** Packets that were lost so far. */
  lost = 0

  static async open(target: { readonly host: string; readonly port: number }, quality: LineQuality): Promise<SlowLine> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the slow line has no port')
    const line = new SlowLine(server, address.port)
    let seed = quality.seed ?? 1
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0
      return seed / 2 ** 32
    }
    server.on('connection', (viewer) => line.carry(viewer, connect(target), quality, random))
    return line
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.server.close(resolve))
  }

  private carry(viewer: Socket, server: Socket, quality: LineQuality, random: () => number): void {
    const { bitsPerSecond, delayMs, loss } = quality
    const queue: { bytes: Buffer; arrivesAt: number }[] = []
    let queuedBytes = 0
    let freeAt = 0
    let lastArrival = 0
    for (const socket of [viewer, server]) {
      this.sockets.add(socket)
      socket.setNoDelay(true)
      socket.on('error', () => undefined)
    }
    server.on('data', (chunk: Buffer) => {
      const now = performance.now()
      for (let at = 0; at < chunk.length; at += PACKET_BYTES) {
        const bytes = chunk.subarray(at, at + PACKET_BYTES)
        const sendMs = (bytes.length * 8000) / bitsPerSecond
        freeAt = Math.max(freeAt, now) + sendMs
        let arrivesAt = freeAt + delayMs
        // Seen as missing a round trip later, then sent once more; that one may be lost as well.
        while (random() < loss) {
          this.lost++
          freeAt += sendMs
          arrivesAt += delayMs
        }
        lastArrival = Math.max(lastArrival, arrivesAt)
        queue.push({ bytes, arrivesAt: lastArrival })
        queuedBytes += bytes.length
      }
      if (queuedBytes > QUEUE_BYTES) server.pause()
    })
    viewer.pipe(server)
    let ended = false
    const timer = setInterval(() => {
      const now = performance.now()
      while (queue[0] && queue[0].arrivesAt <= now) {
        const { bytes } = queue.shift()!
        queuedBytes -= bytes.length
        viewer.write(bytes)
      }
      if (queuedBytes <= QUEUE_BYTES / 2 && server.isPaused()) server.resume()
      if (ended && queue.length === 0) viewer.end()
    }, TICK_MS)
    this.timers.add(timer)
    server.on('end', () => {
      ended = true
    })
    const over = () => {
      clearInterval(timer)
      this.timers.delete(timer)
      for (const socket of [viewer, server]) {
        this.sockets.delete(socket)
        socket.destroy()
      }
    }
    viewer.on('close', over)
  }
}
