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
}

const HEARTBEAT_MS = 5000
/** Sockets that are open and have not started anything are closed: they could be opened without end. */
const START_DEADLINE_MS = 60_000

/** One `/client` connection from its opening to its end: whatever ends first, the rest ends with it. */
export class Visit {
  private readonly session: ClientSession
  private readonly gone = new AbortController()
  private readonly timers: NodeJS.Timeout[] = []
  private readonly deadline: NodeJS.Timeout
  private opened: Opened | undefined

  constructor(
    webSocket: WebSocket,
    private readonly actions: VisitActions,
  ) {
    this.session = new ClientSession(
      {
        send: (text) => {
          if (webSocket.readyState === webSocket.OPEN) webSocket.send(text)
        },
        close: () => webSocket.close(),
        abort: () => webSocket.terminate(),
      },
      {
        start: (start) => void this.start(start),
        resetController: async (path) => {
          if (!this.opened)
            throw new SimyardError('CLIENT_BAD_MESSAGE', 'No simulation runs whose controller could be reset.')
          await this.opened.instance.resetController(path)
        },
      },
    )
    this.deadline = setTimeout(() => webSocket.close(1008, 'nothing was started'), START_DEADLINE_MS)
    webSocket.on('message', (data, isBinary) => this.session.receive(isBinary ? '' : String(data)))
    webSocket.on('error', () => webSocket.terminate())
    webSocket.on('close', () => this.end())
  }

  private async start(start: StartRequest): Promise<void> {
    clearTimeout(this.deadline)
    // Clients must not time out on long waits; a clone or a container may be one.
    this.timers.push(setInterval(() => this.session.heartbeat(), HEARTBEAT_MS))
    try {
      const opened = await this.actions.open(start, this.session, this.events(), this.gone.signal)
      if (this.gone.signal.aborted) {
        opened.instance.close()
        return opened.release()
      }
      this.opened = opened
      void opened.instance.open()
    } catch (error) {
      const report = reportError(error)
      if (this.gone.signal.aborted) return
      this.actions.failed(report)
      this.session.fail(report)
    }
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
      ended: (error) => session.fail(error),
    }
  }

  private started(): void {
    const { timeoutSeconds } = this.actions
    this.session.step({ name: 'process', state: 'done' })
    this.session.step({ name: 'world', state: 'active' })
    this.session.shutdownTimeout(timeoutSeconds)
    const message = `The simulation was ended after ${timeoutSeconds} s. Start it again to go on.`
    this.timers.push(setTimeout(() => this.session.fail({ code: 'SESSION_TIME_OVER', message }), timeoutSeconds * 1000))
  }

  private ready(): void {
    if (this.opened) this.session.streamReady(this.opened.streamUrl)
  }

  private end(): void {
    this.gone.abort()
    clearTimeout(this.deadline)
    for (const timer of this.timers) clearTimeout(timer)
    this.opened?.instance.close()
    this.opened?.release()
  }
}
