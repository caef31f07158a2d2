import { ConsolePanel } from './console-panel.js'
import type { ControlHost } from './control-host.js'
import { listenForKeys } from './key.js'
import { Notice } from './notice.js'
import type { Panel } from './panel.js'
import { PlaybackBar } from './playback-bar.js'
import { SettingsPanel } from './settings-panel.js'
import { type Tool, Toolbar } from './toolbar.js'
import { CameraPanel, InfoPanel, SharePanel, WorldsPanel } from './world-panels.js'

/** The bar hides this long after the pointer has gone, while something moves. */
const HIDE_AFTER_MS = 2500

/** Toolbar, playback bar and panels of one view. */
export class Controls {
  readonly element = document.createElement('div')
  readonly notice = new Notice()
  readonly console: ConsolePanel
  readonly settings: SettingsPanel
  private readonly toolbar: Toolbar
  private readonly playback: PlaybackBar
  private readonly panels = new Map<Tool, Panel>()
  private readonly announcement = document.createElement('span')
  private open: Tool | undefined
  /** Where the focus was before a panel took it. */
  private focusBefore: HTMLElement | undefined
  private lookingBack = false
  private resumeAfterDrag = false
  private hideTimer: ReturnType<typeof setTimeout> | undefined
  private hidden: ReadonlySet<string> = new Set()

  constructor(
    private readonly host: ControlHost,
    view: HTMLElement,
  ) {
    const close = () => this.openPanel(undefined)
    this.toolbar = new Toolbar(
      (tool) => this.onTool(tool),
      () => this.backToNow(),
      (open) => this.toolbar.setMore(open),
    )
    this.playback = new PlaybackBar({
      onSeek: (timeMs) => host.seek(timeMs),
      onFrames: (frames) => host.stepFrames(frames),
      onDrag: (dragging) => this.onDrag(dragging),
      onSpeed: (speed) => host.setPlayback({ speed }),
      onLoop: (loop) => host.setPlayback({ loop }),
    })
    this.console = new ConsolePanel(close)
    this.settings = new SettingsPanel(() => host.resetCamera(), close)
    this.addPanel('console', this.console)
    this.addPanel('settings', this.settings)
    this.addPanel('worlds', new WorldsPanel(host, close))
    this.addPanel('camera', new CameraPanel(host, close))
    this.addPanel('info', new InfoPanel(host, close))
    this.addPanel('share', new SharePanel(host, close))
    this.announcement.className = 'announcement'
    this.announcement.setAttribute('aria-live', 'polite')
    const bars = document.createElement('div')
    bars.className = 'bars'
    bars.append(this.playback.element, this.toolbar.element)
    this.element.className = 'controls'
    this.element.append(...[...this.panels.values()].map(({ element }) => element), bars, this.announcement)
    listenForKeys(view, {
      run: () => this.onTool('run'),
      step: () => (host.kind === 'live' && host.live ? this.onTool('step') : host.stepFrames(1)),
      back: () => (host.kind === 'recording' || this.lookingBack) && host.stepFrames(-1),
      reset: () => this.onTool('reset'),
      full: () => this.onTool('full'),
      history: () => this.onTool('history'),
      live: () => this.backToNow(),
      windows: () => this.onTool('windows'),
      camera: () => this.onTool('camera'),
      inspect: () => this.onTool('inspect'),
      close: () => this.closePanel(),
    })
    view.addEventListener('pointermove', () => this.wake())
    view.addEventListener('pointerleave', () => this.sleepSoon())
  }

  /** A part of the view brings a panel for its button. */
  addPanel(tool: Tool, panel: Panel): void {
    this.panels.get(tool)?.element.remove()
    this.panels.set(tool, panel)
    this.element.prepend(panel.element)
  }

  leaveOut(tools: Iterable<string>): void {
    this.hidden = new Set(tools)
    this.update()
  }

  /** Something of the view's state has changed. */
  update(): void {
    const { host } = this
    if (host.live) this.lookingBack = false
    const { kind, state, broadcast, live, playing, recording } = host
    this.toolbar.show({
      kind,
      state,
      broadcast,
      live,
      playing,
      recording,
      worlds: host.worlds.all.length,
      windows: host.robots.length,
      hidden: new Set([...this.hidden, ...this.missing()]),
      open: this.open,
    })
    this.playback.element.hidden = !(kind === 'recording' || (kind === 'live' && this.lookingBack))
    this.element.dataset.playback = String(!this.playback.element.hidden)
    const moving = playing || state === 'running' || state === 'fast'
    this.element.dataset.moving = String(moving)
    if (!moving) this.wake()
    this.showTime()
  }

  showTime(): void {
    const { timeMs, range } = this.host
    this.toolbar.setTime(timeMs)
    if (!this.playback.element.hidden) this.playback.show(timeMs, range.startMs, range.endMs)
  }

  showSpeed(factor: number, reason: string | undefined): void {
    if (this.host.live) this.toolbar.setSpeed(factor, reason)
  }

  showPlayback(speed: number, loop: boolean): void {
    this.playback.setSpeed(speed)
    this.playback.setLoop(loop)
  }

  announce(text: string): void {
    this.announcement.textContent = text
  }

  openPanel(tool: Tool | undefined): void {
    const before = this.open
    if (before) this.panels.get(before)?.hide()
    else this.focusBefore = focusedBeside(this.element)
    this.open = tool
    this.toolbar.setMore(false)
    this.update()
    if (tool) this.panels.get(tool)?.show()
    else if (before) this.giveFocusBack(before)
  }

  /** The view leaves the page: nothing goes on by itself, and nothing takes the focus. */
  rest(): void {
    if (this.open) this.panels.get(this.open)?.hide()
    this.open = undefined
    this.focusBefore = undefined
    this.lookingBack = false
    clearTimeout(this.hideTimer)
  }

  /** Buttons for which there is nothing here. */
  private missing(): Tool[] {
    return (['record', 'windows', 'inspect'] as const).filter((tool) => !this.panels.has(tool))
  }

  private onTool(tool: Tool): void {
    const { host } = this
    if (!this.toolbar.offers(tool)) return
    if (this.panels.has(tool)) return this.openPanel(this.open === tool ? undefined : tool)
    switch (tool) {
      case 'run': {
        const running =
          host.kind === 'live' && host.live ? host.state === 'running' || host.state === 'fast' : host.playing
        if (running) host.pause()
        else host.run()
        return
      }
      case 'step':
        return host.kind === 'recording' || !host.live ? host.stepFrames(1) : host.step()
      case 'reset':
        return host.kind === 'recording' ? host.seek(host.range.startMs) : host.reset()
      case 'fast':
        return host.state === 'fast' ? host.run() : host.fast()
      case 'reload':
        return host.reload()
      case 'quit':
        return host.close()
      case 'full':
        return host.toggleFullScreen()
      case 'history':
        if (host.kind !== 'live') return
        if (this.lookingBack) return this.backToNow()
        this.lookingBack = true
        host.seek(host.timeMs)
        return this.update()
    }
  }

  private backToNow(): void {
    this.lookingBack = false
    this.host.goLive()
    this.update()
  }

  private onDrag(dragging: boolean): void {
    if (dragging) {
      this.resumeAfterDrag = this.host.playing
      this.host.seek(this.host.timeMs)
      if (this.resumeAfterDrag) this.host.pause()
    } else if (this.resumeAfterDrag) this.host.run()
  }

  private closePanel(): boolean {
    if (!this.open) return false
    this.openPanel(undefined)
    return true
  }

  private giveFocusBack(tool: Tool): void {
    const places = [this.focusBefore, this.toolbar.button(tool), this.toolbar.more]
    places.find((one) => one?.isConnected && one.offsetParent !== null)?.focus()
    this.focusBefore = undefined
  }

  private wake(): void {
    clearTimeout(this.hideTimer)
    delete this.element.dataset.asleep
    this.sleepSoon()
  }

  private sleepSoon(): void {
    clearTimeout(this.hideTimer)
    if (this.element.dataset.moving !== 'true') return
    this.hideTimer = setTimeout(() => {
      if (this.open === undefined && this.element.dataset.moving === 'true') this.element.dataset.asleep = ''
    }, HIDE_AFTER_MS)
  }
}

/** What has the focus in the same view. */
function focusedBeside(element: HTMLElement): HTMLElement | undefined {
  const { activeElement } = element.getRootNode() as ShadowRoot
  return activeElement instanceof HTMLElement ? activeElement : undefined
}
