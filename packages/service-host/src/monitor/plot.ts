import { curvePath, type Frame, type PlotPoint, scaled } from './curve.js'
import { escapeHtml } from './escape-html.js'

export interface PlotSeries {
  readonly name: string
  readonly points: readonly PlotPoint[]
}

export interface Plot {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  /** What the plot shows, in a sentence, for who cannot see it; the latest values are added. */
  readonly description: string
  /** Behind every number: `%`, `MB/s`. */
  readonly unit: string
  readonly series: readonly PlotSeries[]
  readonly nowMs: number
  readonly minutes: number
  /** The upper end of the axis; without it the highest value decides. */
  readonly max?: number
}

const WIDTH = 460
const HEIGHT = 190
const AREA = { left: 52, right: WIDTH - 10, top: 10, bottom: HEIGHT - 26 }
/** As many lines as one can tell apart; the style sheet of the frame has a colour and a dash for each. */
export const PLOT_STYLES = 8

/** Several values over the last minutes, as a figure that needs no JavaScript. */
export function plot(options: Plot): string {
  const { id, title, unit, series, nowMs, minutes } = options
  const highest = Math.max(0, ...series.flatMap(({ points }) => points.map(({ value }) => value ?? 0)))
  const step = niceStep((options.max ?? (highest || 1)) / 4, [1, 2, 2.5, 5, 10])
  const high = options.max ?? Math.max(step, Math.ceil(highest / step) * step)
  const frame: Frame = { fromMs: nowMs - minutes * 60_000, toMs: nowMs, low: 0, high, ...AREA }
  const key = escapeHtml(id)
  const curves = series.map(
    ({ points }, index) => `<path class="curve s${index % PLOT_STYLES}" d="${curvePath(points, frame)}"/>`,
  )
  const legend = series.map(({ name, points }, index) => {
    const swatch = `<svg class="swatch" viewBox="0 0 24 8" aria-hidden="true"><path class="curve s${index % PLOT_STYLES}" d="M0 4h24"/></svg>`
    return `<li>${swatch}${escapeHtml(name)} <b>${shown(latest(points), unit)}</b></li>`
  })
  const latestValues = series.map(({ name, points }) => `${name}: ${shown(latest(points), unit)}`).join('; ')
  return `<figure class="plot"><figcaption>${escapeHtml(title)}</figcaption>
<svg role="img" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-labelledby="${key}-title ${key}-description"><title id="${key}-title">${escapeHtml(title)}</title><desc id="${key}-description">${escapeHtml(`${options.description} Now ${latestValues}.`)}</desc>
${valueAxis(frame, step, unit)}${timeAxis(minutes)}${curves.join('')}</svg>
<ul class="legend">${legend.join('')}</ul></figure>`
}

/** A curve without axes, for a row of a table: the number stands beside it. */
export function sparkline(options: {
  readonly points: readonly PlotPoint[]
  readonly nowMs: number
  readonly minutes: number
  readonly max: number
}): string {
  const frame: Frame = {
    fromMs: options.nowMs - options.minutes * 60_000,
    toMs: options.nowMs,
    low: 0,
    high: options.max,
    left: 1,
    right: 119,
    top: 2,
    bottom: 26,
  }
  return `<svg class="spark" viewBox="0 0 120 28" aria-hidden="true"><path class="rule" d="M0 26.5h120"/><path class="curve s0" d="${curvePath(options.points, frame)}"/></svg>`
}

function valueAxis(frame: Frame, step: number, unit: string): string {
  let marks = ''
  for (let value = 0; value <= frame.high + step / 1000; value += step) {
    const y = scaled(value, frame.low, frame.high, frame.bottom, frame.top).toFixed(1)
    marks += `<path class="rule" d="M${frame.left} ${y}H${frame.right}"/><text x="${frame.left - 6}" y="${y}" dy=".32em" text-anchor="end">${shown(value, unit, step)}</text>`
  }
  return marks
}

function timeAxis(minutes: number): string {
  const step = niceStep(minutes / 4, [1, 2, 5, 10])
  let marks = ''
  for (let ago = 0; ago <= minutes; ago += step) {
    const x = scaled(-ago, -minutes, 0, AREA.left, AREA.right).toFixed(1)
    const text = ago === 0 ? 'now' : `−${round(ago, step)} min`
    const anchor = ago === 0 ? 'end' : ago + step > minutes ? 'start' : 'middle'
    marks += `<text x="${x}" y="${HEIGHT - 8}" text-anchor="${anchor}">${text}</text>`
  }
  return marks
}

/** One of the factors times a power of ten, at least as much as asked. */
function niceStep(atLeast: number, factors: readonly number[]): number {
  const power = 10 ** Math.floor(Math.log10(atLeast))
  return (factors.find((factor) => factor * power >= atLeast * 0.999) ?? 10) * power
}

function latest(points: readonly PlotPoint[]): number | undefined {
  return points.at(-1)?.value
}

function shown(value: number | undefined, unit: string, step = 0.1): string {
  if (value === undefined) return '–'
  const space = unit === '' ? '' : '\u202f'
  return `${round(value, step)}${space}${escapeHtml(unit)}`
}

/** Rounded to as many digits after the point as the step has. */
function round(value: number, step: number): string {
  let digits = 0
  while (digits < 6 && Math.abs(Math.round(step * 10 ** digits) - step * 10 ** digits) > 1e-6) digits++
  return String(Number(value.toFixed(digits)))
}
