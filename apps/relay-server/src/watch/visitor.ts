import { randomUUID } from 'node:crypto'
import type { Duplex } from 'node:stream'
import { decodeStreamRequest, type ErrorReport, type StreamDialect, streamMessage } from '@simyard/protocol'
import { MemberLimit } from '@simyard/rooms'
import { streamSocket } from '@simyard/service-host'
import type { WebSocket } from 'ws'
import type { RoomStream } from './room-stream.js'

/** A page says few words before it is let in. */
const MOST_HELD = 32
/** Who is refused and says nothing is not waited for. */
const SILENT_MS = 5000
/** Acknowledgements are the most that a viewer says: each frame's, where its line is full. */
const LIMITS = { messagesPerSecond: 200, messageBurst: 1000, bytesPerSecond: 50_000, byteBurst: 500_000 }

/** Somebody who wants to watch a room, from the door on. */
export class Visitor {
  readonly id = `watcher-${randomUUID()}`
  private readonly link: ReturnType<typeof streamSocket>
  private readonly held: string[] = []
  private readonly limit = new MemberLimit(LIMITS)
  private viewer: ReturnType<RoomStream['attach']> | undefined
  private refusal: ErrorReport | undefined
  /** It speaks the words of our own pages. */
  private own = false
  private subscribed = false
  private waitsFor: string | undefined
  private askedMs = Number.NEGATIVE_INFINITY
  private answered = true

  constructor(
    private readonly webSocket: WebSocket,
    connection: Duplex,
    private readonly dialect: StreamDialect | undefined,
  ) {
    this.link = streamSocket(webSocket, connection)
    webSocket.on('message', (data, isBinary) => this.receive(isBinary ? '' : String(data)))
    webSocket.on('pong', () => {
      this.answered = true
    })
  }

  /** Called once, however it went. */
  onLeave(leave: () => void): void {
    const once = () => {
      this.viewer?.detach()
      this.viewer = undefined
      leave()
    }
    this.webSocket.once('close', once)
    // A message over the limit or a broken frame: ws closes the socket with the right code by itself.
    this.webSocket.on('error', () => undefined)
  }

  /** To be called about every second: a line that died without a word must not keep a place. */
  look(nowMs: number, { intervalMs, timeoutMs }: { readonly intervalMs: number; readonly timeoutMs: number }): void {
    const sinceMs = nowMs - this.askedMs
    if (!this.answered) {
      if (sinceMs >= timeoutMs) this.webSocket.terminate()
      return
    }
    if (sinceMs < intervalMs) return
    this.askedMs = nowMs
    this.answered = false
    this.webSocket.ping()
  }

  /** Something is between it and the picture, for the page to show. */
  wait(text: string | undefined): void {
    this.waitsFor = text
    if (text === undefined) return
    if (this.subscribed) this.link.send(streamMessage.loading(text, 0))
  }

  enter(stream: RoomStream): void {
    this.viewer = stream.attach(this.link, this.dialect)
    for (const text of this.held.splice(0)) this.viewer.receive(text)
  }

  /** It is told in its own words, as soon as it has said which these are. Only the first reason counts. */
  refuse(refusal: ErrorReport): void {
    if (this.refusal) return
    this.refusal = refusal
    this.viewer?.detach()
    this.viewer = undefined
    if (this.subscribed) return this.tellRefusal(refusal)
    const silent = setTimeout(() => this.tellRefusal(refusal), SILENT_MS)
    silent.unref()
    this.webSocket.once('close', () => clearTimeout(silent))
  }

  private receive(text: string): void {
    const verdict = this.limit.take(text.length, performance.now())
    if (verdict === 'cut') this.webSocket.close(1008, 'RATE_LIMITED')
    if (verdict !== 'pass') return
    const first = !this.subscribed
    if (first) this.note(text)
    if (this.refusal) {
      if (this.subscribed) this.tellRefusal(this.refusal)
      return
    }
    if (this.viewer) this.viewer.receive(text)
    else if (this.held.length < MOST_HELD) this.held.push(text)
    if (first && this.subscribed && this.waitsFor !== undefined) this.wait(this.waitsFor)
  }

  /** By its first words one knows in which it is to be answered. */
  private note(text: string): void {
    const type = decodeStreamRequest(text)?.type
    if (type === 'hello') this.own = true
    if (type === 'subscribe') this.subscribed = true
  }

  private tellRefusal(error: ErrorReport): void {
    if (this.own) this.link.send(streamMessage.own({ type: 'ended', error }))
    else if (this.subscribed) this.link.send(streamMessage.console('stderr', error.message))
    this.link.close(1001, error.code)
  }
}
