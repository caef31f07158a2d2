import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { chooseNode, isAvailable, meanLoad, type NodeView } from '@simyard/fleet'
import { sessionText } from '@simyard/protocol'
import { type HttpPart, type Logger, notFound, refuseUpgrade, sendText } from '@simyard/service-host'
import { WebSocketServer } from 'ws'

/** One simulation server as the session server reaches it. */
export interface FleetMember {
  /** Public entry, `host:port` or `host/port`. With undefined the Host that the visitor used is taken, plus `path`. */
  readonly entry: string | undefined
  readonly path?: string
  /** Load in percent; rejects when it does not answer. */
  load(signal: AbortSignal): Promise<number>
}

export interface SessionServerOptions {
  readonly members: readonly FleetMember[]
  readonly ssl: boolean
  readonly log: Logger
  readonly pollIntervalMs?: number
  /** Percent; the default is that of the original. */
  readonly loadThreshold?: number
}

const POLL_INTERVAL_MS = 5000
const POLL_TIMEOUT_MS = 4000
const CORS = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Headers': 'x-requested-with',
  'Access-Control-Allow-Methods': 'POST, GET, OPTIONS',
}

interface Polled {
  readonly member: FleetMember
  load: number | undefined
  reservations: number
}

/** Tells visitors which simulation server to use, and whether any is free. */
export class SessionServer implements HttpPart {
  private readonly sockets = new WebSocketServer({ noServer: true, maxPayload: 1024 })
  private readonly polled: Polled[]
  private readonly timers: NodeJS.Timeout[]
  private lastTold: string | undefined

  constructor(private readonly options: SessionServerOptions) {
    this.polled = options.members.map((member) => ({ member, load: undefined, reservations: 0 }))
    // Each server has its own rhythm: one that hangs delays nobody.
    this.timers = this.polled.map((server) =>
      setInterval(() => void this.poll(server), options.pollIntervalMs ?? POLL_INTERVAL_MS),
    )
  }

  /** One poll of every server, so that the first visitor already gets an answer. */
  async open(): Promise<void> {
    await Promise.all(this.polled.map((server) => this.poll(server)))
  }

  private async poll(server: Polled): Promise<void> {
    try {
      const load = await server.member.load(AbortSignal.timeout(POLL_TIMEOUT_MS))
      if (!Number.isFinite(load)) throw new RangeError('the answer to /load is not a number')
      if (server.load === undefined) this.options.log.info({ server: server.member.entry }, 'simulation server answers')
      server.load = load
    } catch (error) {
      if (server.load !== undefined)
        this.options.log.warn({ server: server.member.entry, err: error }, 'simulation server does not answer')
      server.load = undefined
    }
    server.reservations = 0
    this.push()
  }

  private views(): (NodeView & { readonly server: Polled })[] {
    return this.polled.map((server) => ({
      entry: server.member.entry ?? server.member.path ?? '',
      load: server.load,
      reservations: server.reservations,
      server,
    }))
  }

  /** The answer to /session for a visitor who used this Host. */
  session(request: IncomingMessage): string {
    const server = chooseNode(this.views(), this.options.loadThreshold)?.server
    if (!server) return sessionText.noServer
    server.reservations++
    this.push()
    if (server.member.entry !== undefined) return sessionText.server(this.options.ssl, server.member.entry)
    const secure = request.headers['x-forwarded-proto'] === 'https'
    return sessionText.server(secure, `${request.headers.host ?? 'localhost'}${server.member.path ?? ''}`)
  }

  private get availability(): string {
    return isAvailable(this.views(), this.options.loadThreshold) ? sessionText.available : sessionText.unavailable
  }

  /** Tells every open client when the answer has changed, and only then. */
  private push(): void {
    const now = this.availability
    if (now === this.lastTold) return
    this.lastTold = now
    for (const client of this.sockets.clients) if (client.readyState === client.OPEN) client.send(now)
  }

  handle(request: IncomingMessage, response: ServerResponse, path: string): void {
    const [pathname = '/'] = path.split('?')
    const isGet = request.method === 'GET' || request.method === 'HEAD'
    switch (pathname) {
      case '/session':
        if (!isGet) return sendText(response, 405, 'Method Not Allowed', CORS)
        return sendText(response, 200, this.session(request), {
          ...CORS,
          'Content-Type': 'text/html; charset=UTF-8',
          'Cache-Control': 'no-store',
        })
      case '/load':
        return sendText(response, 200, String(meanLoad(this.views())))
      case '/':
        return sendText(response, 200, this.availability)
      case '/monitor':
        return sendText(response, 200, this.monitor(), { 'Content-Type': 'text/html; charset=utf-8' })
      case '/healthz':
        return sendText(response, 200, 'ok')
      default:
        return notFound(response, path)
    }
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void {
    if (path.split('?')[0] !== '/') return refuseUpgrade(socket, 404, 'There is no WebSocket here.')
    this.sockets.handleUpgrade(request, socket, head, (client) => {
      client.send(this.availability)
      client.on('error', () => client.terminate())
    })
  }

  private monitor(): string {
    const rows = this.polled.map(({ member, load, reservations }, index) => {
      const entry = escapeHtml(member.entry ?? `this machine, ${member.path}`)
      const shown =
        load === undefined
          ? 'does not answer'
          : `<meter min="0" max="100" low="60" high="90" optimum="0" value="${load}"></meter> ${load.toFixed(1)} %`
      return `<tr><td>${index + 1}</td><td>${entry}</td><td>${shown}</td><td>${reservations}</td></tr>`
    })
    return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="5"><title>Simyard session server</title>
<style>:root{color-scheme:light dark}body{font:15px/1.5 system-ui;max-width:44rem;margin:3rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.5rem;border-bottom:1px solid #8884}</style>
</head><body><h1>Session server</h1><p>${this.polled.length} simulation server(s); ${this.sockets.clients.size} page(s) wait for news.</p>
<table><tr><th>#</th><th>Simulation server</th><th>Load</th><th>Sent there since</th></tr>${rows.join('')}</table></body></html>
`
  }

  async close(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    for (const client of this.sockets.clients) client.close(1001, 'the server is shutting down')
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** A simulation server that is polled over HTTP. */
export function httpMember(entry: string, ssl: boolean): FleetMember {
  const url = `${ssl ? 'https' : 'http'}://${entry}/load`
  return {
    entry,
    async load(signal) {
      const response = await fetch(url, { signal })
      if (!response.ok) throw new Error(`${url} answered with status ${response.status}`)
      const text = await response.text()
      return text.trim() === '' ? Number.NaN : Number(text)
    },
  }
}
