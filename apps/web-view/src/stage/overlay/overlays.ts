import { LabelOverlay } from './labels.js'
import { AxesOverlay, BoundsOverlay, ContactOverlay, GridOverlay, JointOverlay, RayOverlay } from './marks.js'
import type { OverlayHost } from './overlay.js'
import { PictureOverlay } from './picture-overlay.js'
import { PointOverlay } from './points.js'
import { StrokeOverlay } from './strokes.js'
import { TrailOverlay } from './trails.js'

/** Everything that can lie over the scene. Nothing is shown until it is told to, and what was never shown was never made. */
export class Overlays {
  readonly labels = new LabelOverlay()
  readonly pictures = new PictureOverlay()
  private readonly made = new Map<string, { dispose(): void }>()

  constructor(
    private readonly host: OverlayHost,
    private readonly up: () => 'y' | 'z',
  ) {}

  get axes(): AxesOverlay {
    return this.one('axes', () => new AxesOverlay(this.host))
  }

  get bounds(): BoundsOverlay {
    return this.one('bounds', () => new BoundsOverlay(this.host))
  }

  get contacts(): ContactOverlay {
    return this.one('contacts', () => new ContactOverlay(this.host))
  }

  get grid(): GridOverlay {
    return this.one('grid', () => new GridOverlay(this.host))
  }

  get joints(): JointOverlay {
    return this.one('joints', () => new JointOverlay(this.host))
  }

  get points(): PointOverlay {
    return this.one('points', () => new PointOverlay(this.host))
  }

  get rays(): RayOverlay {
    return this.one('rays', () => new RayOverlay(this.host))
  }

  get strokes(): StrokeOverlay {
    return this.one('strokes', () => new StrokeOverlay(this.host, this.up()))
  }

  get trails(): TrailOverlay {
    return this.one('trails', () => new TrailOverlay(this.host))
  }

  /** With the scene goes what was shown of it. */
  clear(): void {
    for (const one of this.made.values()) one.dispose()
    this.made.clear()
    this.labels.clear()
    this.pictures.hide()
  }

  private one<T extends { dispose(): void }>(name: string, make: () => T): T {
    const known = this.made.get(name) as T | undefined
    if (known) return known
    const made = make()
    this.made.set(name, made)
    return made
  }
}
