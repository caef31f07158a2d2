const KEPT = 120
/** Less than this, relative to the value, is no change worth showing. */
const LEAST_SPAN = 1e-3

/** The last values of something as a line; a picture beside the number, which says it for everybody. */
export class Sparkline {
  readonly element = document.createElement('canvas')
  private values: number[] = []

  constructor() {
    this.element.width = 240
    this.element.height = 48
    this.element.className = 'sparkline'
    this.element.setAttribute('aria-hidden', 'true')
  }

  add(value: number): void {
    this.values.push(value)
    if (this.values.length > KEPT) this.values.shift()
    this.draw()
  }

  private draw(): void {
    const { element, values } = this
    const context = element.getContext('2d')
    if (!context) return
    const { width, height } = element
    const least = Math.min(...values)
    const span = Math.max(...values) - least
    context.clearRect(0, 0, width, height)
    context.strokeStyle = getComputedStyle(element).color
    context.lineWidth = 2
    context.beginPath()
    for (const [index, value] of values.entries()) {
      const x = (index / (KEPT - 1)) * width
      const y =
        span > LEAST_SPAN * Math.max(1, Math.abs(value))
          ? height - 3 - ((value - least) / span) * (height - 6)
          : height / 2
      if (index === 0) context.moveTo(x, y)
      else context.lineTo(x, y)
    }
    context.stroke()
  }
}
