import type { ErrorReport } from './errors.js'
import type { ServerToSimulator, SimulatorToServer } from './simulator.js'

/**
 * A page ↔ the worker in which its simulation runs, as structured clones. The worker reads the project's files, and is in
 * the room, by itself: neither waits for the page to draw.
 */

/** The room whose simulator the worker is. */
export interface TabRoom {
  /** Where the relay is: `https://host/prefix/`. */
  readonly address: string
  readonly namespace: string
  readonly id: string
  /** For people. */
  readonly code: string
  readonly key: string
}

export type PageToTab =
  | {
      readonly type: 'open'
      /** `worlds/x.wbt`, below `projectUrl`. Addresses are absolute and end in a slash. */
      readonly world: string
      readonly projectUrl: string
      readonly assetsUrl: string
      readonly room?: TabRoom
    }
  | { readonly type: 'simulator'; readonly message: ServerToSimulator }
  /** The physics engine, a `WebAssembly.Module`, as soon as the page has compiled it; without when it cannot. */
  | { readonly type: 'engine'; readonly compiled?: object }

/** `here`: programs reach the simulation; `away`: the connection is lost, and tried again; `refused`: it is not. */
export type TabRoomState =
  | { readonly state: 'joining' | 'here' | 'away' }
  | { readonly state: 'refused'; readonly error: ErrorReport }

export type TabToPage =
  | { readonly type: 'simulator'; readonly message: SimulatorToServer; readonly body: Uint8Array<ArrayBuffer> }
  | { readonly type: 'room'; readonly room: TabRoomState }
  /** Nobody can watch the room any more; programs are not concerned. */
  | { readonly type: 'watching-refused'; readonly error: ErrorReport }
  /** The browser has let the worker rest for that long: robots stood still meanwhile. */
  | { readonly type: 'stalled'; readonly ms: number }
