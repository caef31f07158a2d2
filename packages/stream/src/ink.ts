import type { InkStroke } from '@simyard/protocol'

/** Points that a page that comes late still gets. */
const MOST_POINTS = 100_000

/** What pens have drawn in a world, for pages that come late. Bounded: the oldest lines fade. */
export class Ink {
  private strokes: InkStroke[] = []
  private points = 0

  add({ strokes, clear }: { readonly strokes: readonly InkStroke[]; readonly clear: boolean }): void {
    if (clear) this.clear()
    for (const stroke of strokes) {
      this.strokes.push(stroke)
      this.points += stroke.points.length
    }
    while (this.points > MOST_POINTS) this.points -= this.strokes.shift()?.points.length ?? 0
  }

  clear(): void {
    this.strokes = []
    this.points = 0
  }

  get pointCount(): number {
    return this.points
  }

  /** For a page that has just got the scene; undefined when nothing was drawn. */
  get event(): { readonly type: 'ink'; readonly strokes: readonly InkStroke[]; readonly clear: boolean } | undefined {
    return this.strokes.length === 0 ? undefined : { type: 'ink', strokes: this.strokes, clear: true }
  }
}
