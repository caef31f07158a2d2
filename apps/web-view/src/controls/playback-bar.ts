import { clockText } from './clock-text.js'
import { iconButton } from './icon.js'
import { select } from './panel.js'
import { Scrubber, type ScrubberEvents } from './scrubber.js'

export interface PlaybackEvents extends ScrubberEvents {
  onSpeed(speed: number): void
  onLoop(loop: boolean): void
}

const SPEEDS = [0.1, 0.25, 0.5, 1, 2, 4, 8, 16]

/** Time under the picture: where in a recording, or how far back. */
export class PlaybackBar {
  readonly element = document.createElement('div')
  private readonly scrubber: Scrubber
  private readonly times = document.createElement('span')
  private readonly loop: HTMLButtonElement
  private readonly speed: HTMLSelectElement

  constructor(events: PlaybackEvents) {
    this.element.className = 'playback'
    this.element.hidden = true
    this.element.setAttribute('role', 'group')
    this.element.setAttribute('aria-label', 'Playback')
    this.scrubber = new Scrubber(events)
    this.times.className = 'times'
    this.speed = select<string>(
      SPEEDS.map((value) => [String(value), `${value}×`] as const),
      '1',
      (value) => events.onSpeed(Number(value)),
    )
    this.speed.setAttribute('aria-label', 'Playback speed')
    this.loop = iconButton('loop', 'Loop', '', () => {
      const on = this.loop.getAttribute('aria-pressed') !== 'true'
      this.setLoop(on)
      events.onLoop(on)
    })
    this.setLoop(false)
    this.element.append(
      iconButton('back', 'One frame back', ',', () => events.onFrames(-1)),
      iconButton('step', 'One frame on', '.', () => events.onFrames(1)),
      this.scrubber.element,
      this.times,
      this.speed,
      this.loop,
    )
  }

  show(timeMs: number, startMs: number, endMs: number): void {
    this.scrubber.show(timeMs, startMs, endMs)
    this.times.textContent = `${clockText(timeMs)} / ${clockText(endMs)}`
  }

  setLoop(on: boolean): void {
    this.loop.setAttribute('aria-pressed', String(on))
  }

  setSpeed(speed: number): void {
    const value = String(speed)
    if (![...this.speed.options].some((one) => one.value === value)) this.speed.add(new Option(`${value}×`, value))
    this.speed.value = value
  }
}
