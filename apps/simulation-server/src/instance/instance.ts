import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ErrorReport } from '@simyard/protocol'

/** One visitor's simulation, whatever program runs it. */
export interface Instance {
  /** Number of its stream: a port of its own, or the first part of the path behind one port. */
  readonly port: number
  readonly project: string
  readonly world: string
  /** Whether simulated time goes on; a paused one counts as idle. */
  readonly running: boolean
  /** Pages that watch, or undefined when the program serves its stream by itself. */
  readonly viewers: number | undefined
  /** Those of them whose lines are full at the moment. */
  readonly viewersBehind: number | undefined
  /** Process ids of the simulator and its controllers on this machine. */
  readonly pids: readonly number[]
  /** Fetches the project and starts its world. What goes wrong is told by the events; it never rejects. */
  open(): Promise<void>
  /** A request to the stream's address; `path` begins with a slash. */
  handle(request: IncomingMessage, response: ServerResponse, path: string): void
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): void
  /** Restores a file of a controller as the project had it; `path` is `<controller>/<file>`. */
  resetController(path: string): Promise<void>
  /** Ends everything of this instance. May be called twice. */
  close(reason?: ErrorReport): void
}

/** What an instance tells the server, each at most once except `progress` and `loaded`. */
export interface InstanceEvents {
  /** A line about a long wait: a clone, a container that is built. */
  progress(line: string): void
  /** Its program runs; from now on its time is limited. */
  started(): void
  /** Viewers may connect to the stream. */
  ready(): void
  loaded(): void
  /** The world cannot be loaded; the instance stays, so that the visitor may correct the project. */
  loadFailed(error: ErrorReport): void
  /** It is over, not because somebody closed it. */
  ended(error: ErrorReport): void
}

export const sessionEnded: ErrorReport = { code: 'SESSION_TIME_OVER', message: 'The session has ended.' }
