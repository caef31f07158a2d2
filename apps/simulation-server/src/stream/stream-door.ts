import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { type ErrorReport, reportError } from '@simyard/protocol'
import { contentTypeOf, sendError, streamSocket } from '@simyard/service-host'
import type { ViewerLink } from '@simyard/stream'
import { createWebSocketStream, WebSocketServer } from 'ws'

/** A page's largest message is a controller's file. */
const MAX_MESSAGE_BYTES = 2 * 1024 * 1024

/** A project's page is a stranger's program: it runs in an origin of its own, also where the site has the same address. */
const PAGE_POLICY = 'sandbox allow-scripts allow-forms allow-modals allow-downloads'

/** An instance whose stream this server serves. */
export interface StreamedInstance {
  /** Rejects when there is no such file, or it is not for viewers. */
  serveFile(path: string): Promise<Buffer>
  /** Returns false when nobody waits for an extern controller with this token. */
  connectExtern(token: string, stream: Duplex): boolean
  attach(link: ViewerLink): { receive(text: string): void; detach(): void }
}

/** Where viewers, extern controllers and requests for files come in to the instances whose streams we serve. */
export class StreamDoor {
  private readonly sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: { threshold: 4096, concurrencyLimit: 2 },
  })

  /** Files of a running simulation for its viewers: textures, meshes, robot windows. */
  async serveFile(
    instance: StreamedInstance,
    path: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const cors = { 'Access-Control-Allow-Origin': '*' }
    try {
      const relative = decodeURIComponent(path).replace(/^\/+/, '')
      const bytes = await instance.serveFile(relative)
      const etag = createHash('md5').update(bytes).digest('hex')
      const type = contentTypeOf(relative)
      const headers = {
        ...cors,
        'Cache-Control': 'public, max-age=3600',
        etag,
        'X-Content-Type-Options': 'nosniff',
        ...(/html|svg/.test(type) ? { 'Content-Security-Policy': PAGE_POLICY } : {}),
      }
      if (request.headers['if-none-match'] === etag) {
        response.writeHead(304, headers).end()
        return
      }
      response.writeHead(200, { ...headers, 'Content-Type': type, 'Content-Length': bytes.length })
      response.end(request.method === 'HEAD' ? undefined : bytes)
    } catch (error) {
      const report: ErrorReport =
        error instanceof URIError
          ? { code: 'FILE_PATH_INVALID', message: 'This path is not well formed.' }
          : reportError(error)
      response.setHeader('Access-Control-Allow-Origin', '*')
      sendError(response, report)
    }
  }

  upgrade(instance: StreamedInstance, request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    if (path.startsWith('/controller/')) {
      const token = new URL(path, 'http://localhost').searchParams.get('token') ?? ''
      this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const stream = createWebSocketStream(webSocket)
        stream.on('error', () => stream.destroy())
        // After a reset connection the stream of ws ends but never closes, so nobody would learn that it has gone.
        webSocket.once('close', () => {
          stream.once('end', () => stream.destroy())
          stream.resume()
        })
        if (!instance.connectExtern(token, stream)) webSocket.close(1008, 'no robot waits for this controller')
      })
      return
    }
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const viewer = instance.attach(streamSocket(webSocket, socket))
      webSocket.on('message', (data, isBinary) => viewer.receive(isBinary ? '' : String(data)))
      webSocket.on('close', () => viewer.detach())
      // A message over the limit or a broken frame: ws closes the socket with the right code by itself.
      webSocket.on('error', () => viewer.detach())
    })
  }

  close(): void {
    for (const client of this.sockets.clients) client.close(1001, 'the server is shutting down')
  }
}
