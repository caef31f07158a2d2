import type { LabelUpdate } from '@simyard/protocol'
import type { Failure, SimyardEvent } from './connection/message.js'
import type { Progress } from './connection/session.js'
import type { Quality } from './stage/quality.js'

export type ViewState = 'idle' | 'connecting' | 'paused' | 'running' | 'fast' | 'reconnecting' | 'failed' | 'closed'

/** Events of <simyard-view> and their details. */
export interface ViewEvents {
  'simyard-state': { readonly state: ViewState }
  'simyard-progress': Progress
  'simyard-console': { readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  'simyard-error': { readonly error: Failure }
  'simyard-diagnostic': Extract<SimyardEvent, { type: 'diagnostic' }>['diagnostic']
  'simyard-speed': { readonly realTimeFactor: number; readonly reason?: string }
  /** The moment that is on the screen. */
  'simyard-time': { readonly timeMs: number }
  /** Texts that lie over the picture. */
  'simyard-labels': { readonly labels: readonly LabelUpdate[] }
  'simyard-worlds': { readonly current: string; readonly all: readonly string[] }
  /** What a robot tells its window. */
  'simyard-robot-message': { readonly robot: string; readonly message: string }
  'simyard-reset': Record<string, never>
  'simyard-sandbox': { readonly safe: boolean; readonly driver?: string; readonly message?: string }
  /** Programs reach the simulation through this room, or not any more. */
  'simyard-room': Extract<SimyardEvent, { type: 'room' }>
  'simyard-robots': { readonly robots: Extract<SimyardEvent, { type: 'robots' }>['robots'] }
  'simyard-surroundings': Extract<SimyardEvent, { type: 'surroundings' }>['surroundings']
  'simyard-sound': { readonly robot: string; readonly name: string }
  /** The browser let the simulation of this tab rest. */
  'simyard-stalled': { readonly ms: number }
  /** A recording is shown on the site; `key` opens it for changes. */
  'simyard-saved': { readonly id: string; readonly key: string; readonly address: string }
  /** Another solid is selected: `n` and its number, or nothing. */
  'simyard-select': { readonly id?: string }
  /** `slow`: lowered because pictures took too long. */
  'simyard-quality': { readonly quality: Quality; readonly reason: 'set' | 'slow' }
  'simyard-pick': { readonly robot?: string }
  'simyard-follow': { readonly robot?: string }
}

export function emit<Name extends keyof ViewEvents>(view: HTMLElement, name: Name, detail: ViewEvents[Name]): void {
  view.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
}
