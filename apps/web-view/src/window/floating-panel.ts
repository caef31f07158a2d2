/** Pixels by which an arrow key moves or resizes; with Shift a tenth of it. */
const KEY_STEP = 20
const LEAST_WIDTH = 220
const LEAST_HEIGHT = 140
/** Of the title bar, that much stays in sight. */
const KEPT_IN_SIGHT = 44

export interface PanelOptions {
  /** The element over which the panel floats; it is positioned. */
  readonly container: HTMLElement
  readonly title: string
  readonly width: number
  readonly height: number
  onClose(): void
}

type Handle = 'move' | 'resize'

/** A panel over the picture with a title bar: moved, resized and closed by mouse, finger and keyboard. */
export class FloatingPanel {
  readonly body = document.createElement('div')
  private readonly element = document.createElement('section')
  private readonly heading = document.createElement('h2')
  private place = { x: 16, y: 16, width: 0, height: 0 }
  private readonly resized: ResizeObserver
  private static front = 10

  constructor(private readonly options: PanelOptions) {
    const { container, title, width, height } = options
    const { element, heading, body } = this
    element.className = 'window'
    element.setAttribute('role', 'dialog')
    element.setAttribute('aria-label', title)
    heading.textContent = title
    body.className = 'window-body'
    const bar = document.createElement('header')
    const close = button('window-close', `Close ${title}`, '×')
    const move = button('window-move', `Move ${title}: drag, or arrow keys`, '⠿')
    const resize = button('window-resize', `Resize ${title}: drag, or arrow keys`, '')
    bar.append(move, heading, close)
    element.append(bar, body, resize)
    close.addEventListener('click', () => this.close())
    this.drag(bar, 'move')
    this.drag(resize, 'resize')
    this.steer(move, 'move')
    this.steer(resize, 'resize')
    element.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented) return
      event.preventDefault()
      this.close()
    })
    element.addEventListener('pointerdown', () => this.raise(), { capture: true })
    element.addEventListener('focusin', () => this.raise())
    container.append(element)
    const open = container.querySelectorAll('.window').length - 1
    this.put({ x: 16 + 28 * open, y: 16 + 28 * open, width, height })
    this.raise()
    this.resized = new ResizeObserver(() => this.put(this.place))
    this.resized.observe(container)
  }

  set title(title: string) {
    this.heading.textContent = title
    this.element.setAttribute('aria-label', title)
  }

  focus(): void {
    this.element.querySelector<HTMLElement>('.window-move')?.focus()
  }

  close(): void {
    if (!this.element.isConnected) return
    this.resized.disconnect()
    this.element.remove()
    this.options.onClose()
  }

  private raise(): void {
    this.element.style.zIndex = String(++FloatingPanel.front)
  }

  /** Where it is wanted, as far as the container has room for it. */
  private put(wanted: { x: number; y: number; width: number; height: number }): void {
    const { clientWidth, clientHeight } = this.options.container
    const width = Math.min(Math.max(wanted.width, LEAST_WIDTH), Math.max(LEAST_WIDTH, clientWidth - 8))
    const height = Math.min(Math.max(wanted.height, LEAST_HEIGHT), Math.max(LEAST_HEIGHT, clientHeight - 8))
    const x = Math.min(Math.max(wanted.x, KEPT_IN_SIGHT - width), Math.max(0, clientWidth - KEPT_IN_SIGHT))
    const y = Math.min(Math.max(wanted.y, 0), Math.max(0, clientHeight - KEPT_IN_SIGHT))
    this.place = { x, y, width, height }
    Object.assign(this.element.style, {
      left: `${x}px`,
      top: `${y}px`,
      width: `${width}px`,
      height: `${height}px`,
    })
  }

  private by(handle: Handle, from: typeof this.place, dx: number, dy: number): void {
    const { x, y, width, height } = from
    this.put(
      handle === 'move' ? { ...from, x: x + dx, y: y + dy } : { ...from, width: width + dx, height: height + dy },
    )
  }

  private drag(grip: HTMLElement, handle: Handle): void {
    grip.addEventListener('pointerdown', (down) => {
      if (down.button !== 0 || (down.target as HTMLElement).closest('.window-close')) return
      const from = this.place
      grip.setPointerCapture(down.pointerId)
      // A frame below the pointer would keep the moves for itself.
      this.element.classList.add('dragged')
      const move = (event: PointerEvent) =>
        this.by(handle, from, event.clientX - down.clientX, event.clientY - down.clientY)
      const end = () => {
        grip.removeEventListener('pointermove', move)
        this.element.classList.remove('dragged')
      }
      grip.addEventListener('pointermove', move)
      grip.addEventListener('lostpointercapture', end, { once: true })
    })
  }

  private steer(grip: HTMLElement, handle: Handle): void {
    const ways: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
    }
    grip.addEventListener('keydown', (event) => {
      const way = ways[event.key]
      if (!way) return
      event.preventDefault()
      const step = event.shiftKey ? KEY_STEP / 10 : KEY_STEP
      this.by(handle, this.place, way[0] * step, way[1] * step)
    })
  }
}

function button(className: string, label: string, text: string): HTMLButtonElement {
  const made = document.createElement('button')
  made.type = 'button'
  made.className = className
  made.setAttribute('aria-label', label)
  made.textContent = text
  return made
}
