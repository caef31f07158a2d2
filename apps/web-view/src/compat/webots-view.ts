import type { SimyardView } from '../element.js'
import { MjpegPicture } from './mjpeg-picture.js'
import { hiddenTools, makeView } from './view-script.js'
import { takeWebotsSeat, type WebotsSeat } from './webots-seat.js'

const FLAGS = {
  showIde: true,
  showInfo: true,
  showPlay: true,
  showQuit: true,
  showReset: true,
  showRobotWindow: true,
  showStep: true,
  showTerminal: true,
  showWorldSelection: true,
  showReload: false,
  showRun: false,
}
const OCCLUSION = ['off', 'low', 'normal', 'high', 'ultra'] as const
type Shown = 'view' | 'scene' | 'animation'

/** Webots' own element, over <simyard-view>: a page of Webots changes the script's address and nothing else. */
class WebotsView extends HTMLElement {
  declare showIde: boolean
  declare showInfo: boolean
  declare showPlay: boolean
  declare showQuit: boolean
  declare showReset: boolean
  declare showRobotWindow: boolean
  declare showStep: boolean
  declare showTerminal: boolean
  declare showWorldSelection: boolean
  declare showReload: boolean
  declare showRun: boolean
  declare onready: (() => void) | undefined
  declare ondisconnect: (() => void) | undefined

  private view: SimyardView | undefined
  private picture: MjpegPicture | undefined
  private seat: WebotsSeat | undefined
  private ended = new AbortController()
  private shown: Shown | undefined
  private toolbarHidden = false
  private read = false
  private onText: ((text: string) => void) | undefined
  private onErrorText: ((text: string) => void) | undefined
  private onStep: ((timeMs: number) => void) | undefined

  constructor() {
    super()
    // A page may have set them before this script was there.
    for (const [flag, shown] of Object.entries(FLAGS))
      if (!Object.hasOwn(this, flag)) Object.assign(this, { [flag]: shown })
  }

  /** Attributes are read once. */
  connectedCallback(): void {
    if (getComputedStyle(this).display === 'inline') this.style.display = 'block'
    if (this.read) return
    this.read = true
    const data = this.dataset
    const mobile = data.isMobileDevice !== undefined
    const thumbnail = data.thumbnail
    if (data.scene && data.animation)
      this.loadAnimation(data.scene, data.animation, data.autoplay !== 'false', mobile, thumbnail)
    else if (data.scene) this.loadScene(data.scene, mobile, thumbnail)
    else if (data.server) {
      const broadcast = data.isBroadcast ?? data.broadcast
      this.connect(
        data.server,
        data.mode,
        broadcast !== undefined && broadcast !== 'false',
        mobile,
        data.timeout === undefined ? -1 : Number(data.timeout),
        thumbnail,
      )
    } else if (data.proto) this.loadProto()
  }

  disconnectedCallback(): void {
    this.close()
  }

  /** `timeout`: simulated seconds after which it pauses; negative: never. */
  connect(server: string, mode?: string, broadcast = false, _mobile = false, timeout = -1, thumbnail?: string): void {
    if (mode === 'mjpeg') {
      void this.connectPicture(server)
      return
    }
    const attributes: Record<string, string> = { timeout: String(timeout) }
    if (broadcast) attributes.broadcast = ''
    attributes[server.endsWith('.wbt') ? 'server' : 'stream'] = server
    void this.show('view', attributes, thumbnail)
  }

  loadScene(scene: string, _mobile = false, thumbnail?: string): void {
    void this.show('scene', { scene }, thumbnail)
  }

  loadAnimation(scene: string, animation: string, play = true, _mobile = false, thumbnail?: string): void {
    const attributes: Record<string, string> = { animation, loop: '' }
    if (play) attributes.autoplay = ''
    void this.show('animation', { ...attributes, scene }, thumbnail)
  }

  loadProto(): void {
    this.close()
    this.textContent =
      'Simyard does not show PROTO files by themselves. Name a scene or a server instead of data-proto.'
  }

  close(): void {
    this.ended.abort()
    this.ended = new AbortController()
    this.seat?.socket.close()
    this.seat = undefined
    this.picture?.close()
    this.picture = undefined
    this.view?.remove()
    this.view = undefined
    this.shown = undefined
  }

  /** The view follows its box by itself. */
  resize(): void {}

  hasView(): boolean {
    return this.view !== undefined || this.picture !== undefined
  }

  hasScene(): boolean {
    return this.shown === 'scene'
  }

  hasAnimation(): boolean {
    return this.shown === 'animation'
  }

  hasProto(): boolean {
    return false
  }

  hideToolbar(): void {
    this.toolbarHidden = true
    this.view?.toggleAttribute('controls', false)
  }

  showToolbar(): void {
    this.toolbarHidden = false
    this.view?.toggleAttribute('controls', true)
  }

  sendMessage(text: string): void {
    this.view?.send(text)
    this.picture?.send(text)
  }

  setWebotsMessageCallback(callback: (text: string) => void): void {
    this.onText = callback
  }

  setWebotsErrorMessageCallback(callback: (text: string) => void): void {
    this.onErrorText = callback
  }

  setAnimationStepCallback(callback: (timeMs: number) => void): void {
    this.onStep = callback
  }

  updateNode(id: string | number, field: string, value: string): void {
    this.view?.setField(nodeId(id), field, value)
  }

  /** Type, name, pose and size, or undefined: not Webots' own object. */
  getNode(id: string | number): unknown {
    return this.view?.inspect(nodeId(id))
  }

  resetViewpoint(): void {
    this.view?.resetCamera()
  }

  /** 1 low to 4 ultra. */
  setAmbientOcclusion(level: number): void {
    const { view } = this
    if (view?.quality) view.quality = { ...view.quality, ambientOcclusion: OCCLUSION[level] ?? 'off' }
  }

  private async show(kind: Shown, attributes: Readonly<Record<string, string>>, thumbnail?: string): Promise<void> {
    this.close()
    this.shown = kind
    const { signal } = this.ended
    if (thumbnail)
      this.style.background = `center / cover url(${JSON.stringify(new URL(thumbnail, location.href).href)})`
    const view = await makeView(import.meta.url)
    if (signal.aborted) return
    view.style.cssText = 'width:100%;height:100%;min-height:inherit'
    view.toggleAttribute('controls', !this.toolbarHidden)
    const shown = Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, this[flag as keyof typeof FLAGS]]))
    view.setAttribute('hide', hiddenTools(shown))
    for (const [name, value] of Object.entries(attributes)) view.setAttribute(name, value)
    this.listen(view)
    this.view = view
    this.append(view)
  }

  private listen(view: SimyardView): void {
    let ready = false
    view.addEventListener('simyard-progress', (event) => {
      const { step, state } = (event as CustomEvent<{ step: string; state: string }>).detail
      if (step !== 'frame' || state !== 'done' || ready) return
      ready = true
      this.onready?.()
    })
    view.addEventListener('simyard-state', (event) => {
      const { state } = (event as CustomEvent<{ state: string }>).detail
      if (state === 'closed' || state === 'failed') this.ondisconnect?.()
    })
    view.addEventListener('simyard-console', (event) => {
      const { stream, line } = (event as CustomEvent<{ stream: string; line: string }>).detail
      const told = stream === 'stderr' ? this.onErrorText : this.onText
      told?.(line)
    })
    view.addEventListener('simyard-time', (event) => {
      this.onStep?.((event as CustomEvent<{ timeMs: number }>).detail.timeMs)
    })
  }

  private async connectPicture(server: string): Promise<void> {
    this.close()
    this.shown = 'view'
    const { signal } = this.ended
    try {
      let url = server
      if (server.endsWith('.wbt')) {
        const at = server.indexOf('?url=')
        const world = at < 0 ? server : server.slice(at + 5)
        this.seat = await takeWebotsSeat(server, { start: { url: world, mode: 'mjpeg' } }, signal, (line) =>
          this.onText?.(line),
        )
        url = this.seat.streamUrl
      }
      if (signal.aborted) return
      this.picture = new MjpegPicture(this, url, {
        onReady: () => this.onready?.(),
        onClose: () => !signal.aborted && this.ondisconnect?.(),
        onLine: (stream, line) => (stream === 'stderr' ? this.onErrorText : this.onText)?.(line),
      })
    } catch (error) {
      if (signal.aborted) return
      this.onErrorText?.(error instanceof Error ? error.message : String(error))
      this.ondisconnect?.()
    }
  }
}

function nodeId(id: string | number): string {
  return String(id).startsWith('n') ? String(id) : `n${id}`
}

if (!customElements.get('webots-view')) customElements.define('webots-view', WebotsView)
