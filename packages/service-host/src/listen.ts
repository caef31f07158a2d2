import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { SimyardError } from '@simyard/protocol'
import type { HttpPart } from './http-part.js'
import type { Logger } from './logger.js'
import { readTlsPair, type TlsFiles } from './tls.js'
import { TlsReload } from './tls-reload.js'

export interface ListenOptions {
  /** Address to listen on; without one all addresses of the machine. */
  readonly host?: string
  /** 0 takes a free one. */
  readonly port: number
  /** With it the port speaks TLS. New files are taken while the server runs. */
  readonly tls?: TlsFiles
  /** Told about certificates that are refused or end soon. */
  readonly log?: Logger
  readonly tlsLookIntervalMs?: number
}

export interface Listening {
  readonly port: number
  readonly host: string
  close(): Promise<void>
}

/** How long answers and closing handshakes that are under way may take. */
const CLOSE_GRACE_MS = 200

/**
 * Opens a port for a part. Rejects with PORT_IN_USE or, for TLS files that cannot be used, CONFIG_INVALID, and a
 * sentence that says what to do.
 */
export async function listen(part: HttpPart, options: ListenOptions): Promise<Listening> {
  const sockets = new Set<Socket>()
  const { server, reload } = createEither(options, (request, response) =>
    part.handle(request, response, request.url ?? '/'),
  )
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
    server.once('error', (error: NodeJS.ErrnoException) => {
      reload?.close()
      reject(explain(error, options))
    })
    server.listen({ host: options.host, port: options.port }, resolve)
  })
  const { port, address } = server.address() as AddressInfo
  return {
    port,
    host: options.host ?? address,
    close: () =>
      new Promise((resolve) => {
        reload?.close()
        server.close(() => resolve())
        server.closeIdleConnections()
        // WebSockets are no longer the server's: it would wait for them for ever.
        setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, CLOSE_GRACE_MS)
      }),
  }
}

function createEither(
  { tls, log, tlsLookIntervalMs }: ListenOptions,
  listener: RequestListener,
): { server: Server | SecureServer; reload?: TlsReload } {
  // Answers and frames are small: waiting for more to send together would only delay them.
  const noDelay = true
  if (!tls) return { server: createServer({ noDelay }, listener) }
  const pair = readTlsPair(tls)
  const server = createSecureServer({ noDelay, cert: pair.cert, key: pair.key }, listener)
  const take = ({ cert, key }: { cert: string; key: string }) => server.setSecureContext({ cert, key })
  return { server, reload: new TlsReload(tls, pair, log, take, tlsLookIntervalMs) }
}

function explain(error: NodeJS.ErrnoException, { host = 'any address', port }: ListenOptions): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new SimyardError(
        'PORT_IN_USE',
        `Port ${port} on ${host} is in use by another program. Choose another one, for example --port ${port + 1} (in a configuration file "port"), or stop that program.`,
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
