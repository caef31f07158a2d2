import type { ErrorReport, FeedOffer } from '@simyard/protocol'
import type { Room } from '@simyard/rooms'
import type { Connection } from '../connection.js'
import { isAt } from '../origin.js'
import type { RelayMetrics } from '../relay-metrics.js'
import { MemoryBudget } from './memory-budget.js'
import { RoomStream } from './room-stream.js'

export interface RoomStreamsOptions {
  readonly counts: RelayMetrics
  readonly feedBytesPerSecond: number
  /** MiB that one room may fill, and all together. */
  readonly roomMemory: number
  readonly memory: number
  /** Tells those who watch a room why there is nothing more to see. */
  dismiss(room: Room, error: ErrorReport): void
}

/** The simulator that has a room's seat. */
interface Host {
  readonly connection: Connection
  /** Undefined of one that cannot be watched, such as the original's page. */
  readonly offer: FeedOffer | undefined
  /** It sent what no watcher can use, or too much. */
  refusal?: ErrorReport
}

/** A watcher's page that is loaded again must not make the host tell everything anew. */
const LINGER_MS = 5000
const MIB = 1024 * 1024

/** The streams of all rooms that somebody watches, and the simulators that feed them. */
export class RoomStreams {
  private readonly streams = new Map<Room, RoomStream>()
  private readonly hosts = new Map<Room, Host>()
  private readonly aloneSinceMs = new Map<Room, number>()
  private readonly memory: MemoryBudget<Room>

  constructor(private readonly options: RoomStreamsOptions) {
    this.memory = new MemoryBudget(options.roomMemory * MIB, options.memory * MIB)
  }

  get count(): number {
    return this.streams.size
  }

  get watcherCount(): number {
    return this.sum(({ watcherCount }) => watcherCount)
  }

  get watchersBehind(): number {
    return this.sum(({ watchersBehind }) => watchersBehind)
  }

  get memoryBytes(): number {
    return this.memory.total
  }

  offerOf(room: Room): FeedOffer | undefined {
    return this.hosts.get(room)?.offer
  }

  /**
   * Where the host of a room reads this file. Without a host name where that is the relay's own: others know it by another
   * name than the host, whose page may have been opened at `localhost`.
   */
  addressOf(room: Room, path: string): string | undefined {
    const host = this.hosts.get(room)
    if (!host?.offer) return undefined
    const asset = /^assets\/(.*)$/.exec(path)
    const base = asset ? host.offer.assets : host.offer.project
    const address = new URL((asset?.[1] ?? path).split('/').map(encodeURIComponent).join('/'), base)
    const own = host.connection.page.host
    return own !== undefined && isAt(address.href, own) ? address.pathname : address.href
  }

  /** Why a room cannot be watched now; undefined when it can, or when its simulator is still expected. */
  refusalOf(room: Room): ErrorReport | undefined {
    if (room.simulator === 'gone') {
      return {
        code: 'ROOM_SIMULATOR_MISSING',
        message: 'The simulator of this room has gone: there is nothing to see.',
      }
    }
    const host = this.hosts.get(room)
    if (!host) return undefined
    if (host.refusal) return { ...host.refusal, message: `Nobody can watch this room: ${host.refusal.message}` }
    return host.offer ? undefined : notWatchable
  }

  /** The stream of a room that somebody watches from now on. */
  open(room: Room): RoomStream {
    const present = this.streams.get(room)
    if (present) return present
    const { counts, feedBytesPerSecond } = this.options
    const stream = new RoomStream({
      feedBytesPerSecond,
      meter: counts.stream,
      holds: (bytes) => this.memory.hold(room, bytes),
      received: (bytes) => counts.feed(bytes),
      refused: (error) => this.onRefused(room, error),
    })
    this.streams.set(room, stream)
    const host = this.hosts.get(room)
    if (host?.offer) stream.begin(host.connection)
    return stream
  }

  find(room: Room): RoomStream | undefined {
    return this.streams.get(room)
  }

  /** A simulator has taken the seat of its room, or has come back to it. */
  seated(room: Room, connection: Connection, offer: FeedOffer | undefined): void {
    this.hosts.set(room, { connection, offer })
    const stream = this.streams.get(room)
    if (!stream) return
    if (offer) stream.begin(connection)
    else this.end(room, notWatchable)
  }

  /** A simulator's connection is gone; watchers wait for the next one. */
  lost(room: Room, connection: Connection): void {
    if (this.hosts.get(room)?.connection !== connection) return
    this.hosts.delete(room)
    this.streams.get(room)?.lose()
  }

  piece(room: Room, from: Connection, feed: number, bytes: Uint8Array, answer: () => void): void {
    this.streams.get(room)?.piece(from, feed, bytes, answer)
  }

  /** A room is over. */
  roomEnded(room: Room): void {
    this.end(room, { code: 'ROOM_ENDED', message: room.endReason ?? 'This room has ended.' })
    this.hosts.delete(room)
  }

  /** It cannot be watched any more. */
  private end(room: Room, error: ErrorReport): void {
    this.streams.get(room)?.stop()
    this.close(room)
    this.options.dismiss(room, error)
  }

  /** To be called about every second. */
  tick(nowMs: number): void {
    for (const [room, stream] of this.streams) {
      if (room.simulator === 'gone') {
        this.end(room, {
          code: 'ROOM_SIMULATOR_LEFT',
          message: 'The simulator of this room left, and did not come back.',
        })
      } else if (stream.watcherCount > 0) this.aloneSinceMs.delete(room)
      else {
        const sinceMs = this.aloneSinceMs.get(room) ?? nowMs
        this.aloneSinceMs.set(room, sinceMs)
        if (nowMs - sinceMs < LINGER_MS) continue
        stream.stop()
        this.close(room)
      }
    }
  }

  private onRefused(room: Room, error: ErrorReport): void {
    this.options.counts.refuse(error.code)
    const host = this.hosts.get(room)
    if (host) host.refusal = error
    this.close(room)
    this.options.dismiss(room, error)
  }

  private close(room: Room): void {
    this.streams.delete(room)
    this.aloneSinceMs.delete(room)
    this.memory.release(room)
  }

  private sum(of: (stream: RoomStream) => number): number {
    return [...this.streams.values()].reduce((sum, stream) => sum + of(stream), 0)
  }
}

const notWatchable: ErrorReport = {
  code: 'ROOM_NOT_WATCHABLE',
  message:
    'The simulator of this room cannot be watched: it is a page of the original simulator, or of somebody who simulates by their own program.',
}
