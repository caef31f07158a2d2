import { randomUUID } from 'node:crypto'
import { type ClientRequest, type ErrorReport, reportError, SimyardError } from '@simyard/protocol'
import type { WebSocket } from 'ws'
import type { Instance, InstanceEvents } from '../instance/instance.js'
import { ClientSession } from './client-session.js'

export type StartRequest = Extract<ClientRequest, { type: 'start' | 'init' }>

/** What a visitor's start gets: an instance with a seat, which is given back when it is over. */
export interface Opened {
  readonly instance: Instance
  readonly streamUrl: string
  release(): void
}

export interface VisitActions {
  /** Rejects with what the visitor is told; the connection is then closed. */
  open(start: StartRequest, session: ClientSession, events: InstanceEvents, gone: AbortSignal): Promise<Opened>
  failed(error: ErrorReport): void
  /** Longest life of a simulation, in seconds. */
  readonly timeoutSeconds: number
  /** Visits that can be come back to, by their tokens. */
  readonly returning: Map<string, Visit>
}

const HEARTBEAT_MS = 5000
/** How long a simulation waits for a visitor whose line broke. */
const RESUME_GRACE_S = 30
/** The connection ended without a word. */
const BROKEN = 1006
/** Sockets that are open and have not started anything are closed: they could be opened without end. */
const START_DEADLINE_MS = 60_000

/** One `/client` connection from its opening to its end: whatever ends first, the rest ends with it. */
export class Visit {
  private readonly session: ClientSession
  private readonly gone = new AbortController()
  private readonly timers: NodeJS.Timeout[] = []
  private readonly deadline: NodeJS.Timeout
  private opened: Opened | undefined
  private resumable = false
  private token: string | undefined
  private grace: NodeJS.Timeout | undefined
  private over = false
  private ended = false

  constructor(
    private webSocket: WebSocket,
    private readonly actions: VisitActions,
  ) {
    this.session = new ClientSession(
      {
        send: (text) => {
          if (this.webSocket.readyState === this.webSocket.OPEN) this.webSocket.send(text)
        },
        close: () => this.webSocket.close(),
        abort: () => this.webSocket.terminate(),
      },
      {
        start: (start) => void this.start(start),
        resetController: async (path) => {
          if (!this.opened)
            throw new SimyardError('CLIENT_BAD_MESSAGE', 'No simulation runs whose controller could be reset.')
          await this.opened.instance.resetController(path)
        },
        resume: (token) => this.actions.returning.get(token)?.welcomeBack(this) ?? false,
      },
    )
    this.deadline = setTimeout(() => webSocket.close(1008, 'nothing was started'), START_DEADLINE_MS)
    this.listen(webSocket)
  }

  private listen(webSocket: WebSocket): void {
    webSocket.on('message', (data, isBinary) => {
      if (webSocket === this.webSocket) this.session.receive(isBinary ? '' : String(data))
    })
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', (code) => {
      if (webSocket === this.webSocket) this.left(code)
    })
  }

  /** The visitor is here again, on another connection; this one may not even know yet that it is broken. */
  private welcomeBack(other: Visit): boolean {
    if (this.over || !this.opened) return false
    clearTimeout(this.grace)
    const before = this.webSocket
    clearTimeout(other.deadline)
    this.webSocket = other.webSocket
    other.webSocket = before
    this.listen(this.webSocket)
    before.terminate()
    this.session.own({ type: 'resumed' })
    return true
  }

  /** A line that broke may be there again soon; a visitor who went away is not waited for. */
  private left(code: number): void {
    if (!this.over && this.opened && this.resumable && code === BROKEN) {
      this.grace = setTimeout(() => this.end(), RESUME_GRACE_S * 1000)
    } else this.end()
  }

  private async start(start: StartRequest): Promise<void> {
    clearTimeout(this.deadline)
    this.resumable = start.type === 'start' && start.resumable
    // Clients must not time out on long waits; a clone or a container may be one.
    this.timers.push(setInterval(() => this.session.heartbeat(), HEARTBEAT_MS))
    try {
      const opened = await this.actions.open(start, this.session, this.events(), this.gone.signal)
      if (this.gone.signal.aborted) {
        opened.instance.close()
        return opened.release()
      }
      this.opened = opened
      if (this.resumable) this.offerReturn()
      void opened.instance.open()
    } catch (error) {
      const report = reportError(error)
      if (this.gone.signal.aborted) return
      this.actions.failed(report)
      this.session.fail(report)
    }
  }

  private offerReturn(): void {
    const token = randomUUID()
    this.token = token
    this.actions.returning.set(token, this)
    this.session.own({ type: 'resume', token, graceSeconds: RESUME_GRACE_S })
  }

  /** Nothing is left to come back to. */
  private finish(error: ErrorReport): void {
    this.over = true
    this.session.fail(error)
    if (this.webSocket.readyState !== this.webSocket.OPEN) this.end()
  }

  private events(): InstanceEvents {
    const { session } = this
    return {
      progress: (line) => session.progress(line),
      started: () => this.started(),
      ready: () => this.ready(),
      loaded: () => session.step({ name: 'world', state: 'done' }),
      loadFailed: (error) => {
        session.step({ name: 'world', state: 'failed', error })
        session.tell(error)
      },
      ended: (error) => this.finish(error),
    }
  }

  private started(): void {
    const { timeoutSeconds } = this.actions
    this.session.step({ name: 'process', state: 'done' })
    this.session.step({ name: 'world', state: 'active' })
    this.session.shutdownTimeout(timeoutSeconds)
    const message = `The simulation was ended after ${timeoutSeconds} s. Start it again to go on.`
    this.timers.push(setTimeout(() => this.finish({ code: 'SESSION_TIME_OVER', message }), timeoutSeconds * 1000))
  }

  private ready(): void {
    if (this.opened) this.session.streamReady(this.opened.streamUrl)
  }

  private end(): void {
    if (this.ended) return
    this.ended = true
    this.over = true
    if (this.token !== undefined) this.actions.returning.delete(this.token)
    this.gone.abort()
    clearTimeout(this.deadline)
    clearTimeout(this.grace)
    for (const timer of this.timers) clearTimeout(timer)
    this.opened?.instance.close()
    this.opened?.release()
  }
}
