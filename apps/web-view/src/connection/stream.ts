import { parseStreamMessage, type StreamMessage } from './message.js'

export interface StreamHandlers {
  onMessage(message: StreamMessage): void
  onClose(clean: boolean): void
}

/** The socket of one running simulation. */
export class Stream {
  private readonly socket: WebSocket
  private closed = false
  /** Where textures and meshes of the scene are fetched from. */
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
