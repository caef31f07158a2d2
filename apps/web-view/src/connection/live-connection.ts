import type { AssetBase } from '../scene/asset-url.js'
import { type Failure, parseStreamMessage, type StreamMessage } from './message.js'
import { ConnectionFailure, comeBack, type Progress, type Seat, takeSeat } from './session.js'
import { SocketStream, type Stream } from './stream.js'
import type { TabSimulationOptions, TabStream } from './tab-stream.js'

/** Where a simulation runs: found by a session server, known already, or in this page. */
export type LiveTarget =
  | { readonly kind: 'server'; readonly url: string }
  | { readonly kind: 'stream'; readonly url: string }
  | { readonly kind: 'tab'; readonly options: TabSimulationOptions }

export interface LiveHandlers {
  /** Everything that the stream says, as it comes. */
  onData(data: string | ArrayBuffer): void
  /** A stream shows the scene: the first one, or another one after a loss. */
  onOpen(): void
  onMessage(message: StreamMessage): void
  onProgress(progress: Progress): void
  /** The stream was lost and is tried again. */
  onReconnecting(attempt: number): void
  onReconnected(): void
  /** Nothing more will come. `step`: what was under way when it failed. */
  onLost(failure: Failure, step: Progress['step'] | undefined): void
}

/** As long as the simulator lives, its stream is sought again: at first at once, then ever more slowly. */
const RETRY_MS = [250, 500, 1000, 2000, 4000]
const GIVE_UP_AFTER_MS = 60_000
/** The connection ended without a word. */
const BROKEN = 1006
/** Three times as long as the server is ever silent. */
const SILENCE_MS = 16_000

/** One simulation from the first question for a seat to its end, over lines that break. */
export class LiveConnection {
  private stream: Stream | undefined
  private tabStream: TabStream | undefined
  private seat: Seat | undefined
  private readonly ended = new AbortController()
  private lostAt: number | undefined
  private attempts = 0
  private sceneSeen = false
  private clientSocket: WebSocket | undefined
  private heardAt = 0
  private listening: ReturnType<typeof setInterval> | undefined
  private retry: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly target: LiveTarget,
    private readonly handlers: LiveHandlers,
    private readonly broadcast: boolean,
  ) {}

  get assetBase(): AssetBase {
    return this.stream?.assetBase ?? location.href
  }

  get tab(): TabStream | undefined {
    return this.tabStream
  }

  /** Resolves when the stream is open or the start has failed. */
  async open(): Promise<void> {
    const { target } = this
    if (target.kind === 'tab') return this.openTab(target.options)
    if (target.kind === 'stream') return this.openStream(target.url)
    try {
      const seat = await takeSeat(target.url, (progress) => this.handlers.onProgress(progress), this.ended.signal)
      if (this.ended.signal.aborted) return seat.socket.close()
      this.seat = seat
      this.hold(seat.socket)
      this.openStream(seat.streamUrl)
    } catch (error) {
      if (this.ended.signal.aborted) return
      if (error instanceof ConnectionFailure) this.fail(error.failure, error.step)
      else this.fail({ code: 'INTERNAL', message: String(error) }, 'seat')
    }
  }

  send(text: string): void {
    this.stream?.send(text)
  }

  /** Ends both conversations; the server then ends the simulation. */
  close(): void {
    this.ended.abort()
    clearTimeout(this.retry)
    this.stream?.close()
    this.stream = undefined
    clearInterval(this.listening)
    this.clientSocket?.close()
    this.clientSocket = undefined
  }

  private async openTab(options: TabSimulationOptions): Promise<void> {
    this.handlers.onProgress({ step: 'world', state: 'active' })
    // Whoever looks at servers only need not load what simulates here.
    const { TabStream: Tab } = await import('./tab-stream.js')
    if (this.ended.signal.aborted) return
    this.tabStream = new Tab(options, {
      onData: (data) => this.handlers.onData(data),
      onMessage: (message) => this.receive(message),
      onClose: () => this.lost(),
    })
    this.stream = this.tabStream
  }

  /** The simulation lives as long as this socket, or until it is not come back to. */
  private hold(socket: WebSocket): void {
    this.clientSocket = socket
    socket.addEventListener('message', ({ data }) => {
      this.heardAt = performance.now()
      this.receiveFromServer(String(data))
    })
    socket.addEventListener('close', ({ code }) => {
      if (socket === this.clientSocket) void this.onClientClosed(code)
    })
    if (!this.seat?.ticket) return
    this.heardAt = performance.now()
    clearInterval(this.listening)
    // A line can die without a word; this server says something every few seconds.
    this.listening = setInterval(() => {
      if (performance.now() - this.heardAt < SILENCE_MS) return
      clearInterval(this.listening)
      void this.onClientClosed(BROKEN)
    }, SILENCE_MS / 4)
  }

  private async onClientClosed(code: number): Promise<void> {
    clearInterval(this.listening)
    this.clientSocket = undefined
    const ticket = this.seat?.ticket
    if (this.ended.signal.aborted) return
    if (!ticket || code !== BROKEN || !this.sceneSeen) return this.lost()
    this.handlers.onReconnecting(++this.attempts)
    const until = performance.now() + ticket.graceSeconds * 1000
    for (let attempt = 0; performance.now() < until; attempt++) {
      try {
        const socket = await comeBack(ticket)
        if (this.ended.signal.aborted) return socket.close()
        this.hold(socket)
        if (this.lostAt === undefined) this.handlers.onReconnected()
        return
      } catch (error) {
        if (this.ended.signal.aborted) return
        if (error instanceof ConnectionFailure) break
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length - 1)]))
    }
    this.lost()
  }

  private openStream(url: string): void {
    if (!this.sceneSeen) this.handlers.onProgress({ step: 'world', state: 'active' })
    this.stream = new SocketStream(
      url,
      {
        onData: (data) => this.handlers.onData(data),
        onMessage: (message) => this.receive(message),
        onClose: (clean) => this.onStreamClosed(url, clean),
      },
      this.broadcast,
    )
  }

  private receive(message: StreamMessage): void {
    if (this.ended.signal.aborted) return
    // Whose simulation it is hears it from the server itself.
    if (message.type === 'event' && message.event.type === 'ended' && !this.seat)
      return this.fail(message.event.error, this.sceneSeen ? undefined : 'world')
    if (message.type === 'model') {
      this.handlers.onOpen()
      this.sceneSeen = true
      if (this.lostAt !== undefined) this.handlers.onReconnected()
      this.lostAt = undefined
      this.attempts = 0
    }
    this.handlers.onMessage(message)
  }

  private onStreamClosed(url: string, clean: boolean): void {
    this.stream = undefined
    if (this.ended.signal.aborted) return
    if (clean || !this.sceneSeen) return this.lost()
    const now = performance.now()
    this.lostAt ??= now
    if (now - this.lostAt > GIVE_UP_AFTER_MS) return this.lost()
    const wait = RETRY_MS[Math.min(this.attempts++, RETRY_MS.length - 1)]!
    this.handlers.onReconnecting(this.attempts)
    this.retry = setTimeout(() => this.openStream(url), wait)
  }

  /** Why a world does not load is told here too, and here first: the stream may end without a word. */
  private receiveFromServer(text: string): void {
    if (this.sceneSeen || !text.startsWith('simyard:')) return
    for (const message of parseStreamMessage(text)) {
      if (message.type !== 'event') continue
      if (message.event.type === 'error' || message.event.type === 'step') this.receive(message)
    }
  }

  private lost(): void {
    if (this.ended.signal.aborted) return
    const message = this.sceneSeen
      ? 'The simulation ended or the connection to it was lost. Starting again begins a new simulation.'
      : 'The connection to the simulator was lost before the world was there.'
    this.fail({ code: 'VIEW_DISCONNECTED', message }, this.sceneSeen ? undefined : 'world')
  }

  private fail(failure: Failure, step: Progress['step'] | undefined): void {
    this.close()
    this.handlers.onLost(failure, step)
  }
}
