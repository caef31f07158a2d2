import { Acknowledger, type DecodedFrame, FrameDecoder } from '@simyard/frames'
import { WebSocket } from 'ws'

export interface SeenFrame {
  readonly atMs: number
  readonly wallMs: number
  readonly timeMs: number
}

/** A page of ours without a picture: asks for binary frames, acknowledges them, and notes when each was there. */
export class FrameViewer {
  readonly frames: SeenFrame[] = []
  readonly texts: string[] = []
  bytes = 0
  newest: DecodedFrame | undefined
  closed: string | undefined
  private readonly decoder = new FrameDecoder()
  private readonly acknowledger = new Acknowledger(
    (frame) => this.socket.send(`simyard:{"type":"ack","frame":${frame}}`),
    () => Date.now(),
    (ms, act) => setTimeout(act, ms),
  )
  private readonly waiting = new Set<() => void>()

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data: Buffer, isBinary) => {
      this.bytes += data.length
      if (isBinary) this.receive(data)
      else this.texts.push(String(data))
      for (const wake of this.waiting) wake()
    })
    socket.on('close', (code, reason) => {
      this.closed = `${code} ${String(reason)}`
      for (const wake of this.waiting) wake()
    })
  }

  static open(url: string): Promise<FrameViewer> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url)
      const viewer = new FrameViewer(socket)
      socket.once('error', reject)
      socket.once('open', () => {
        socket.send('simyard:{"type":"hello","frames":"binary"}')
        socket.send('x3d;broadcast')
        resolve(viewer)
      })
    })
  }

  private receive(data: Buffer): void {
    // Other bytes than frames are none of its business.
    if (data[0] !== 1) return
    this.newest = this.decoder.decode(data)
    const { wallMs, frame } = this.newest
    this.frames.push({ atMs: Date.now(), wallMs, timeMs: frame.timeMs })
    this.acknowledger.arrived(this.newest)
  }

  async until(isSo: (viewer: this) => boolean, timeoutMs = 60_000): Promise<void> {
    const deadline = Date.now() + timeoutMs
    while (!isSo(this)) {
      if (this.closed !== undefined) throw new Error(`the stream closed: ${this.closed}`)
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`it did not happen within ${timeoutMs} ms`)
      await new Promise<void>((resolve) => {
        const done = () => {
          this.waiting.delete(done)
          clearTimeout(timer)
          resolve()
        }
        const timer = setTimeout(done, left)
        this.waiting.add(done)
      })
    }
  }

  /**
   * How old the picture was at its oldest, for states between two moments: from when the server had a state until this
   * viewer showed it or a newer one. `states`: the frames of somebody who got them all.
   */
  worstAgeMs(states: readonly SeenFrame[], fromMs: number, toMs: number): number {
    let worst = 0
    let at = 0
    for (const { wallMs } of states) {
      if (wallMs < fromMs || wallMs > toMs) continue
      while (at < this.frames.length && this.frames[at]!.wallMs < wallMs) at++
      worst = Math.max(worst, (this.frames[at]?.atMs ?? Date.now()) - wallMs)
    }
    return worst
  }

  close(): void {
    this.socket.close()
  }
}
