import {
  encodeFrame,
  FEED_LIMITS,
  type FeedMessage,
  type FeedRequest,
  isForWatchers,
  type ServerToSimulator,
  type SimulatorToServer,
  type WorldFrame,
} from '@simyard/protocol'
import { FeedLine, type SendPiece } from './feed-line.js'
import { MadeFiles } from './made-files.js'
import { MissedStates } from './missed-states.js'
import { StandingState } from './standing-state.js'
import { WatchList } from './watch-list.js'

export interface FeedOptions {
  toSimulator(message: ServerToSimulator): void
  /** Milliseconds of any clock. */
  now(): number
}

/** Numbers of scenes for watchers begin here: those of the host's own viewers stay below. */
const FIRST_REQUEST = 2 ** 30
const MADE_FILES = 32
const MADE_BYTES = 16 * 1024 * 1024
/** With more than this waiting the line will never catch up: what stands is told anew instead. */
const MOST_WAITING_BYTES = 32 * 1024 * 1024
const NO_BODY = new Uint8Array(0)

/**
 * What the host of a simulation tells a relay for those who watch its room there: nothing while nobody does, all that
 * stands when the first one comes, and from then on what the simulator says, the newest state winning where the line is slow.
 */
export class Feed {
  private readonly state = new StandingState()
  private readonly made = new MadeFiles(MADE_FILES, MADE_BYTES)
  private readonly watching = new WatchList<'host' | 'watchers'>()
  private readonly missed = new MissedStates()
  private line: FeedLine | undefined
  private tellingAll = false

  constructor(private readonly options: FeedOptions) {}

  /** Whether somebody watches. */
  get isWanted(): boolean {
    return this.line !== undefined
  }

  // ---- the host's side ------------------------------------------------------------------------------------------

  /** What the host's own viewers want of the simulator; it is passed on together with what watchers want. */
  fromHost(message: ServerToSimulator): void {
    if (message.type === 'watch') return this.toSimulator(this.watching.set('host', message))
    if (message.type === 'load') this.leaveWorld()
    this.options.toSimulator(message)
  }

  /** Whether a message answers watchers, and is not for the host's own viewers. */
  isOnlyForWatchers(message: SimulatorToServer): boolean {
    return message.type === 'scene' && message.request >= FIRST_REQUEST
  }

  /** What the simulator says, after the host's own viewers have got it. */
  take(message: SimulatorToServer, body: Uint8Array): void {
    this.state.take(message)
    if (message.type === 'made-file') this.made.keep(message.path, body)
    if (this.line && isForWatchers(message)) this.tell(message, body)
    // A world that has just been loaded knows of nobody.
    if (message.type === 'loaded') this.toSimulator(this.watching.renew())
  }

  // ---- the relay's side -----------------------------------------------------------------------------------------

  /** Somebody watches, or the connection is a new one. */
  begin(send: SendPiece): void {
    this.line?.close()
    this.line = new FeedLine(send, this.options.now, () => this.catchUp())
    this.tellAll()
  }

  /** Nobody watches any more, or the connection is lost. */
  end(): void {
    this.line?.close()
    this.line = undefined
    this.missed.clear()
    this.toSimulator(this.watching.remove('watchers'))
  }

  request(message: FeedRequest): void {
    if (!this.line) return
    if (message.type === 'watch') return this.toSimulator(this.watching.set('watchers', message))
    this.options.toSimulator({ ...message, request: message.request + FIRST_REQUEST })
  }

  // ---- what is told ---------------------------------------------------------------------------------------------

  private tell(message: Exclude<FeedMessage, { type: 'world-leaves' }>, body: Uint8Array): void {
    switch (message.type) {
      case 'scene':
        if (this.isOnlyForWatchers(message))
          this.post({ type: 'scene', request: message.request - FIRST_REQUEST }, body)
        return
      case 'frame':
        return this.tellFrame(message.frame, message.full)
      case 'readings':
      case 'picture':
        // The next one says it all again.
        if (this.line?.isFree(body.length)) this.post(message, body)
        return
      case 'node-removed':
        this.missed.forget([message.id, ...message.inside])
        return this.post(message, body)
      default:
        this.post(message, body)
    }
  }

  private tellFrame(frame: WorldFrame, full: boolean): void {
    if (full) {
      this.missed.clear()
      return this.post({ type: 'frame', frame, full })
    }
    if (this.missed.isEmpty && this.line?.isFree(0)) return this.post({ type: 'frame', frame, full })
    this.missed.add(frame.updates, frame.labels)
    this.catchUp()
  }

  /** The newest state, as soon as there is room. */
  private catchUp(): void {
    if (this.missed.isEmpty || !this.line?.isFree(0)) return
    this.post({ type: 'frame', frame: { timeMs: this.state.timeMs, ...this.missed.take() }, full: false })
  }

  private leaveWorld(): void {
    this.state.leave()
    this.made.clear()
    this.missed.clear()
    if (this.line) this.post({ type: 'world-leaves' })
  }

  private tellAll(): void {
    this.tellingAll = true
    this.missed.clear()
    this.post({ type: 'world-leaves' })
    // Before the states that name them.
    for (const [path, content] of this.made.list()) this.post({ type: 'made-file', path }, content)
    for (const message of this.state.retold()) if (isForWatchers(message)) this.post(message)
    this.tellingAll = false
  }

  private post(message: FeedMessage, body: Uint8Array = NO_BODY): void {
    const { line } = this
    if (!line || body.length > FEED_LIMITS.bodyBytes) return
    line.post(encodeFrame(message, body))
    if (line.waitingBytes <= MOST_WAITING_BYTES || this.tellingAll) return
    line.drop()
    this.tellAll()
  }

  private toSimulator(message: ServerToSimulator | undefined): void {
    if (message) this.options.toSimulator(message)
  }
}
