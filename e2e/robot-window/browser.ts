import { GenericWindow } from '../../apps/web-view/src/window/generic-window.js'
import { windowStyle } from '../../apps/web-view/src/window/style.js'
import { WindowFrame } from '../../apps/web-view/src/window/window-frame.js'
import { WatchedStream } from '../../apps/web-view/src/window/window-host.js'

/** A view without a picture: its stream and the windows over it, as the real one joins them. */
export class WindowBench {
  readonly sent: string[] = []
  readonly texts: string[] = []
  private readonly container = document.createElement('div')
  private readonly element = document.createElement('main')
  private readonly watched: WatchedStream
  private constructor(
    private readonly socket: WebSocket,
    theme: string,
  ) {
    this.element.setAttribute('theme', theme)
    this.element.style.cssText = `display: block; position: relative; height: 560px; background: ${theme === 'dark' ? '#22272e' : '#c9d2dc'}`
    this.container.style.cssText = 'position: absolute; inset: 0; overflow: hidden'
    const style = document.createElement('style')
    style.textContent = windowStyle
    this.element.attachShadow({ mode: 'open' }).append(style, this.container)
    document.body.append(this.element)
    document.body.style.margin = '0'
    this.watched = new WatchedStream((text) => {
      this.sent.push(text)
      socket.send(text)
    })
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => {
      if (typeof data === 'string') this.texts.push(data.slice(0, 200))
      this.watched.receive(data)
    })
  }

  static async open(stream: string, theme: string): Promise<WindowBench> {
    const socket = new WebSocket(stream)
    await new Promise((resolve) => socket.addEventListener('open', resolve))
    const bench = new WindowBench(socket, theme)
    socket.send('simyard:hello')
    socket.send('w3d')
    return bench
  }

  send(text: string): void {
    this.socket.send(text)
  }

  openFrame(robot: string, address: string): void {
    const theme = this.element.getAttribute('theme') === 'dark' ? 'dark' : 'light'
    new WindowFrame({ container: this.container, robot, address, theme, host: this.watched.host() }).focus()
  }

  openGeneric(robot: string, mayDrive: boolean): void {
    new GenericWindow({ container: this.container, robot, mayDrive, host: this.watched.host() }).focus()
  }
}
