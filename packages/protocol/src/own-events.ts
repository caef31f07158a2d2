import type { DeviceDescription } from './controller.js'
import type { Diagnostic } from './diagnostic.js'
import type { ErrorReport } from './errors.js'
import type { ContactPoint, InkStroke, RobotReadings, RobotSummary, Surroundings } from './simulator.js'
import type { TabRoomState } from './tab.js'

/** What our own pages learn on the stream beside the Webots words (`simyard:<json>`, after `simyard:hello`). */
export type OwnStreamEvent =
  | { readonly type: 'speed'; readonly realTimeFactor: number; readonly reason?: string }
  | { readonly type: 'error'; readonly error: ErrorReport }
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  | { readonly type: 'console'; readonly robot?: string; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | { readonly type: 'sandbox'; readonly driver: string; readonly safe: boolean; readonly message: string }
  /** An extern controller may connect here. */
  | { readonly type: 'extern-controller'; readonly robot: string; readonly url: string }
  /** Programs may join the simulation as a room, by its id or its code. */
  | { readonly type: 'room'; readonly id: string; readonly code: string; readonly state: TabRoomState['state'] }
  | { readonly type: 'robots'; readonly robots: readonly RobotSummary[] }
  | { readonly type: 'surroundings'; readonly surroundings: Surroundings }
  | { readonly type: 'sound'; readonly robot: string; readonly name: string }
  /** Lines that pens have drawn; `clear`: those of before are gone. */
  | { readonly type: 'ink'; readonly strokes: readonly InkStroke[]; readonly clear: boolean }
  /** Of who acknowledges frames: how old its picture was when it had acknowledged it. */
  | { readonly type: 'line'; readonly ageMs: number }
  /** To pages that watch: the devices of a robot, and what they say and do. */
  | { readonly type: 'devices'; readonly robot: string; readonly devices: readonly DeviceDescription[] }
  | {
      readonly type: 'readings'
      readonly timeMs: number
      readonly robots: readonly RobotReadings[]
      readonly contacts?: readonly ContactPoint[]
    }
  /** The browser let the simulation of the tab rest for so long. */
  | { readonly type: 'stalled'; readonly ms: number }
  | { readonly type: 'ended'; readonly error: ErrorReport }

/** Steps of the start, told on the /client socket beside the Webots words. */
export type OwnClientEvent =
  /** Whoever names this token on another connection within so many seconds after this one broke finds the simulation as it was. */
  | { readonly type: 'resume'; readonly token: string; readonly graceSeconds: number }
  /** Answer to a resume: it goes on. */
  | { readonly type: 'resumed' }
  | {
      readonly type: 'step'
      readonly name: 'seat' | 'process' | 'project' | 'world'
      readonly state: 'active' | 'done' | 'failed'
      readonly error?: ErrorReport
    }
  | { readonly type: 'error'; readonly error: ErrorReport }
