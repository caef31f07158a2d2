import { WebSocket } from 'ws'

/** A WebSocket as a list of texts that a test waits on; a client of Webots' words, nothing assumed about the server. */
export class TextSocket {
  readonly received: string[] = []
  closed: { code: number; reason: string } | undefined
  private readonly waiting = new Set<() => void>()

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => {
      this.received.push(String(data))
      this.wake()
    })
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
      this.wake()
    })
    socket.on('error', () => this.wake())
  }

  static open(url: string, headers: Record<string, string> = {}): Promise<TextSocket> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { headers })
      const text = new TextSocket(socket)
      socket.once('open', () => resolve(text))
      socket.once('error', reject)
    })
  }

  private wake(): void {
    for (const callback of this.waiting) callback()
  }

  send(text: string | Buffer): void {
    this.socket.send(text)
  }

  close(): void {
    this.socket.close()
  }

  /** The first message from `from` on that matches; rejects after a time with what came instead. */
  async next(matches: (text: string) => boolean, options: { from?: number; timeoutMs?: number } = {}): Promise<string> {
    const { from = 0, timeoutMs = 150_000 } = options
    const deadline = Date.now() + timeoutMs
    for (let next = from; ; ) {
      // Runs that are watched have thousands of them: each is looked at once.
      for (; next < this.received.length; next++) if (matches(this.received[next]!)) return this.received[next]!
      const left = deadline - Date.now()
      if (left <= 0 || this.closed) {
        const shown = this.received.slice(-12).map((text) => text.slice(0, 160))
        throw new Error(
          `no such message${this.closed ? `; closed with ${this.closed.code} ${this.closed.reason}` : ''}; the last were:\n${shown.join('\n')}`,
        )
      }
      await this.change(left)
    }
  }

  async untilClosed(timeoutMs = 60_000): Promise<{ code: number; reason: string }> {
    const deadline = Date.now() + timeoutMs
    while (!this.closed) {
      if (Date.now() > deadline) throw new Error('the socket stays open')
      await this.change(deadline - Date.now())
    }
    return this.closed
  }

  private change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.waiting.delete(done)
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(done, timeoutMs)
      this.waiting.add(done)
    })
  }
}

export interface OpenedSimulation {
  readonly client: TextSocket
  readonly stream: TextSocket
  /** `ws://…/2001`, as the server gave it. */
  readonly streamUrl: string
}

/** What a page does: asks for a server, starts a world, opens its stream. */
export async function openSimulation(
  address: string,
  start: unknown,
  firstWords: readonly string[] = ['x3d'],
): Promise<OpenedSimulation> {
  const server = await (await fetch(`${address}/session`)).text()
  if (!server.startsWith('ws')) throw new Error(`no simulation server: ${server}`)
  const client = await TextSocket.open(`${server}/client`)
  client.send(JSON.stringify(start))
  const ready = await client.next((text) => text.startsWith('webots:ws'))
  const streamUrl = ready.slice('webots:'.length)
  const stream = await TextSocket.open(`${streamUrl}/`)
  for (const word of firstWords) stream.send(word)
  return { client, stream, streamUrl }
}
