import {
  type ErrorReport,
  type FeedMessage,
  FeedRequest,
  feedEvent,
  type ServerToSimulator,
  SimyardError,
  type StreamDialect,
} from '@simyard/protocol'
import { MadeFiles, StreamHub, type StreamMeter, type ViewerLink } from '@simyard/stream'
import type { Connection } from '../connection.js'
import { FeedIntake } from './feed-intake.js'

export interface RoomStreamOptions {
  readonly feedBytesPerSecond: number
  readonly meter: StreamMeter
  /** Says how much memory the stream takes; false when that is too much. */
  readonly holds: (bytes: number) => boolean
  /** Bytes came from the simulator. */
  readonly received: (bytes: number) => void
  /** What the simulator sends is not taken any more. */
  readonly refused: (error: ErrorReport) => void
}

/** Devices that cost the host's computer most, for all watchers together. */
const MOST_PICTURES = 4
const MOST_ROBOTS = 16
const MADE_FILES = 32
const MADE_BYTES = 24 * 1024 * 1024

/** The stream of one room: what its simulator tells is handed to all who watch, and none of them changes the run. */
export class RoomStream {
  private readonly made = new MadeFiles(MADE_FILES, MADE_BYTES)
  private readonly hub: StreamHub
  private readonly sceneBytes = new Map<number, number>()
  private readonly deviceBytes = new Map<string, number>()
  private host: Connection | undefined
  private intake: FeedIntake | undefined
  private feed = 0
  private world = ''
  private robots: ReadonlySet<string> = new Set()

  constructor(private readonly options: RoomStreamOptions) {
    this.hub = new StreamHub(
      {
        toSimulator: (message) => this.ask(message),
        worlds: () => (this.world === '' ? [] : [this.world]),
        readController: () => Promise.reject(notHere()),
        writeController: () => Promise.reject(notHere()),
        loadWorld: () => undefined,
      },
      '2022',
      () => Date.now(),
      options.meter,
    )
  }

  get watcherCount(): number {
    return this.hub.viewerCount
  }

  get watchersBehind(): number {
    return this.hub.viewersBehind
  }

  attach(link: ViewerLink, dialect: StreamDialect | undefined): ReturnType<StreamHub['attach']> {
    return this.hub.attach(link, { watchesOnly: true, ...(dialect ? { dialect } : {}) })
  }

  file(path: string): Uint8Array | undefined {
    return this.made.read(path)
  }

  /** The room's simulator is here, or back: it tells everything from the beginning. */
  begin(host: Connection): void {
    this.intake?.close()
    this.host = host
    this.feed++
    this.intake = new FeedIntake({
      bytesPerSecond: this.options.feedBytesPerSecond,
      now: () => performance.now(),
      take: (message, body) => this.take(message, body),
      refuse: (error) => this.refuse(error),
    })
    this.say(feedEvent.wanted, { feed: this.feed })
  }

  /** Its connection is lost; watchers keep the last picture. */
  lose(): void {
    this.intake?.close()
    this.intake = undefined
    this.host = undefined
  }

  /** `from` is known to be the room's simulator. What belongs to an earlier feed was under way, and counts for nothing. */
  piece(from: Connection, feed: number, bytes: Uint8Array, answer: () => void): void {
    if (from !== this.host || feed !== this.feed || !this.intake) return
    this.options.received(bytes.length)
    this.intake.piece(bytes, answer)
  }

  /** Nobody watches any more. */
  stop(): void {
    this.say(feedEvent.wanted, { feed: 0 })
    this.lose()
  }

  private refuse(error: ErrorReport): void {
    this.say(feedEvent.wanted, { feed: 0, error })
    this.lose()
    this.options.refused(error)
  }

  private take(message: FeedMessage, body: Uint8Array): void {
    switch (message.type) {
      case 'world-leaves':
        this.forget()
        this.hub.worldLeaves()
        break
      case 'made-file':
        this.made.keep(message.path, body)
        break
      case 'devices':
        if (!this.robots.has(message.robot)) return
        this.deviceBytes.set(message.robot, JSON.stringify(message.devices).length)
        this.hub.onSimulator(message, body)
        break
      case 'scene':
        this.sceneBytes.set(message.request % 2, body.length)
        this.hub.onSimulator(message, body)
        break
      case 'loaded':
        this.world = message.world
        this.robots = new Set(message.robots.map(({ name }) => name))
        this.hub.onSimulator(message, body)
        break
      case 'robots':
        this.robots = new Set(message.robots.map(({ name }) => name))
        this.hub.onSimulator(message, body)
        break
      default:
        this.hub.onSimulator(message, body)
    }
    if (this.options.holds(this.size)) return
    this.intake?.close()
    this.refuse({
      code: 'SCENE_TOO_LARGE',
      message: 'The world of this room is larger than the relay keeps for those who watch, or it keeps many others.',
    })
  }

  private forget(): void {
    this.made.clear()
    this.sceneBytes.clear()
    this.deviceBytes.clear()
    this.robots = new Set()
    this.world = ''
  }

  private get size(): number {
    const sum = (map: ReadonlyMap<unknown, number>) => [...map.values()].reduce((all, one) => all + one, 0)
    return this.hub.standingSize + this.made.byteCount + 2 * sum(this.sceneBytes) + sum(this.deviceBytes)
  }

  /** Of all that a viewer can ask, only this reaches the simulator. */
  private ask(message: ServerToSimulator): void {
    const request = FeedRequest.safeParse(message)
    if (!request.success) return
    const asked = request.data
    if (asked.type === 'export-scene') return this.say(feedEvent.request, asked)
    this.say(feedEvent.request, {
      ...asked,
      robots: asked.robots.slice(0, MOST_ROBOTS),
      pictures: asked.pictures.slice(0, MOST_PICTURES),
    })
  }

  private say(event: string, payload: unknown): void {
    this.host?.outbox.send(event, payload, undefined)
  }
}

function notHere(): SimyardError {
  return new SimyardError('CONTROLLER_NOT_HERE', 'Who watches a room does not see its programs.')
}
