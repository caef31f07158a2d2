import { Panel, textButton } from './panel.js'

const MAX_LINES = 1000

export interface ConsoleEntry {
  readonly stream: 'stdout' | 'stderr'
  readonly robot?: string
  readonly line: string
}

const colours = ['#24292f', '#ff7b72', '#3fb950', '#e3b341', '#79c0ff', '#d2a8ff', '#56d4dd', '#f6f8fa']

/** What the robots print; colours of terminals are kept. */
export class ConsolePanel extends Panel {
  private readonly lines = document.createElement('div')
  private waiting: HTMLElement[] = []

  constructor(onClose: () => void) {
    super('Console', onClose)
    this.element.classList.add('wide')
    this.lines.className = 'lines'
    this.lines.setAttribute('role', 'log')
    this.lines.setAttribute('aria-label', 'What the robots print')
    this.lines.tabIndex = 0
    this.content.append(
      this.lines,
      textButton('Clear', () => this.clear()),
    )
    this.clear()
  }

  add({ stream, robot, line }: ConsoleEntry): void {
    const row = document.createElement('div')
    row.className = stream
    if (robot !== undefined) row.append(Object.assign(document.createElement('b'), { textContent: robot }))
    row.append(...coloured(line))
    if (this.waiting.length === 0) requestAnimationFrame(() => this.flush())
    this.waiting.push(row)
    if (this.waiting.length > MAX_LINES) this.waiting.shift()
  }

  override show(): void {
    super.show()
    this.flush()
    this.lines.scrollTop = this.lines.scrollHeight
  }

  clear(): void {
    this.waiting = []
    const none = Object.assign(document.createElement('p'), { textContent: 'What the robots print appears here.' })
    none.className = 'none'
    this.lines.replaceChildren(none)
  }

  /** All at once and once a picture, and only while somebody reads: a program that prints a lot must not stop the page. */
  private flush(): void {
    if (!this.open || this.waiting.length === 0) return
    const atEnd = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 40
    this.lines.querySelector('.none')?.remove()
    this.lines.append(...this.waiting)
    this.waiting = []
    while (this.lines.childElementCount > MAX_LINES) this.lines.firstElementChild!.remove()
    if (atEnd) this.lines.scrollTop = this.lines.scrollHeight
  }
}

function coloured(line: string): Node[] {
  const nodes: Node[] = []
  let colour: string | undefined
  let bold = false
  for (const [index, part] of line.split(/\x1b\[([0-9;]*)m/).entries()) {
    if (index % 2 === 1) {
      for (const code of part.split(';').map(Number)) {
        if (code === 0) [colour, bold] = [undefined, false]
        else if (code === 1) bold = true
        else if (code >= 30 && code <= 37) colour = colours[code - 30]
        else if (code >= 90 && code <= 97) colour = colours[code - 90]
        else if (code === 39) colour = undefined
      }
    } else if (part !== '') {
      const span = document.createElement('span')
      span.textContent = part
      if (colour) span.style.color = colour
      if (bold) span.style.fontWeight = '600'
      nodes.push(span)
    }
  }
  return nodes
}
