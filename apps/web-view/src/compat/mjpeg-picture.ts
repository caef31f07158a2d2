export interface MjpegEvents {
  onReady(): void
  onClose(): void
  onLine(stream: 'stdout' | 'stderr', line: string): void
}

/** Longer pauses between two sizes while somebody drags the page's edge would show. */
const RESIZE_EVERY_MS = 100

/** A simulation that sends pictures of itself, and takes the visitor's hand on them: Webots with `--stream=mjpeg`. */
export class MjpegPicture {
  readonly element = document.createElement('img')
  private readonly socket: WebSocket
  private readonly observer: ResizeObserver
  private resizeTimer: ReturnType<typeof setTimeout> | undefined
  private readonly touches = new Map<number, readonly [number, number]>()
  private pinch = 0
  private ready = false
  private toldSize = ''

  constructor(
    host: HTMLElement,
    url: string,
    private readonly events: MjpegEvents,
  ) {
    const address = url.endsWith('/') ? url : `${url}/`
    this.element.alt = 'Picture of the simulation'
    this.element.tabIndex = 0
    this.element.draggable = false
    this.element.style.cssText =
      'display:block;width:100%;height:100%;object-fit:contain;touch-action:none;outline-offset:-2px'
    host.append(this.element)
    this.socket = new WebSocket(address)
    this.socket.addEventListener('open', () => this.socket.send(`mjpeg: ${this.size}`))
    this.socket.addEventListener('close', () => events.onClose())
    this.socket.addEventListener('message', ({ data }) => this.receive(String(data), address.replace(/^ws/, 'http')))
    this.observer = new ResizeObserver(() => {
      this.resizeTimer ??= setTimeout(() => {
        this.resizeTimer = undefined
        if (this.ready) this.tellSize()
      }, RESIZE_EVERY_MS)
    })
    this.observer.observe(this.element)
    this.listen()
  }

  send(text: string): void {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(text)
  }

  close(): void {
    clearTimeout(this.resizeTimer)
    this.observer.disconnect()
    this.socket.close()
    // Ends the request of the pictures.
    this.element.removeAttribute('src')
    this.element.remove()
  }

  private get size(): string {
    return `${Math.max(this.element.clientWidth, 1)}x${Math.max(this.element.clientHeight, 1)}`
  }

  private tellSize(): void {
    const { size } = this
    if (size !== this.toldSize) this.send(`resize: ${size}`)
    this.toldSize = size
  }

  private receive(text: string, base: string): void {
    if (text.startsWith('multimedia: mjpeg')) {
      this.element.src = `${base}mjpeg`
      this.ready = true
      this.tellSize()
      this.events.onReady()
      return
    }
    for (const line of text.split('\n')) {
      if (line.startsWith('stdout:')) this.events.onLine('stdout', line.slice(7))
      else if (line.startsWith('stderr:')) this.events.onLine('stderr', line.slice(7))
    }
  }

  private listen(): void {
    const { element } = this
    element.addEventListener('contextmenu', (event) => event.preventDefault())
    element.addEventListener('pointerdown', (event) => {
      element.setPointerCapture(event.pointerId)
      if (event.pointerType === 'touch') this.touchBegins(event)
      else this.mouse(-1, event)
    })
    element.addEventListener('pointermove', (event) => {
      if (event.pointerType === 'touch') this.touchMoves(event)
      else if (event.buttons !== 0) this.mouse(0, event)
    })
    const end = (event: PointerEvent) => {
      if (event.pointerType === 'touch') this.touches.delete(event.pointerId)
      else this.mouse(1, event)
    }
    element.addEventListener('pointerup', end)
    element.addEventListener('pointercancel', end)
    element.addEventListener(
      'wheel',
      (event) => {
        event.preventDefault()
        this.mouse(2, event, Math.sign(event.deltaY))
      },
      { passive: false },
    )
  }

  private mouse(action: -1 | 0 | 1 | 2, event: MouseEvent, wheel = 0): void {
    const { left, top } = this.element.getBoundingClientRect()
    const modifiers = (event.shiftKey ? 1 : 0) + (event.ctrlKey ? 2 : 0) + (event.altKey ? 4 : 0)
    const [x, y] = [Math.round(event.clientX - left), Math.round(event.clientY - top)]
    this.send(`mouse ${action} ${event.button} ${event.buttons} ${x} ${y} ${modifiers} ${wheel}`)
  }

  private touchBegins(event: PointerEvent): void {
    this.touches.set(event.pointerId, [event.clientX, event.clientY])
    this.pinch = this.spread()
    const { left, top } = this.element.getBoundingClientRect()
    const [x, y] = [Math.round(event.clientX - left), Math.round(event.clientY - top)]
    this.send(`touch -1 ${Math.min(this.touches.size, 2)} ${x} ${y}`)
  }

  private touchMoves(event: PointerEvent): void {
    const before = this.touches.get(event.pointerId)
    if (!before) return
    this.touches.set(event.pointerId, [event.clientX, event.clientY])
    const [dx, dy] = [Math.round(event.clientX - before[0]), Math.round(event.clientY - before[1])]
    if (this.touches.size === 1) {
      this.send(`touch 0 1 ${dx} ${dy}`)
      return
    }
    const spread = this.spread()
    this.send(`touch 0 2 ${(dy / 100).toFixed(3)} ${((spread - this.pinch) / 100).toFixed(3)}`)
    this.pinch = spread
  }

  private spread(): number {
    const [a, b] = [...this.touches.values()]
    return a && b ? Math.hypot(a[0] - b[0], a[1] - b[1]) : 0
  }
}
