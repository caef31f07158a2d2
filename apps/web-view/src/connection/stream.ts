import type { AssetBase } from '../scene/asset-url.js'
import { parseStreamMessage, type StreamMessage } from './message.js'
import { OwnStream } from './own-stream.js'

export interface StreamHandlers {
  /** Everything that comes, as it comes. */
  onData?(data: string | ArrayBuffer): void
  onMessage(message: StreamMessage): void
  onClose(clean: boolean): void
}

/** The conversation with one running simulation, in the words of the stream. */
export interface Stream {
  /** Where textures and meshes of the scene are. */
  readonly assetBase: AssetBase
  send(text: string): void
  close(): void
}

/** Newer releases of Webots know only the second word, older ones only the first, and neither answers the other. */
const SUBSCRIBE_AGAIN_AFTER_MS = 2000

/** The stream of a simulation on a server: one of ours, or of Webots. */
export class SocketStream implements Stream {
  private readonly socket: WebSocket
  private closed = false
  private timeMs = 0
  readonly assetBase: string

  constructor(url: string, handlers: StreamHandlers, broadcast = false) {
    const address = url.endsWith('/') ? url : `${url}/`
    this.assetBase = address.replace(/^ws/, 'http')
    this.socket = new WebSocket(address)
    this.socket.binaryType = 'arraybuffer'
    const own = new OwnStream(
      (text) => this.send(text),
      () => Date.now(),
    )
    const suffix = broadcast ? ';broadcast' : ''
    let silence: ReturnType<typeof setTimeout> | undefined
    this.socket.addEventListener('open', () => {
      own.hello()
      this.socket.send(`x3d${suffix}`)
      silence = setTimeout(() => this.send(`w3d${suffix}`), SUBSCRIBE_AGAIN_AFTER_MS)
    })
    this.socket.addEventListener('message', (event) => {
      clearTimeout(silence)
      if (this.closed) return
      handlers.onData?.(event.data)
      if (event.data instanceof ArrayBuffer) {
        const message = own.receive(new Uint8Array(event.data))
        if (message) handlers.onMessage(message)
        return
      }
      if (typeof event.data !== 'string') return
      for (const message of parseStreamMessage(event.data, this.timeMs)) {
        if (message.type === 'frame') this.timeMs = message.frame.timeMs
        handlers.onMessage(message)
      }
    })
    this.socket.addEventListener('close', (event) => {
      clearTimeout(silence)
      if (!this.closed) handlers.onClose(event.code === 1000 || isEnd(event))
      this.closed = true
    })
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text)
  }

  close(): void {
    this.closed = true
    this.socket.close()
  }
}

/** A server that ends a simulation says with which code of the catalogue: there is nothing to come back to. */
function isEnd({ code, reason }: CloseEvent): boolean {
  return code === 1001 && /^[A-Z][A-Z_]+$/.test(reason)
}
