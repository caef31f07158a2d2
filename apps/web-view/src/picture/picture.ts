import { Player } from '../player/player.js'
import { Recorder } from '../record/recorder.js'
import type { AssetBase } from '../scene/asset-url.js'
import { Stage } from '../stage/stage.js'
import { emit } from '../view-event.js'
import type { ViewParts } from '../view-parts.js'
import { PictureTools } from './picture-tools.js'
import { SenseOverlays } from './sense-overlays.js'

/** What there is only while the view is in its page: the stage, the player on it, and what works with both. */
export class Picture {
  readonly stage: Stage
  readonly player: Player
  readonly tools: PictureTools
  readonly senses: SenseOverlays
  readonly recorder: Recorder

  /** Throws when this browser has no WebGL. */
  constructor(host: HTMLElement, { view, controls, windows, world }: ViewParts, onTime: () => void) {
    this.stage = new Stage(host, {
      onAdvance: (now) => this.player.advance(now),
      onPick: (robot) => emit(view, 'simyard-pick', robot === undefined ? {} : { robot }),
      onFollow: (robot) => emit(view, 'simyard-follow', robot === undefined ? {} : { robot }),
      onSelect: (id) => this.tools.selected(id),
      onQuality: (quality, reason) => this.tools.qualityChanged(quality, reason),
    })
    this.player = new Player(this.stage, {
      onTime: (timeMs) => {
        this.tools.showTime(timeMs)
        controls.showTime()
        emit(view, 'simyard-time', { timeMs })
        onTime()
      },
      onLabels: (labels) => {
        this.tools.overlays.labels.show(labels)
        emit(view, 'simyard-labels', { labels })
      },
    })
    controls.settings.clear()
    this.tools = new PictureTools(this.stage, this.player, controls, {
      onSelect: (id) => emit(view, 'simyard-select', id === undefined ? {} : { id }),
      onQuality: (quality, reason) => emit(view, 'simyard-quality', { quality, reason }),
    })
    const { overlays } = this.tools
    this.senses = new SenseOverlays(windows.stream.host(), overlays, this.player, controls.settings)
    this.recorder = new Recorder(this.player, this.stage, world)
    host.append(overlays.labels.element, overlays.pictures.element)
  }

  /** Another scene. Throws when the text is none. `keepAll`: a recording, of which nothing is forgotten. */
  show(xml: string, assetBase: AssetBase, keepAll: boolean, onPicture: () => void): void {
    this.player.show(xml, assetBase, keepAll, onPicture)
    this.recorder.beginAnew()
    this.tools.begin()
  }

  dispose(): void {
    this.tools.overlays.clear()
    this.senses.dispose()
    this.stage.dispose()
  }
}
