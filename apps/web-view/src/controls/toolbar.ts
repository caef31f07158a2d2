import type { ViewState } from '../view-event.js'
import { clockText, spokenTime } from './clock-text.js'
import { dressButton, type IconName, iconButton } from './icon.js'

/** What a page may leave out of the toolbar: `<simyard-view controls hide="quit share">`. */
export const TOOLS = [
  'quit',
  'reload',
  'worlds',
  'reset',
  'step',
  'run',
  'fast',
  'history',
  'record',
  'console',
  'windows',
  'camera',
  'inspect',
  'info',
  'settings',
  'share',
  'full',
] as const
export type Tool = (typeof TOOLS)[number]

/** What is shown: a simulation that runs somewhere, one that was recorded, or a scene that stands still. */
export type ShowKind = 'live' | 'recording' | 'scene'

export interface ToolbarState {
  readonly kind: ShowKind
  readonly state: ViewState
  /** Somebody who only looks: the run is not theirs. */
  readonly broadcast: boolean
  /** The newest moment is shown, not an earlier one. */
  readonly live: boolean
  readonly playing: boolean
  readonly worlds: number
  readonly windows: number
  readonly recording: boolean
  readonly hidden: ReadonlySet<string>
  readonly open: Tool | undefined
}

interface Dress {
  readonly icon: IconName
  readonly label: string
  readonly key?: string
  readonly note?: string
}

const dresses: Record<Tool, Dress> = {
  quit: { icon: 'quit', label: 'Quit', note: 'Ends the simulation' },
  reload: { icon: 'reload', label: 'Reload', note: 'Loads the world again from its file' },
  worlds: { icon: 'worlds', label: 'Worlds' },
  reset: { icon: 'reset', label: 'Reset', key: 'R' },
  step: { icon: 'step', label: 'Step', key: '.' },
  run: { icon: 'play', label: 'Run', key: 'Space' },
  fast: { icon: 'fast', label: 'Fast', note: 'As fast as the simulator can' },
  history: { icon: 'history', label: 'Look back', key: 'B' },
  record: { icon: 'record', label: 'Record and save' },
  console: { icon: 'console', label: 'Console' },
  windows: { icon: 'robot', label: 'Robots', key: 'W' },
  camera: { icon: 'camera', label: 'Camera', key: 'C' },
  inspect: { icon: 'inspect', label: 'Inspect', key: 'I' },
  info: { icon: 'info', label: 'About' },
  settings: { icon: 'settings', label: 'Settings' },
  share: { icon: 'share', label: 'Share' },
  full: { icon: 'full', label: 'Full screen', key: 'F' },
}
const runTools: readonly Tool[] = ['quit', 'reload', 'worlds', 'reset', 'step', 'run', 'fast']
const panelTools: readonly Tool[] = [
  'worlds',
  'record',
  'console',
  'windows',
  'camera',
  'inspect',
  'info',
  'settings',
  'share',
]
/** Kept where there is little room; the others move behind one button. */
const always: readonly Tool[] = ['run', 'reset', 'step', 'full']

/** The buttons over the picture: real buttons with names, and the clock. */
export class Toolbar {
  readonly element = document.createElement('div')
  private readonly tools = new Map<Tool, HTMLButtonElement>()
  readonly more: HTMLButtonElement
  private readonly offered = new Set<Tool>()
  private readonly clock = document.createElement('span')
  private readonly speed = document.createElement('span')
  private readonly toLive: HTMLButtonElement

  constructor(onTool: (tool: Tool) => void, onLive: () => void, onMore: (open: boolean) => void) {
    this.element.className = 'toolbar'
    this.element.setAttribute('role', 'toolbar')
    this.element.setAttribute('aria-label', 'Simulation')
    for (const tool of TOOLS) {
      const { icon, label, key = '', note } = dresses[tool]
      const button = iconButton(icon, label, key, () => onTool(tool))
      if (note) button.title = `${label}: ${note}`
      button.dataset.tool = tool
      if (!always.includes(tool)) button.classList.add('optional')
      if (panelTools.includes(tool)) button.setAttribute('aria-expanded', 'false')
      this.tools.set(tool, button)
    }
    this.clock.className = 'clock'
    this.clock.title = 'Simulated time'
    this.speed.className = 'speed'
    this.speed.hidden = true
    this.toLive = iconButton('fast', 'Back to now', 'L', onLive)
    this.toLive.classList.add('to-live')
    this.more = iconButton('more', 'More', '', () => onMore(this.element.dataset.more !== 'open'))
    this.more.classList.add('more')
    this.more.setAttribute('aria-expanded', 'false')
    const grow = document.createElement('span')
    grow.className = 'grow'
    const pageTools = document.createElement('slot')
    pageTools.name = 'tools'
    this.element.append(
      ...this.pick('run', 'reset', 'step', 'fast', 'worlds', 'reload', 'quit'),
      this.clock,
      this.speed,
      this.toLive,
      grow,
      ...this.pick('history', 'record', 'console', 'windows', 'camera', 'inspect', 'info', 'settings', 'share', 'full'),
      pageTools,
      this.more,
    )
    this.element.addEventListener('keydown', (event) => this.onArrow(event))
  }

  button(tool: Tool): HTMLButtonElement {
    return this.tools.get(tool)!
  }

  /** Whether this tool would do something now; a key may stand for a button that the page has left out. */
  offers(tool: Tool): boolean {
    return this.offered.has(tool)
  }

  show(now: ToolbarState): void {
    const { kind, state, live, playing } = now
    const running = kind === 'live' && live ? state === 'running' || state === 'fast' : playing
    const connected = state === 'paused' || state === 'running' || state === 'fast'
    for (const [tool, button] of this.tools) {
      const has = this.has(tool, now)
      button.hidden = !has || now.hidden.has(tool)
      // The past can be looked at also when nothing runs any more.
      const past = !live && (tool === 'run' || tool === 'step')
      button.disabled = kind === 'live' && runTools.includes(tool) && tool !== 'quit' && !connected && !past
      if (has && !button.disabled) this.offered.add(tool)
      else this.offered.delete(tool)
      if (panelTools.includes(tool)) button.setAttribute('aria-expanded', String(now.open === tool))
    }
    dressButton(this.button('run'), running ? 'pause' : 'play', running ? 'Pause' : runLabel(now), 'Space')
    this.button('run').dataset.running = String(running)
    this.button('fast').setAttribute('aria-pressed', String(state === 'fast'))
    this.button('history').setAttribute('aria-pressed', String(!live))
    this.button('record').dataset.recording = String(now.recording)
    this.toLive.hidden = kind !== 'live' || live
    if (!running || !live) this.speed.hidden = true
  }

  setTime(timeMs: number): void {
    this.clock.textContent = clockText(timeMs)
    this.clock.setAttribute('aria-label', `Simulated time ${spokenTime(timeMs)}`)
  }

  setSpeed(factor: number, reason: string | undefined): void {
    this.speed.hidden = false
    this.speed.textContent = `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(2)}×`
    this.speed.dataset.level = factor >= 0.95 ? 'good' : factor >= 0.5 ? 'slow' : 'bad'
    const text = `Real-time factor ${factor.toFixed(2)}${reason ? `: ${reason}` : ''}`
    this.speed.title = text
    this.speed.setAttribute('aria-label', text)
  }

  setMore(open: boolean): void {
    this.element.dataset.more = open ? 'open' : ''
    this.more.setAttribute('aria-expanded', String(open))
  }

  private has(tool: Tool, { kind, broadcast, live, worlds }: ToolbarState): boolean {
    if (kind === 'scene') return ['camera', 'inspect', 'info', 'settings', 'share', 'full'].includes(tool)
    if (kind === 'recording') {
      return !['quit', 'reload', 'worlds', 'fast', 'history', 'console', 'windows'].includes(tool)
    }
    // Those who only watch may play what they look back at.
    if (broadcast && runTools.includes(tool)) return !live && (tool === 'run' || tool === 'step')
    return tool !== 'worlds' || worlds > 1
  }

  private pick(...tools: Tool[]): HTMLButtonElement[] {
    return tools.map((tool) => this.button(tool))
  }

  /** Arrows go from button to button, as in every toolbar. */
  private onArrow(event: KeyboardEvent): void {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    const buttons = [...this.element.querySelectorAll<HTMLElement>('button:not(:disabled), slot')]
      // Buttons of the page stand in the same line.
      .flatMap((one) => (one instanceof HTMLSlotElement ? (one.assignedElements() as HTMLElement[]) : [one]))
      .filter((one) => one.offsetParent !== null)
    const at = buttons.findIndex((one) => one.contains(event.target as Node))
    if (at < 0) return
    event.preventDefault()
    event.stopPropagation()
    buttons[(at + step + buttons.length) % buttons.length]?.focus()
  }
}

function runLabel({ kind, live }: ToolbarState): string {
  return kind === 'live' && live ? 'Run' : 'Play'
}
