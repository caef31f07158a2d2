import * as z from 'zod'
import { SceneWish, type SimulatorToServer, WatchWish } from './simulator.js'

/**
 * What the simulator of a room tells the relay while somebody watches: its messages of simulator-v1, in the frames of
 * framing.ts, cut into pieces. See docs/protocol/watch-v1.md.
 */
export const feedEvent = {
  /** Relay → simulator: `{feed}`, the number of a feed that begins, or 0: nobody watches. `error` when it was refused. */
  wanted: 'feed_wanted',
  /** Relay → simulator: a `FeedRequest`. */
  request: 'feed_request',
  /** Simulator → relay: number of the feed, bytes; acknowledged when there is room for more. */
  piece: 'feed_piece',
} as const

/** Bytes of one piece: small, so that answers to programs do not wait behind a whole scene. */
export const FEED_PIECE_BYTES = 16 * 1024
/** Most bytes of one message of a feed. */
export const FEED_LIMITS = { headerBytes: 4 * 1024 * 1024, bodyBytes: 8 * 1024 * 1024 } as const

const folder = z
  .string()
  .max(2000)
  .regex(/^https?:\/\/[^\s?#]+\/$/, 'Send an http or https address that ends in a slash.')

/** With `browserConnect`: this simulator can be watched. */
export const FeedOffer = z.object({
  /** Where it runs: in the tab of a page, or on a server. */
  host: z.enum(['tab', 'server']),
  /** Of the world. */
  title: z.string().max(200).default(''),
  /** Where watchers find the files of the project, and those below `assets/` that ship with Simyard. */
  project: folder,
  assets: folder,
})
export type FeedOffer = z.infer<typeof FeedOffer>

/** What a relay asks of a simulator for those who watch; both change nothing in the run. */
export const FeedRequest = z.discriminatedUnion('type', [SceneWish, WatchWish])
export type FeedRequest = z.infer<typeof FeedRequest>

/** Another world is about to be loaded in place of this one. */
export interface WorldLeaves {
  readonly type: 'world-leaves'
}

/** Messages of simulator-v1 that viewers have nothing of stay with the host. */
export type FeedMessage =
  | Exclude<
      SimulatorToServer,
      {
        type:
          | 'hello'
          | 'read-file'
          | 'start-controller'
          | 'stop-controller'
          | 'controller-data'
          | 'room-reply'
          | 'robot-message'
      }
    >
  | WorldLeaves

const notForWatchers: ReadonlySet<SimulatorToServer['type']> = new Set([
  'hello',
  'read-file',
  'start-controller',
  'stop-controller',
  'controller-data',
  'room-reply',
  'robot-message',
])

export function isForWatchers(message: SimulatorToServer): message is Exclude<FeedMessage, WorldLeaves> {
  return !notForWatchers.has(message.type)
}
