import type { Player, Take } from '../player/player.js'
import type { ShownWorld } from '../scene/shown-world.js'
import { SCRIPT_ADDRESS } from '../script-address.js'
import type { Stage } from '../stage/stage.js'
import type { Published } from './publish.js'
import type { SavedPart } from './record-panel.js'
import type { SavedFile, SaveFormat } from './save.js'

interface Span {
  readonly fromMs: number
  readonly untilMs: number
}

/** Along the longer side. */
const THUMBNAIL_PIXELS = 640

/** Records what is shown, and makes files of it. */
export class Recorder {
  /** Since when is being recorded, and what was. */
  private fromMs: number | undefined
  private recorded: Span | undefined

  constructor(
    private readonly player: Player,
    private readonly stage: Stage,
    private readonly world: ShownWorld,
  ) {}

  get recording(): boolean {
    return this.fromMs !== undefined
  }

  /** Simulated time since recording began, or that was recorded last. */
  get recordedMs(): number {
    const { span } = this
    return span ? Math.max(span.untilMs - span.fromMs, 0) : 0
  }

  start(): void {
    this.fromMs = this.player.range.endMs
    this.player.keepFrom(this.fromMs)
  }

  stop(): void {
    this.recorded = this.span
    this.fromMs = undefined
  }

  /** Another run begins: what was recorded so far is the run before, and what comes now is recorded from its beginning. */
  beginAnew(): void {
    this.recorded = undefined
    if (this.recording) this.start()
  }

  /** A run in our own format. */
  async file(part: SavedPart): Promise<Uint8Array<ArrayBuffer>> {
    const { player, world } = this
    const take = this.takeOf(part)
    const { recordTake } = await import('./run-recording.js')
    const about = {
      world: world.list.current,
      title: world.title,
      basicTimeStepMs: world.basicTimeStepMs,
      fps: world.fps,
      robots: world.robots.map(({ nodeId, name }) => ({ nodeId, name })),
    }
    return recordTake(player.xml, about, take, part === 'recorded' ? this.span : undefined)
  }

  async make(format: SaveFormat, part: SavedPart): Promise<SavedFile> {
    const file = await this.file(part)
    const { saveAs } = await import('./save.js')
    return saveAs(format, {
      file,
      xml: this.player.xml,
      assetBase: this.player.assetBase,
      offlineScript: new URL('simyard-view-offline.js', SCRIPT_ADDRESS).href,
    })
  }

  /** Undefined when the signal was aborted. */
  async film(part: SavedPart, onProgress: (text: string) => void, signal: AbortSignal): Promise<SavedFile | undefined> {
    const { player, stage } = this
    if (this.takeOf(part) !== player.timeline)
      throw new Error('The run before the last reset is not on the stage any more: save it in another format.')
    const { startMs, endMs } = player.range
    const { fromMs, untilMs } = (part === 'recorded' && this.span) || { fromMs: startMs, untilMs: endMs }
    // A long run is filmed while it goes on: its beginning may not be forgotten meanwhile.
    if (this.fromMs === undefined) player.keepFrom(fromMs)
    try {
      const { film } = await import('./film.js')
      const range = { startMs: Math.max(fromMs, startMs), endMs: untilMs }
      const blob = await film(player, stage, range, signal, (done) => onProgress(`${Math.round(done * 100)} % filmed`))
      return blob && { name: `simulation.${blob.type.includes('mp4') ? 'mp4' : 'webm'}`, blob }
    } finally {
      if (this.fromMs === undefined) player.keepFrom(this.recorded?.fromMs ?? Number.POSITIVE_INFINITY)
    }
  }

  /** Shows a run on a site, with a picture of what is on the screen. */
  async publish(site: string, part: SavedPart, onProgress: (text: string) => void): Promise<Published> {
    const { player, stage, world } = this
    const file = await this.file(part)
    const thumbnail = await stage.photograph(THUMBNAIL_PIXELS)
    const { publish } = await import('./publish.js')
    const run = { file, thumbnail, title: world.title, xml: player.xml, assetBase: player.assetBase }
    return publish(site, run, onProgress)
  }

  private get span(): Span | undefined {
    const { fromMs, recorded } = this
    return fromMs === undefined ? recorded : { fromMs, untilMs: this.player.range.endMs }
  }

  private takeOf(part: SavedPart): Take {
    const { previousTake, timeline } = this.player
    const take = part === 'previous' ? (previousTake ?? timeline) : timeline
    if (take.frameCount === 0) throw new Error('There is nothing to save yet: let it run first.')
    return take
  }
}

/** Lets the browser save a file. */
export function download({ name, blob }: SavedFile): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
