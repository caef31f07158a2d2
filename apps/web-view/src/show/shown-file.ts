import type { Recording } from '@simyard/recording'
import type { Player } from '../player/player.js'
import type { AssetBase } from '../scene/asset-url.js'
import { SCRIPT_ADDRESS } from '../script-address.js'

/** A recording that is loaded with a time in the page's address begins there: `#t=12.5`. */
const TIME_IN_ADDRESS = /[#&]t=([\d.]+)/

/** What a file shows, ready for the stage. */
export interface ShownFile {
  readonly xml: string
  readonly assetBase: AssetBase
  /** What happens in it; undefined where everything stands still. */
  readonly run?: {
    readonly robots: readonly { readonly nodeId: number; readonly name: string }[]
    /** Puts its frames on the stage where its scene is already. */
    begin(player: Player): void
  }
}

/** A scene that stands still, or an animation of it. */
export async function fetchScene(
  address: string,
  animation: string | undefined,
  signal: AbortSignal,
): Promise<ShownFile> {
  const url = new URL(address, location.href)
  const xml = await (await fetchFile(url, signal)).text()
  const assetBase = new URL('.', url).href
  if (animation === undefined) return { xml, assetBase }
  const json = await (await fetchFile(new URL(animation, location.href), signal)).text()
  const { readAnimation } = await import('@simyard/recording')
  return shown(readAnimation(json, xml), assetBase)
}

export async function fetchRecording(address: string, signal: AbortSignal): Promise<ShownFile> {
  const url = new URL(address, location.href)
  const bytes = new Uint8Array(await (await fetchFile(url, signal)).arrayBuffer())
  return openRecording(bytes, besideRecording(url))
}

export async function openRecording(
  bytes: Uint8Array,
  assetBase: AssetBase = besideRecording(new URL(location.href)),
): Promise<ShownFile> {
  const { readRecording } = await import('@simyard/recording')
  return shown(readRecording(bytes), assetBase)
}

async function shown(recording: Recording, assetBase: AssetBase): Promise<ShownFile> {
  const { robots, xml } = recording.scene
  const text = xml.x3d ?? xml['x3d-2019']
  if (text === undefined) throw new Error('it has no scene.')
  const { showRecording } = await import('../record/run-recording.js')
  const begin = (player: Player) => {
    showRecording(recording, player)
    const at = TIME_IN_ADDRESS.exec(location.hash)?.[1]
    if (at !== undefined) player.seek(Number(at) * 1000)
  }
  return { xml: text, assetBase, run: { robots, begin } }
}

async function fetchFile(url: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url.pathname} is not there (HTTP ${response.status}).`)
  return response
}

/** Textures of our own models lie beside the view's script, others beside the recording. */
function besideRecording(url: URL): AssetBase {
  return (path) => {
    const shipped = /^assets\/(.*)$/.exec(path)?.[1]
    return shipped === undefined ? new URL(path, url).href : new URL(`../assets/${shipped}`, SCRIPT_ADDRESS).href
  }
}
