import {
  type ClientRequest,
  clientMessage,
  decodeClientRequest,
  type ErrorReport,
  type OwnClientEvent,
  reportError,
} from '@simyard/protocol'

export interface ClientLink {
  send(text: string): void
  /** Without a code the browser sees 1005, as with the original servers. */
  close(): void
  /** Drops the connection: the browser sees 1006. */
  abort(): void
}

export interface ClientActions {
  start(request: Extract<ClientRequest, { type: 'start' | 'init' }>): void
  resetController(path: string): Promise<void>
  /** Returns whether there is a simulation that waits for this visitor. */
  resume(token: string): boolean
}

/**
 * The conversation on one /client socket: words of the original, and what it lacks as messages of our own beside them.
 * Closing this socket is what ends the visitor's simulation.
 */
export class ClientSession {
  private started = false

  constructor(
    private readonly link: ClientLink,
    private readonly actions: ClientActions,
  ) {}

  receive(text: string): void {
    const request = decodeClientRequest(text)
    if (!request) {
      this.own({
        type: 'error',
        error: { code: 'CLIENT_BAD_MESSAGE', message: 'This message is neither init, start nor reset controller.' },
      })
      return this.link.abort()
    }
    switch (request.type) {
      case 'start':
      case 'init':
        if (this.started)
          return this.fail({
            code: 'CLIENT_BAD_MESSAGE',
            message: 'This connection has started a simulation already; open another one.',
          })
        this.started = true
        return this.actions.start(request)
      case 'reset-controller':
        this.actions.resetController(request.path).then(
          () => this.link.send(clientMessage.resetController(request.path)),
          (error: unknown) =>
            this.own({
              type: 'error',
              error: reportError(error),
            }),
        )
        return
      case 'resume':
        if (this.started || !this.actions.resume(request.token)) {
          const message = 'This simulation has ended. Start it again.'
          this.own({ type: 'error', error: { code: 'SESSION_GONE', message } })
          this.link.close()
        }
        return
      case 'unknown':
        return
    }
  }

  step(event: Omit<Extract<OwnClientEvent, { type: 'step' }>, 'type'>): void {
    this.own({ type: 'step', ...event })
  }

  /** What a start waits for, in the words of who does it. */
  progress(line: string): void {
    this.link.send(clientMessage.loading(line))
  }

  own(event: OwnClientEvent): void {
    this.link.send(clientMessage.own(event))
  }

  /** The reason in the words that every generation of clients shows, then the end. */
  fail(error: ErrorReport): void {
    this.tell(error)
    this.link.close()
  }

  /** The reason without the end: the visitor may correct the project and load again. */
  tell(error: ErrorReport): void {
    this.own({ type: 'error', error })
    const where = error.location ? `${error.location.file}:${error.location.line}:${error.location.column}: ` : ''
    this.link.send(clientMessage.loadingError(where + error.message))
  }

  shutdownTimeout(seconds: number): void {
    this.link.send(clientMessage.shutdownTimeout(seconds))
  }

  streamReady(url: string): void {
    this.link.send(clientMessage.streamAddress(url))
  }

  heartbeat(): void {
    this.link.send(clientMessage.heartbeat)
  }
}
