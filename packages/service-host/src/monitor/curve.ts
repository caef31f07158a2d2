/** A value at a moment; without a value the curve has a gap. */
export interface PlotPoint {
  readonly atMs: number
  readonly value: number | undefined
}

export interface Frame {
  readonly fromMs: number
  readonly toMs: number
  readonly low: number
  readonly high: number
  /** Edges of the plotting area in the picture's units. */
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

/** More points than this do not show on a screen and only make the page long. */
const MAX_POINTS = 120

/** The path of a curve, with gaps where there is no value, thinned to what can be seen by the mean of neighbours. */
export function curvePath(points: readonly PlotPoint[], frame: Frame): string {
  let path = ''
  let drawing = false
  for (const { atMs, value } of thinned(points, frame)) {
    if (value === undefined) {
      drawing = false
      continue
    }
    const x = scaled(atMs, frame.fromMs, frame.toMs, frame.left, frame.right)
    const y = scaled(Math.min(frame.high, Math.max(frame.low, value)), frame.low, frame.high, frame.bottom, frame.top)
    path += `${drawing ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    // A point by itself would not be drawn.
    if (!drawing) path += 'h.1'
    drawing = true
  }
  return path
}

function thinned(points: readonly PlotPoint[], { fromMs, toMs }: Frame): PlotPoint[] {
  const inside = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
  if (inside.length <= MAX_POINTS) return inside
  const widthMs = (toMs - fromMs) / MAX_POINTS
  const slots = new Map<number, { sum: number; count: number; atMs: number }>()
  for (const { atMs, value } of inside) {
    // Slots are cut at whole multiples of their width, so that a curve that moves on keeps its shape.
    const index = Math.floor(atMs / widthMs)
    const slot = slots.get(index) ?? {
      sum: 0,
      count: 0,
      atMs: Math.max(fromMs, Math.min(toMs, (index + 0.5) * widthMs)),
    }
    slots.set(index, slot)
    if (value === undefined) continue
    slot.sum += value
    slot.count++
  }
  return [...slots.values()].map(({ sum, count, atMs }) => ({ atMs, value: count === 0 ? undefined : sum / count }))
}

export function scaled(value: number, from: number, to: number, start: number, end: number): number {
  return to === from ? start : start + ((value - from) / (to - from)) * (end - start)
}
