import type { SimyardView } from '../element.js'
import { MjpegPicture } from './mjpeg-picture.js'
import { hiddenTools, makeView } from './view-script.js'
import { takeWebotsSeat, type WebotsSeat } from './webots-seat.js'

/** This is a classic script: where it lies is known only while it is being loaded. */
const beside = (document.currentScript as HTMLScriptElement | null)?.src ?? location.href

interface Animation {
  readonly url: string
  readonly play: boolean
  readonly loop: boolean
}

/** What pages of Webots before R2022b make: a view in a div. */
class View {
  broadcast: boolean
  onready: () => void = () => undefined
  onclose: () => void = () => undefined
  onerror: (text: string) => void = (text) => console.error(text)
  onstdout: (text: string) => void = (text) => console.log(text)
  onstderr: (text: string) => void = (text) => console.error(text)
  onrobotmessage: (robot: string, message: string) => void = () => undefined
  onrobotwindowsdestroy: () => void = () => undefined
  onresize: () => void = () => undefined
  ondialogwindow: (open: boolean) => void = () => undefined
  /** To the folder above, as Webots does. */
  onquit: () => void = () => {
    location.href = new URL('..', location.href).href
  }

  private view: SimyardView | undefined
  private picture: MjpegPicture | undefined
  private seat: WebotsSeat | undefined
  private ended = new AbortController()
  private timeout = 60
  private animation: Animation | undefined
  private streamUrl = ''

  constructor(
    private readonly view3D: HTMLElement,
    _mobile?: boolean,
  ) {
    this.broadcast = webots.broadcast
  }

  /**
   * `ws(s)://host:port/<project>/worlds/<world>.wbt`: a simulation of its own; `ws://host:port`: a stream that is there;
   * anything else: the file of a scene.
   */
  open(url: string, mode = 'x3d', _texturePrefix?: string): void {
    this.close()
    const { signal } = this.ended
    this.start(url, mode, signal).catch((error: unknown) => {
      if (!signal.aborted) this.onerror(error instanceof Error ? error.message : String(error))
    })
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
  }

  /** Simulated seconds after which a run pauses; negative: never. */
  setTimeout(seconds: number): void {
    this.timeout = this.broadcast ? -1 : seconds
    this.view?.setAttribute('timeout', String(this.timeout))
  }

  /** The documentation of robots is not a part of the view. */
  setWebotsDocUrl(_url: string): void {}

  /** Before `open`. */
  setAnimation(url: string, gui: 'play' | 'pause' = 'play', loop = true): void {
    this.animation = { url, play: gui === 'play', loop }
  }

  /** A step lets a simulation that stands still hear it. */
  sendRobotMessage(message: string, robot: string): void {
    this.view?.send(`robot:${robot}:${message}`)
    if (this.view?.state === 'paused') this.view.send('step')
  }

  resize(width: number, height: number): void {
    this.view3D.style.width = `${width}px`
    this.view3D.style.height = `${height}px`
    this.onresize()
  }

  getControllerUrl(name: string): string {
    return `${this.streamUrl.replace(/\/$/, '')}/controller/${encodeURIComponent(name)}`
  }

  private async start(url: string, mode: string, signal: AbortSignal): Promise<void> {
    const target = /^ws(s?):\/\/([^/]+)\/?(.*)$/.exec(url)
    if (!target) return this.show(this.fileAttributes(url), signal)
    const [, secure, host, path = ''] = target
    let stream = url
    if (path.endsWith('.wbt')) {
      const [project = '', world = ''] = path.split('/worlds/')
      const page = location.origin.replace('//www.', '//')
      const visitor = [
        webots.User1Id,
        webots.User1Name,
        webots.User1Authentication,
        webots.User2Id,
        webots.User2Name,
        webots.CustomData,
      ]
      this.seat = await takeWebotsSeat(
        `http${secure}://${host}/session`,
        { init: [page, project, world, ...visitor.map((text) => text ?? '')] },
        signal,
        (line) => this.onstdout(line),
      )
      this.seat.socket.addEventListener('close', () => !signal.aborted && this.onclose())
      stream = this.seat.streamUrl
    }
    if (signal.aborted) return
    this.streamUrl = stream
    if (mode === 'mjpeg' || mode === 'video') {
      this.picture = new MjpegPicture(this.view3D, stream, {
        onReady: () => this.onready(),
        onClose: () => !signal.aborted && this.onclose(),
        onLine: (kind, line) => (kind === 'stderr' ? this.onstderr(line) : this.onstdout(line)),
      })
      return
    }
    const broadcast: Record<string, string> = this.broadcast ? { broadcast: '' } : {}
    await this.show({ timeout: String(this.broadcast ? -1 : this.timeout), ...broadcast, stream }, signal)
  }

  private fileAttributes(scene: string): Record<string, string> {
    const { animation } = this
    if (!animation) return { scene }
    return {
      animation: animation.url,
      ...(animation.play ? { autoplay: '' } : {}),
      ...(animation.loop ? { loop: '' } : {}),
      scene,
    }
  }

  private async show(attributes: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    const view = await makeView(beside)
    if (signal.aborted) return
    view.style.cssText = 'width:100%;height:100%;min-height:inherit'
    view.setAttribute('controls', '')
    view.setAttribute(
      'hide',
      hiddenTools({
        showQuit: webots.showQuit,
        showReload: webots.showRevert,
        showRun: webots.showRun || webots.showFast,
      }),
    )
    for (const [name, value] of Object.entries(attributes)) view.setAttribute(name, value)
    this.listen(view, signal)
    this.view = view
    this.view3D.append(view)
  }

  private listen(view: SimyardView, signal: AbortSignal): void {
    const on = <Detail>(name: string, told: (detail: Detail) => void) =>
      view.addEventListener(name, (event) => !signal.aborted && told((event as CustomEvent<Detail>).detail))
    let ready = false
    on<{ step: string; state: string }>('simyard-progress', ({ step, state }) => {
      if (step !== 'frame' || state !== 'done' || ready) return
      ready = true
      this.onready()
    })
    on<{ stream: string; line: string }>('simyard-console', ({ stream, line }) =>
      stream === 'stderr' ? this.onstderr(line) : this.onstdout(line),
    )
    on<{ robot: string; message: string }>('simyard-robot-message', ({ robot, message }) =>
      this.onrobotmessage(robot, message),
    )
    on('simyard-reset', () => this.onrobotwindowsdestroy())
    on<{ error: { message: string } }>('simyard-error', ({ error }) => this.onerror(error.message))
    on<{ state: string }>('simyard-state', ({ state }) => {
      if (state === 'failed') this.onclose()
      if (state !== 'closed') return
      this.close()
      this.onquit()
    })
  }
}

const webots = {
  View,
  User1Id: '',
  User1Name: '',
  User1Authentication: '',
  User2Id: '',
  User2Name: '',
  CustomData: '',
  showRevert: false,
  showQuit: true,
  showRun: false,
  showFast: false,
  broadcast: false,
}

declare global {
  interface Window {
    webots: typeof webots
  }
}
window.webots = webots
