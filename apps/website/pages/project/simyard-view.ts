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
  resetCamera(): void
  setController(name: string, file: string, content: string): void
}

export type ViewState = 'idle' | 'connecting' | 'paused' | 'running' | 'fast' | 'failed' | 'closed'

export interface ViewEvents {
  'simyard-state': { readonly state: ViewState }
  'simyard-console': { readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  'simyard-error': { readonly error: Problem }
  'simyard-diagnostic': Problem & { readonly severity: 'warning' | 'error' }
  'simyard-speed': { readonly realTimeFactor: number; readonly reason?: string }
  'simyard-time': { readonly timeMs: number }
  'simyard-reset': Record<string, never>
  'simyard-sandbox': { readonly safe: boolean; readonly message?: string }
}

export interface Problem {
  readonly code: string
  readonly message: string
  readonly location?: { readonly file: string; readonly line: number }
}

const SCRIPT = '/view/simyard-view.js'

/** Undefined when the element's script is not there. */
export async function createView(): Promise<SimyardView | undefined> {
  try {
    await import(/* @vite-ignore */ SCRIPT)
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
