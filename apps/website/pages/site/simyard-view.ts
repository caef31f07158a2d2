import type { RobotSummary, Surroundings, TabRoom, TabRoomState } from '@simyard/protocol'
import { siteUrl } from './root.js'

/** What this page uses of the <simyard-view> element, which is loaded as any other site would load it. */
export interface SimyardView extends HTMLElement {
  readonly state: ViewState
  readonly timeMs: number
  connect(): Promise<void>
  close(): void
  run(): void
  pause(): void
  step(): void
  fast(): void
  reset(): void
  seek(timeMs: number): void
  link(withTime: boolean): string
  embedding(): string
  resetCamera(): void
  toggleFullScreen(): void
  setController(name: string, file: string, content: string): void
  look(camera: 'follow' | 'top' | 'stage', robot?: string): void
  setSurroundings(change: { noise?: boolean; brightness?: number }): void
  room: TabRoom | undefined
}

export type ViewState = 'idle' | 'connecting' | 'paused' | 'running' | 'fast' | 'reconnecting' | 'failed' | 'closed'

export interface ViewEvents {
  'simyard-state': { readonly state: ViewState }
  'simyard-console': { readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  'simyard-error': { readonly error: Problem }
  'simyard-diagnostic': Problem & { readonly severity: 'warning' | 'error' }
  'simyard-speed': { readonly realTimeFactor: number; readonly reason?: string }
  'simyard-time': { readonly timeMs: number }
  'simyard-reset': Record<string, never>
  'simyard-progress': { readonly step: string; readonly state: 'active' | 'done' | 'failed' }
  'simyard-room': { readonly id: string; readonly code: string; readonly state: TabRoomState['state'] }
  'simyard-robots': { readonly robots: readonly RobotSummary[] }
  'simyard-surroundings': Surroundings
  'simyard-sound': { readonly robot: string; readonly name: string }
  'simyard-stalled': { readonly ms: number }
  'simyard-saved': { readonly id: string; readonly key: string; readonly address: string }
  'simyard-sandbox': { readonly safe: boolean; readonly message?: string }
}

export interface Problem {
  readonly code: string
  readonly message: string
  readonly location?: { readonly file: string; readonly line: number }
}

/** Undefined when the element's script is not there. */
export async function createView(): Promise<SimyardView | undefined> {
  try {
    await import(/* @vite-ignore */ siteUrl('view/simyard-view.js'))
  } catch {
    return undefined
  }
  return document.createElement('simyard-view') as SimyardView
}

export function onView<Name extends keyof ViewEvents>(
  view: SimyardView,
  name: Name,
  listener: (detail: ViewEvents[Name]) => void,
): void {
  view.addEventListener(name, (event) => listener((event as CustomEvent<ViewEvents[Name]>).detail))
}
