import type { Controls } from '../controls/controls.js'
import { field } from '../controls/panel.js'
import { InspectTool } from '../inspect/inspect-tool.js'
import type { Inspection } from '../inspect/inspection.js'
import { solidTree } from '../inspect/inspection.js'
import type { Player } from '../player/player.js'
import { Overlays } from '../stage/overlay/overlays.js'
import type { AmbientOcclusion, Quality } from '../stage/quality.js'
import type { Stage } from '../stage/stage.js'

const LEVELS: readonly AmbientOcclusion[] = ['off', 'low', 'normal', 'high', 'ultra']

export interface PictureToolEvents {
  onSelect(id: string | undefined): void
  onQuality(quality: Quality, reason: 'set' | 'slow'): void
}

/** What can be seen and set beyond the picture itself: inspection, overlays and the quality. */
export class PictureTools {
  readonly overlays: Overlays
  private readonly inspectTool: InspectTool
  private readonly on = { grid: false, axes: false, bounds: false, trails: false }
  private lowered = false
  private lastMs = 0

  constructor(
    private readonly stage: Stage,
    private readonly player: Player,
    private readonly controls: Controls,
    private readonly events: PictureToolEvents,
  ) {
    this.overlays = new Overlays(stage, () => (this.player.scene?.older ? 'y' : 'z'))
    const scene = () => player.scene
    this.inspectTool = new InspectTool(
      {
        get scene() {
          return scene()
        },
        get timeMs() {
          return player.timeMs
        },
        select: (id) => stage.select(id),
        follow: (id) => stage.followNode(id),
      },
      () => controls.openPanel(undefined),
    )
    controls.addPanel('inspect', this.inspectTool)
    this.addSettings()
  }

  inspect(id: string): Inspection | undefined {
    return this.inspectTool.inspect(id)
  }

  describe(): string {
    return this.inspectTool.describe()
  }

  /** Told by the stage. */
  selected(id: string | undefined): void {
    this.inspectTool.onSelect(id)
    this.draw()
    this.events.onSelect(id)
  }

  qualityChanged(quality: Quality, reason: 'set' | 'slow'): void {
    this.lowered = reason === 'slow'
    if (this.lowered) this.controls.announce('The picture was made simpler because this device was too slow for it.')
    this.events.onQuality(quality, reason)
  }

  /** Another scene is shown. */
  begin(): void {
    this.overlays.clear()
    this.lastMs = 0
    this.inspectTool.refresh()
    this.draw()
  }

  /** Another moment is on the screen. */
  showTime(timeMs: number): void {
    if (timeMs < this.lastMs && this.on.trails) this.overlays.trails.clear()
    this.lastMs = timeMs
    this.inspectTool.update()
    if (this.on.axes || this.on.bounds || this.on.trails) this.draw()
  }

  private draw(): void {
    const { scene } = this.player
    if (!scene) return
    const { selected } = this.stage.selection
    const { overlays, on } = this
    if (on.grid) overlays.grid.show({ size: 10, spacing: 0.5, up: scene.older ? 'y' : 'z' })
    if (on.axes) overlays.axes.show(selected ? { of: selected, length: 0.3 } : { length: 1 })
    if (on.bounds) {
      const objects = solidTree(scene).flatMap(({ id }) => scene.objectOf(id) ?? [])
      overlays.bounds.show(objects)
    }
    if (on.trails) {
      for (const { id, type } of solidTree(scene)) {
        if (type !== 'Robot') continue
        const seen = this.inspectTool.inspect(id)
        if (seen) overlays.trails.add(id, seen.position)
      }
    }
  }

  private addSettings(): void {
    const { stage, controls } = this
    const overlay = (name: keyof PictureTools['on'], label: string) => ({
      group: 'Over the picture',
      label,
      get: () => this.on[name],
      set: (on: boolean) => {
        this.on[name] = on
        if (!on) this.overlays[name].hide()
        else if (name === 'trails') this.overlays.trails.show()
        this.draw()
      },
    })
    const change = (part: Partial<Quality>) => {
      stage.quality = { ...stage.quality, ...part }
    }
    controls.settings.add(
      overlay('grid', 'Grid, half a metre'),
      overlay('axes', 'Axes of the world, or of what is selected'),
      overlay('trails', 'Where robots have been'),
      overlay('bounds', 'Boxes around things'),
      {
        group: 'Quality',
        label: 'Shadows',
        get: () => stage.quality.shadows,
        set: (shadows) => change({ shadows }),
      },
      {
        group: 'Quality',
        label: 'Full materials',
        note: 'Reflections and textures of surfaces.',
        get: () => stage.quality.materials === 'full',
        set: (on) => change({ materials: on ? 'full' : 'simple' }),
      },
      {
        group: 'Quality',
        label: 'Sharp on fine screens',
        get: () => stage.quality.pixelRatioCap > 1,
        set: (on) => change({ pixelRatioCap: on ? 2 : 1 }),
      },
      {
        group: 'Quality',
        label: 'Simpler when this device is too slow',
        get: () => stage.quality.automatic,
        set: (automatic) => change({ automatic }),
      },
    )
    controls.settings.addControl('Quality', () => {
      const select = document.createElement('select')
      for (const level of LEVELS) select.add(new Option(level, level, false, level === stage.quality.ambientOcclusion))
      select.addEventListener('change', () => change({ ambientOcclusion: LEVELS[select.selectedIndex] ?? 'off' }))
      const note = this.lowered ? 'The picture was made simpler because this device was too slow.' : ''
      return field('Ambient occlusion', select, note)
    })
    controls.settings.addControl('Quality', () => {
      const range = document.createElement('input')
      Object.assign(range, {
        type: 'range',
        min: '0.25',
        max: '3',
        step: '0.05',
        value: String(stage.quality.exposure),
      })
      range.addEventListener('input', () => change({ exposure: Number(range.value) }))
      return field('Brightness', range)
    })
  }
}
