import type { Duplex } from 'node:stream'
import { sharedMessage } from './shared-message.js'

/** A WebSocket of the `ws` library, as far as a stream needs it. */
interface StreamSocket {
  readonly readyState: number
  readonly OPEN: number
  readonly bufferedAmount: number
  send(data: string): void
  send(data: Uint8Array, options: { readonly compress: boolean }): void
  close(code: number, reason: string): void
}

/** What carries a simulation's stream to one viewer. `connection`: what lies below the WebSocket. */
export function streamSocket(webSocket: StreamSocket, connection: Duplex) {
  return {
    send(text: string): void {
      if (webSocket.readyState === webSocket.OPEN) webSocket.send(text)
    },
    sendBytes(bytes: Uint8Array): void {
      if (webSocket.readyState !== webSocket.OPEN) return
      // Past the library while nothing of it waits that would be overtaken.
      if (webSocket.bufferedAmount === 0) connection.write(sharedMessage(bytes))
      // It is as small as it gets: compressing it would only take time.
      else webSocket.send(bytes, { compress: false })
    },
    get queuedBytes(): number {
      return webSocket.bufferedAmount
    },
    close: (code: number, reason: string): void => webSocket.close(code, reason),
  }
}
