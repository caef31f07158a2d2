import { clockText, spokenTime } from './clock-text.js'

export interface ScrubberEvents {
  onSeek(timeMs: number): void
  onDrag(dragging: boolean): void
  onFrames(frames: number): void
}

/** A line through time: drag, click, arrow keys (a frame), page keys (a second), Home and End. */
export class Scrubber {
  readonly element = document.createElement('div')
  private readonly input = document.createElement('input')
  private readonly bubble = document.createElement('output')
  private startMs = 0
  private endMs = 0
  private dragging = false

  constructor(private readonly events: ScrubberEvents) {
    this.element.className = 'scrubber'
    this.input.type = 'range'
    this.input.min = '0'
    this.input.step = 'any'
    this.input.setAttribute('aria-label', 'Time')
    this.bubble.hidden = true
    this.element.append(this.input, this.bubble)
    this.input.addEventListener('pointerdown', () => this.setDragging(true))
    for (const end of ['pointerup', 'pointercancel', 'change'] as const)
      this.input.addEventListener(end, () => this.setDragging(false))
    this.input.addEventListener('input', () => events.onSeek(Number(this.input.value)))
    this.input.addEventListener('pointermove', (event) => this.showBubble(event))
    this.input.addEventListener('pointerleave', () => {
      this.bubble.hidden = true
    })
    this.input.addEventListener('keydown', (event) => this.onKey(event))
  }

  show(timeMs: number, startMs: number, endMs: number): void {
    if (startMs !== this.startMs || endMs !== this.endMs) {
      this.startMs = startMs
      this.endMs = endMs
      this.input.min = String(startMs)
      this.input.max = String(endMs)
    }
    if (!this.dragging) this.input.value = String(timeMs)
    const part = endMs > startMs ? (timeMs - startMs) / (endMs - startMs) : 0
    this.input.style.setProperty('--part', `${(part * 100).toFixed(2)}%`)
    this.input.setAttribute('aria-valuetext', spokenTime(timeMs))
  }

  private setDragging(dragging: boolean): void {
    if (this.dragging === dragging) return
    this.dragging = dragging
    this.events.onDrag(dragging)
  }

  private showBubble(event: PointerEvent): void {
    const box = this.input.getBoundingClientRect()
    const part = Math.min(Math.max((event.clientX - box.left) / Math.max(box.width, 1), 0), 1)
    this.bubble.hidden = false
    this.bubble.style.left = `${part * 100}%`
    this.bubble.textContent = clockText(this.startMs + part * (this.endMs - this.startMs))
  }

  private onKey(event: KeyboardEvent): void {
    const now = Number(this.input.value)
    const to: Record<string, () => void> = {
      ArrowLeft: () => this.events.onFrames(event.shiftKey ? -10 : -1),
      ArrowDown: () => this.events.onFrames(-1),
      ArrowRight: () => this.events.onFrames(event.shiftKey ? 10 : 1),
      ArrowUp: () => this.events.onFrames(1),
      PageDown: () => this.events.onSeek(Math.max(now - 1000, this.startMs)),
      PageUp: () => this.events.onSeek(Math.min(now + 1000, this.endMs)),
      Home: () => this.events.onSeek(this.startMs),
      End: () => this.events.onSeek(this.endMs),
    }
    const action = to[event.key]
    if (!action) return
    event.preventDefault()
    event.stopPropagation()
    action()
  }
}
