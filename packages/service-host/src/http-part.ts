import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorReport, errorCatalogue } from '@simyard/protocol'

/** A server as a part that can be mounted: alone on its own port, or behind one port under a path. */
export interface HttpPart {
  /** `path` is the part of the URL below the mount point, beginning with a slash, with its query. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void
  close(): Promise<void>
}

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  })
  response.end(text)
}

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  sendText(response, status, JSON.stringify(body), { 'Content-Type': 'application/json; charset=utf-8', ...headers })
}

export function sendError(response: ServerResponse, error: ErrorReport): void {
  sendJson(response, errorCatalogue[error.code].status, { error })
}

export function notFound(response: ServerResponse, path: string): void {
  sendError(response, { code: 'ROUTE_NOT_FOUND', message: `There is nothing at ${path.split('?')[0]}.` })
}

/** Refuses an upgrade with an HTTP status, so that the client can say why. */
export function refuseUpgrade(
  socket: Duplex,
  status: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  const body = `${reason}\n`
  const lines = Object.entries({
    Connection: 'close',
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.end(`HTTP/1.1 ${status} ${reason.split('\n')[0]}\r\n${lines.join('')}\r\n${body}`)
}
