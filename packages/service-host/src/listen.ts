import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { SimyardError } from '@simyard/protocol'
import type { HttpPart } from './http-part.js'

export interface Listening {
  readonly port: number
  readonly host: string
  close(): Promise<void>
}

/** How long answers and closing handshakes that are under way may take. */
const CLOSE_GRACE_MS = 200

/** Opens a port for a part. Rejects with PORT_IN_USE and a sentence that says what to do. Port 0 takes a free one. */
export async function listen(part: HttpPart, options: { host: string; port: number }): Promise<Listening> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((request, response) => part.handle(request, response, request.url ?? '/'))
  server.on('upgrade', (request, socket, head) => {
    // A client that goes away during the handshake is its own affair.
    socket.on('error', () => socket.destroy())
    part.upgrade(request, socket, head, request.url ?? '/')
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(explain(error, options)))
    server.listen({ host: options.host, port: options.port }, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    host: options.host,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // WebSockets are no longer the server's: it would wait for them for ever.
        setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, CLOSE_GRACE_MS)
      }),
  }
}

function explain(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new SimyardError(
        'PORT_IN_USE',
        `Port ${port} on ${host} is in use by another program. Choose another one with --port, for example --port ${port + 1}, or stop that program.`,
      )
    case 'EACCES':
      return new SimyardError(
        'PORT_IN_USE',
        `Port ${port} may not be opened by this user. Choose one above 1023 with --port.`,
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SimyardError(
        'PORT_IN_USE',
        `${host} is not an address of this machine. Choose another one with --host, for example 127.0.0.1.`,
      )
    default:
      return error
  }
}
