const STEP = 16

/** What cameras and displays of robots show, as small pictures over the scene that can be moved and sized. */
export class PictureOverlay {
  readonly element = document.createElement('div')
  private readonly frames = new Map<string, { readonly box: HTMLElement; readonly canvas: HTMLCanvasElement }>()

  constructor() {
    this.element.className = 'pictures'
    this.element.style.cssText = 'position:absolute;inset:0;overflow:hidden;pointer-events:none'
  }

  /** Four bytes for each pixel, row by row from above. */
  show(name: string, width: number, height: number, rgba: Uint8ClampedArray | Uint8Array): void {
    const { canvas } = this.frames.get(name) ?? this.make(name, width, height)
    if (canvas.width !== width || canvas.height !== height) {
      canvas.width = width
      canvas.height = height
    }
    canvas.getContext('2d')?.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0)
  }

  hide(name?: string): void {
    for (const [one, { box }] of this.frames) {
      if (name !== undefined && one !== name) continue
      box.remove()
      this.frames.delete(one)
    }
  }

  dispose(): void {
    this.hide()
    this.element.remove()
  }

  private make(name: string, width: number, height: number): { box: HTMLElement; canvas: HTMLCanvasElement } {
    const box = document.createElement('figure')
    const canvas = document.createElement('canvas')
    const caption = document.createElement('figcaption')
    const at = this.frames.size
    box.style.cssText = `position:absolute;left:${12 + 24 * at}px;top:${12 + 24 * at}px;margin:0;pointer-events:auto;touch-action:none;cursor:move;background:#000;border-radius:6px;overflow:hidden;box-shadow:0 2px 10px rgb(0 0 0 / 40%)`
    canvas.style.cssText = `display:block;width:${Math.max(width, 96)}px;aspect-ratio:${width} / ${height};image-rendering:pixelated`
    caption.style.cssText = 'padding:3px 8px;font:12px system-ui,sans-serif;color:#fff;background:#24292f'
    caption.textContent = name
    canvas.setAttribute('role', 'img')
    canvas.setAttribute('aria-label', `Picture of ${name}`)
    box.tabIndex = 0
    box.setAttribute('role', 'group')
    box.setAttribute(
      'aria-label',
      `${name}. Arrow keys move the picture, plus and minus change its size, Escape closes it.`,
    )
    box.append(canvas, caption)
    box.addEventListener('pointerdown', (event) => this.drag(box, event))
    box.addEventListener('keydown', (event) => this.onKey(name, box, canvas, event))
    this.element.append(box)
    const made = { box, canvas }
    this.frames.set(name, made)
    return made
  }

  private drag(box: HTMLElement, down: PointerEvent): void {
    const [x, y] = [box.offsetLeft - down.clientX, box.offsetTop - down.clientY]
    box.setPointerCapture(down.pointerId)
    const move = (event: PointerEvent) => this.moveTo(box, event.clientX + x, event.clientY + y)
    box.addEventListener('pointermove', move)
    const end = () => box.removeEventListener('pointermove', move)
    box.addEventListener('pointerup', end, { once: true })
    box.addEventListener('pointercancel', end, { once: true })
  }

  private onKey(name: string, box: HTMLElement, canvas: HTMLCanvasElement, event: KeyboardEvent): void {
    const ways: Record<string, readonly [number, number]> = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    }
    const way = ways[event.key]
    if (way) this.moveTo(box, box.offsetLeft + way[0], box.offsetTop + way[1])
    else if (event.key === '+' || event.key === '=') resize(canvas, 1.25)
    else if (event.key === '-') resize(canvas, 0.8)
    else if (event.key === 'Escape') this.hide(name)
    else return
    event.preventDefault()
    event.stopPropagation()
  }

  /** A part of it always stays where it can be taken hold of. */
  private moveTo(box: HTMLElement, left: number, top: number): void {
    const { clientWidth, clientHeight } = this.element
    box.style.left = `${Math.min(Math.max(left, 0), Math.max(clientWidth - 48, 0))}px`
    box.style.top = `${Math.min(Math.max(top, 0), Math.max(clientHeight - 32, 0))}px`
  }
}

function resize(canvas: HTMLCanvasElement, factor: number): void {
  canvas.style.width = `${Math.min(Math.max(canvas.clientWidth * factor, 64), 960)}px`
}
