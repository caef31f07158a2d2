import { FloatingPanel } from './floating-panel.js'
import { robotMessage, type WindowHost } from './window-host.js'

export interface WindowFrameOptions {
  readonly container: HTMLElement
  readonly robot: string
  /** Of the window's page, `…/robot_windows/<name>/<name>.html`. */
  readonly address: string
  readonly theme: 'light' | 'dark'
  readonly host: WindowHost
  onClose?(): void
}

/** What a window's page says to the view: RobotWindow.js of javascript/robot-window. */
type FromWindow =
  | { readonly type: 'ready' }
  | { readonly type: 'text'; readonly text: string; readonly robot?: string }
  | { readonly type: 'title'; readonly title: string }

const MARK = 'robot window'
const MOST_WAITING = 100

/**
 * A project's own window of a robot. Its page is a stranger's program: it runs in a frame with an origin of its own, sees
 * nothing of the site, and speaks with its robot through the view.
 */
export class WindowFrame {
  private readonly panel: FloatingPanel
  private readonly frame = document.createElement('iframe')
  private ready = false
  private waiting: string[] = []
  private readonly stop: (() => void)[] = []

  constructor(private readonly options: WindowFrameOptions) {
    const { container, robot, address, theme, host, onClose } = options
    this.panel = new FloatingPanel({
      container,
      title: robot,
      width: 360,
      height: 320,
      onClose: () => {
        for (const end of this.stop) end()
        onClose?.()
      },
    })
    const { frame } = this
    frame.setAttribute('sandbox', 'allow-scripts allow-forms')
    frame.title = `Window of ${robot}`
    const url = new URL(address, document.baseURI)
    url.searchParams.set('name', robot)
    url.searchParams.set('host', 'view')
    url.searchParams.set('theme', theme)
    frame.src = url.href
    const listen = (event: MessageEvent) => this.onMessage(event)
    window.addEventListener('message', listen)
    this.stop.push(
      () => window.removeEventListener('message', listen),
      host.onText((speaker, text) => {
        if (speaker === robot) this.tell(text)
      }),
    )
    this.panel.body.classList.add('window-page')
    this.panel.body.append(frame)
  }

  focus(): void {
    this.panel.focus()
  }

  close(): void {
    this.panel.close()
  }

  private onMessage({ source, origin, data }: MessageEvent): void {
    // Only the frame's own page, and only while it is shut off: a sandboxed frame has no origin.
    if (source !== this.frame.contentWindow || origin !== 'null' || data?.simyard !== MARK) return
    const message = data as FromWindow
    const { robot, host } = this.options
    switch (message.type) {
      case 'ready':
        this.ready = true
        this.post({ type: 'connected' })
        // What the controller said before there was a window.
        host.send(robotMessage(robot, 'init robot window'))
        for (const text of this.waiting.splice(0)) this.post({ type: 'text', text })
        return
      case 'text':
        if (typeof message.text === 'string') host.send(robotMessage(String(message.robot ?? robot), message.text))
        return
      case 'title':
        this.panel.title = `${String(message.title).slice(0, 80)} (${robot})`
    }
  }

  private tell(text: string): void {
    if (this.ready) return this.post({ type: 'text', text })
    this.waiting.push(text)
    if (this.waiting.length > MOST_WAITING) this.waiting.shift()
  }

  private post(message: { type: 'connected' } | { type: 'text'; text: string }): void {
    // A page without an origin cannot be named as the addressee; it is the one in this frame.
    this.frame.contentWindow?.postMessage({ simyard: MARK, ...message }, '*')
  }
}
