import type { Socket as TcpSocket } from 'node:net'
import type { Socket } from 'socket.io'

/**
 * What is written to a connection in one turn of the event loop goes to the kernel at once: a call for each message costs
 * more than all the rest that the relay does with it. Nothing waits for a later turn.
 */
export class Wire {
  private corked: TcpSocket | undefined

  constructor(private readonly conn: Socket['conn']) {
    conn.on('flush', () => this.gather())
  }

  private gather(): void {
    if (this.corked) return
    // Not declared: the WebSocket of the transport, and its connection. Polling has none of its own.
    const { socket } = this.conn.transport as unknown as { socket?: { _socket?: TcpSocket } }
    const wire = socket?._socket
    if (!wire) return
    this.corked = wire
    wire.cork()
    process.nextTick(() => {
      this.corked = undefined
      wire.uncork()
    })
  }
}
