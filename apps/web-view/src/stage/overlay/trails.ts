import { LineOverlay, type Tint } from './line-overlay.js'
import type { OverlayHost, Point } from './overlay.js'

const TINTS: readonly Tint[] = [
  [0.12, 0.43, 0.92],
  [0.85, 0.33, 0.1],
  [0.2, 0.6, 0.25],
  [0.6, 0.25, 0.75],
]

/** Where robots have been: a line behind each, of bounded length. */
export class TrailOverlay {
  private readonly lines: LineOverlay
  private readonly trails = new Map<string, Point[]>()
  private shown = true

  /** `step`: metres between two points of a line. */
  constructor(
    host: OverlayHost,
    private readonly most = 500,
    private readonly step = 0.01,
  ) {
    this.lines = new LineOverlay(host, { onTop: false })
  }

  /** Where one is now. Points that have hardly moved are left out. */
  add(id: string, position: Point): void {
    let trail = this.trails.get(id)
    if (!trail) {
      trail = []
      this.trails.set(id, trail)
    }
    const last = trail.at(-1)
    if (last && Math.hypot(...position.map((one, at) => one - last[at]!)) < this.step) return
    trail.push(position)
    if (trail.length > this.most) trail.shift()
    this.draw()
  }

  lengthOf(id: string): number {
    return this.trails.get(id)?.length ?? 0
  }

  /** At a reset, and when another moment is shown. */
  clear(): void {
    this.trails.clear()
    this.draw()
  }

  show(): void {
    this.shown = true
    this.draw()
  }

  hide(): void {
    this.shown = false
    this.lines.hide()
  }

  dispose(): void {
    this.trails.clear()
    this.lines.dispose()
  }

  private draw(): void {
    if (!this.shown) return
    const trails = [...this.trails.values()]
    this.lines.draw(
      trails.flatMap((trail, at) =>
        trail.slice(1).map((to, index) => [trail[index]!, to, TINTS[at % TINTS.length]!] as const),
      ),
    )
  }
}
