import { dressButton, type IconName } from '../site/icon.js'
import type { ViewState } from '../site/simyard-view.js'

export interface RunBarEvents {
  onRun(): void
  onStep(): void
  onReset(): void
  onFast(): void
  onCamera(): void
  onFullScreen(): void
  onHelp(): void
}

/** The buttons over the world: real buttons with names, and the clock. */
export class RunBar {
  readonly element = document.createElement('div')
  private readonly run: HTMLButtonElement
  private readonly fast: HTMLButtonElement
  private readonly others: readonly HTMLButtonElement[]
  private readonly clock = document.createElement('span')
  private readonly speed = document.createElement('span')
  private readonly announcement = document.createElement('span')

  constructor(events: RunBarEvents) {
    this.element.className = 'run-bar'
    this.element.setAttribute('role', 'toolbar')
    this.element.setAttribute('aria-label', 'Simulation')
    this.run = button('play', 'Run', 'Space', 'run', events.onRun)
    const step = button('step', 'Step', '.', '', events.onStep)
    const reset = button('reset', 'Reset', 'R', '', events.onReset)
    this.fast = button('fast', 'Fast', '', '', events.onFast)
    this.fast.title = 'As fast as the server can'
    this.others = [step, reset, this.fast]
    this.clock.className = 'clock'
    this.clock.title = 'Simulated time'
    this.speed.className = 'speed'
    this.speed.hidden = true
    this.announcement.setAttribute('aria-live', 'polite')
    this.announcement.style.cssText = 'position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)'
    const grow = document.createElement('span')
    grow.className = 'grow'
    grow.style.pointerEvents = 'none'
    this.element.append(
      this.run,
      step,
      reset,
      this.fast,
      this.clock,
      this.speed,
      grow,
      button('camera', 'Camera', '', 'camera', events.onCamera),
      button('full', 'Full screen', 'F', 'full', events.onFullScreen),
      button('help', 'Help', '?', 'help', events.onHelp),
      this.announcement,
    )
    const camera = this.element.querySelector<HTMLElement>('.camera')!
    camera.title = 'Camera back to its first place'
    camera.setAttribute('aria-label', 'Reset camera')
    this.setTime(0)
    this.setState('idle')
  }

  setState(state: ViewState): void {
    const live = state === 'paused' || state === 'running' || state === 'fast'
    const running = state === 'running' || state === 'fast'
    dressButton(this.run, running ? 'pause' : 'play', running ? 'Pause' : 'Run', 'Space')
    this.run.dataset.running = String(running)
    this.run.disabled = !live
    for (const other of this.others) other.disabled = !live
    this.fast.setAttribute('aria-pressed', String(state === 'fast'))
    if (!running) this.speed.hidden = true
    if (live) this.announcement.textContent = running ? 'Running' : 'Paused'
  }

  setTime(timeMs: number): void {
    const minutes = Math.floor(timeMs / 60_000)
    const seconds = ((timeMs % 60_000) / 1000).toFixed(2).padStart(5, '0')
    this.clock.textContent = `${String(minutes).padStart(2, '0')}:${seconds}`
  }

  setSpeed(factor: number, reason: string | undefined): void {
    this.speed.hidden = false
    this.speed.textContent = `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(2)}×`
    this.speed.dataset.level = factor >= 0.95 ? 'good' : factor >= 0.5 ? 'slow' : 'bad'
    const text = `Real-time factor ${factor.toFixed(2)}${reason ? `: ${reason}` : ''}`
    this.speed.title = text
    this.speed.setAttribute('aria-label', text)
  }
}

function button(icon: IconName, label: string, key: string, className: string, onClick: () => void): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = className
  dressButton(made, icon, label, key)
  made.addEventListener('click', onClick)
  return made
}
