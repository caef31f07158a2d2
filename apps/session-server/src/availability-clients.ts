import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Availability } from '@simyard/fleet'
import { sessionText } from '@simyard/protocol'
import { type Logger, refuseUpgrade } from '@simyard/service-host'
import { type WebSocket, WebSocketServer } from 'ws'

/** Longer messages end the connection: clients have nothing to say here. */
const MAX_MESSAGE_BYTES = 1024
/** Messages of one client that are logged. */
const LOGGED_MESSAGES = 5
/** A client that has not read so much is given up: news that nobody reads must not take memory. */
const MAX_BACKLOG_BYTES = 1024
/** After so long without a word the kernel looks whether the client is still there. */
const KEEP_ALIVE_MS = 60_000

/** Whole WebSocket frames: each is made once and the same bytes are written to every client. */
const frames = { true: textFrame(sessionText.available), false: textFrame(sessionText.unavailable) }

interface Client {
  readonly socket: Duplex
  readonly host: string
  logged: number
}

/** Pages that want to know whether there is a free server: `1` or `0` at once, then when it changes. */
export class AvailabilityClients {
  private readonly upgrader = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  })
  private readonly clients = new Map<WebSocket, Client>()
  private readonly availability = new Availability()

  constructor(private readonly log: Logger) {}

  get count(): number {
    return this.clients.size
  }

  /** Tells every client when the answer has changed, and only then. Returns whether it had. */
  push(available: boolean): boolean {
    if (this.availability.change(available) === undefined) return false
    const frame = frames[`${available}`]
    for (const [webSocket, { socket }] of this.clients) {
      if (socket.writableLength > MAX_BACKLOG_BYTES) webSocket.terminate()
      else socket.write(frame)
    }
    return true
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, available: boolean): void {
    const version = request.headers['sec-websocket-version'] ?? ''
    if (!sessionText.webSocketVersions.includes(version as '13')) {
      return refuseUpgrade(socket, 426, 'Upgrade Required', {
        'Sec-WebSocket-Version': sessionText.webSocketVersions.join(', '),
      })
    }
    request.headers['sec-websocket-version'] = '13'
    const host = request.headers.host ?? ''
    this.upgrader.handleUpgrade(request, socket, head, (webSocket) => this.add(webSocket, socket, host, available))
  }

  private add(webSocket: WebSocket, socket: Duplex, host: string, available: boolean): void {
    if ('setKeepAlive' in socket && typeof socket.setKeepAlive === 'function') socket.setKeepAlive(true, KEEP_ALIVE_MS)
    // Everybody hears what was told to all last, so that nobody hears the same twice in a row.
    socket.write(frames[`${available}`])
    this.clients.set(webSocket, { socket, host, logged: 0 })
    this.log.info(sessionText.log.newClient(host))
    const clients = this
    // Shared functions that know the client by `this`: ten thousand clients do not have closures of their own.
    webSocket.on('message', function (this: WebSocket, data) {
      clients.ignore(this, String(data))
    })
    webSocket.on('close', function (this: WebSocket) {
      clients.remove(this)
    })
    webSocket.on('error', function (this: WebSocket) {
      this.terminate()
    })
  }

  private ignore(webSocket: WebSocket, message: string): void {
    const client = this.clients.get(webSocket)
    if (!client || client.logged++ >= LOGGED_MESSAGES) return
    this.log.info(sessionText.log.ignored(client.host, message))
  }

  private remove(webSocket: WebSocket): void {
    const client = this.clients.get(webSocket)
    if (!client) return
    this.clients.delete(webSocket)
    this.log.info(sessionText.log.clientGone(client.host))
  }

  close(): void {
    for (const webSocket of this.clients.keys()) webSocket.close(1001, 'the server is shutting down')
  }
}

/** An unmasked text frame of a server, shorter than 126 bytes. */
function textFrame(text: string): Buffer {
  const payload = Buffer.from(text)
  return Buffer.concat([Buffer.from([0x81, payload.length]), payload])
}
