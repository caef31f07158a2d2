import { icon } from '../site/icon.js'

export type CameraMode = 'follow' | 'top' | 'stage'

export interface WorldControlsEvents {
  onCamera(mode: CameraMode, robot: string): void
  onNoise(on: boolean): void
  onBrightness(value: number): void
  onSounds(on: boolean): void
  onReset(): void
}

const cameras: readonly (readonly [CameraMode, string, string])[] = [
  ['follow', 'Follow', '1'],
  ['top', 'Top', '2'],
  ['stage', 'Stage', '3'],
]

/** Below the picture: robot and camera, noise, light, sounds. */
export class WorldControls {
  private readonly robots = document.createElement('select')
  private readonly buttons = new Map<CameraMode, HTMLButtonElement>()
  private readonly noise = toggle('Make noise', 'Robots hear a noise while this is on')
  private readonly sounds = toggle('Sounds', 'Play the sounds of the robots')
  private readonly light = document.createElement('input')
  private mode: CameraMode = 'follow'

  constructor(
    bar: HTMLElement,
    private readonly events: WorldControlsEvents,
  ) {
    this.robots.setAttribute('aria-label', 'Robot that the camera looks at')
    this.robots.addEventListener('change', () => this.look(this.mode === 'stage' ? 'follow' : this.mode))
    const group = document.createElement('div')
    group.className = 'segments'
    group.setAttribute('role', 'group')
    group.setAttribute('aria-label', 'Camera')
    for (const [mode, label, key] of cameras) {
      const button = document.createElement('button')
      button.type = 'button'
      button.textContent = label
      button.title = `${label} camera (${key})`
      button.addEventListener('click', () => this.look(mode))
      this.buttons.set(mode, button)
      group.append(button)
    }
    this.light.type = 'range'
    this.light.setAttribute('aria-label', 'Light')
    this.light.min = '0'
    this.light.max = '100'
    this.light.value = '50'
    this.light.addEventListener('input', () => events.onBrightness(Number(this.light.value)))
    const light = document.createElement('label')
    light.className = 'light'
    light.innerHTML = `${icon('sun', 18)}<span>Light</span>`
    light.append(this.light)
    onToggle(this.noise, (on) => events.onNoise(on))
    onToggle(this.sounds, (on) => events.onSounds(on))
    const reset = document.createElement('button')
    reset.type = 'button'
    reset.className = 'text-button'
    reset.innerHTML = `${icon('reset', 18)}<span>Reset</span>`
    reset.title = 'Put everything back to where it was at the start'
    reset.addEventListener('click', () => events.onReset())
    bar.append(this.robots, group, light, this.noise, this.sounds, reset)
    addEventListener('keydown', (event) => this.onKey(event))
    this.markMode()
  }

  setRobots(names: readonly string[]): void {
    const chosen = this.robots.value
    this.robots.replaceChildren(...names.map((name) => new Option(name, name)))
    this.robots.hidden = names.length === 0
    if (names.includes(chosen)) this.robots.value = chosen
  }

  setSurroundings({ noise, brightness }: { readonly noise: boolean; readonly brightness: number }): void {
    this.noise.setAttribute('aria-pressed', String(noise))
    if (document.activeElement !== this.light) this.light.value = String(brightness)
  }

  look(mode: CameraMode): void {
    this.mode = mode
    this.markMode()
    this.events.onCamera(mode, this.robots.value)
  }

  private markMode(): void {
    for (const [mode, button] of this.buttons) button.setAttribute('aria-pressed', String(mode === this.mode))
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    const found = cameras.find(([, , key]) => key === event.key)
    if (found) this.look(found[0])
  }
}

function isTyping(target: EventTarget | null): boolean {
  if (target instanceof HTMLInputElement && target.type === 'range') return false
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName))
}

function toggle(label: string, title: string): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'text-button toggle'
  button.textContent = label
  button.title = title
  button.setAttribute('aria-pressed', 'false')
  return button
}

function onToggle(button: HTMLButtonElement, listener: (on: boolean) => void): void {
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true'
    button.setAttribute('aria-pressed', String(on))
    listener(on)
  })
}
