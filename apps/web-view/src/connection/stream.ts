import type { AssetBase } from '../scene/asset-url.js'
import { parseStreamMessage, type StreamMessage } from './message.js'

export interface StreamHandlers {
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

/** The stream of a simulation on a server. */
export class SocketStream implements Stream {
  private readonly socket: WebSocket
  private closed = false
  readonly assetBase: string

  constructor(url: string, handlers: StreamHandlers) {
    const address = url.endsWith('/') ? url : `${url}/`
    this.assetBase = address.replace(/^ws/, 'http')
    this.socket = new WebSocket(address)
    this.socket.addEventListener('open', () => {
      this.socket.send('simyard:hello')
      this.socket.send('x3d')
    })
    this.socket.addEventListener('message', (event) => {
      if (this.closed || typeof event.data !== 'string') return
      for (const message of parseStreamMessage(event.data)) handlers.onMessage(message)
    })
    this.socket.addEventListener('close', (event) => {
      if (!this.closed) handlers.onClose(event.code === 1000)
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
