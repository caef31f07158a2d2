import type { LiveTarget } from '../connection/live-connection.js'
import type { TabSimulationOptions } from '../connection/tab-stream.js'
import { SCRIPT_ADDRESS } from '../script-address.js'

/** Attributes that say what to show; the first that is there counts. */
export const SOURCES = ['tab', 'stream', 'server', 'recording', 'scene'] as const

type LiveSource = 'tab' | 'stream' | 'server'

export type Source =
  | { readonly name: LiveSource | 'recording'; readonly address: string }
  | { readonly name: 'scene'; readonly address: string; readonly animation: string | undefined }

export function sourceOf(view: Element): Source | undefined {
  const name = SOURCES.find((one) => view.hasAttribute(one))
  if (name === undefined) return undefined
  const address = view.getAttribute(name) ?? ''
  return name === 'scene'
    ? { name, address, animation: view.getAttribute('animation') ?? undefined }
    : { name, address }
}

/** `room`: through which programs reach a simulation in the tab. */
export function liveTarget(name: LiveSource, address: string, room: TabSimulationOptions['room']): LiveTarget {
  if (name === 'tab') return { kind: 'tab', options: { world: address, ...(room ? { room } : {}) } }
  const direct = name === 'stream' || (/^wss?:/.test(address) && !address.endsWith('.wbt'))
  return { kind: direct ? 'stream' : 'server', url: address }
}

/** `timeMs`: where a recording begins then; see shown-file.ts. */
export function pageLink(timeMs: number | undefined): string {
  const page = location.href.replace(/#.*$/, '')
  return timeMs === undefined ? page : `${page}#t=${(timeMs / 1000).toFixed(2)}`
}

/** HTML that shows the same on another page. */
export function embeddingOf(view: Element): string {
  const source: Source = sourceOf(view) ?? { name: 'scene', address: '', animation: undefined }
  const absolute = (path: string) => new URL(path, location.href).href.replaceAll('"', '%22')
  const moves = source.name === 'scene' ? source.animation : undefined
  const animation = moves === undefined ? '' : ` animation="${absolute(moves)}"`
  return `<script type="module" src="${SCRIPT_ADDRESS}"></script>\n<simyard-view ${source.name}="${absolute(source.address)}"${animation} controls style="height: 480px"></simyard-view>`
}
