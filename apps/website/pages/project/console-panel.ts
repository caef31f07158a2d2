import { findSourceLink } from './traceback.js'

const MAX_LINES = 2000

export interface ConsoleLine {
  readonly stream: 'stdout' | 'stderr' | 'info'
  readonly robot?: string
  readonly line: string
}

/** What the robots print, newest at the bottom, with places that lead into the editor. */
export class ConsolePanel {
  private readonly lines = document.createElement('div')
  private readonly filter = document.createElement('select')
  private readonly follow = document.createElement('button')
  private readonly robots = new Set<string>()
  private waiting: HTMLElement[] = []

  constructor(
    host: HTMLElement,
    private readonly onJump: (file: string, line: number) => void,
    private readonly invitation = 'What the robots print appears here.',
  ) {
    const bar = document.createElement('div')
    bar.className = 'console-bar'
    bar.innerHTML = '<h2>Console</h2><span class="grow"></span>'
    this.filter.setAttribute('aria-label', 'Show lines of')
    this.filter.append(new Option('All robots', ''), new Option('Errors only', '!'))
    this.filter.addEventListener('change', () => this.applyFilter())
    this.follow.type = 'button'
    this.follow.className = 'small'
    this.follow.textContent = 'Follow'
    this.follow.setAttribute('aria-pressed', 'true')
    this.follow.title = 'Keep the newest line in sight'
    this.follow.addEventListener('click', () => this.setFollow(this.follow.getAttribute('aria-pressed') !== 'true'))
    const clear = document.createElement('button')
    clear.type = 'button'
    clear.className = 'small'
    clear.textContent = 'Clear'
    clear.addEventListener('click', () => this.clear())
    // With one program there is nothing to choose from.
    this.filter.hidden = true
    bar.append(this.filter, this.follow, clear)
    this.lines.className = 'console-lines'
    this.lines.setAttribute('role', 'log')
    this.lines.setAttribute('aria-label', 'Console')
    this.lines.tabIndex = 0
    this.lines.addEventListener('wheel', () => this.setFollow(this.atEnd()), { passive: true })
    host.append(bar, this.lines)
    this.clear()
  }

  add(entry: ConsoleLine): void {
    if (this.waiting.length === 0) requestAnimationFrame(() => this.flush())
    this.waiting.push(this.row(entry))
    if (this.waiting.length > MAX_LINES) this.waiting.shift()
    if (entry.robot !== undefined && !this.robots.has(entry.robot)) {
      this.robots.add(entry.robot)
      this.filter.append(new Option(entry.robot, entry.robot))
      this.filter.hidden = false
    }
  }

  clear(): void {
    this.waiting = []
    const none = document.createElement('div')
    none.className = 'none'
    none.textContent = this.invitation
    this.lines.replaceChildren(none)
  }

  /** All at once and once a picture: a program that prints a lot must not stop the page. */
  private flush(): void {
    this.lines.querySelector('.none')?.remove()
    this.lines.append(...this.waiting)
    this.waiting = []
    while (this.lines.childElementCount > MAX_LINES) this.lines.firstElementChild!.remove()
    if (this.follow.getAttribute('aria-pressed') === 'true') this.lines.scrollTop = this.lines.scrollHeight
  }

  private row({ stream, robot, line }: ConsoleLine): HTMLElement {
    const row = document.createElement('div')
    row.className = stream
    if (robot !== undefined) {
      row.dataset.robot = robot
      const who = document.createElement('span')
      who.className = 'who'
      who.style.setProperty('--hue', String(hueOf(robot)))
      who.textContent = robot
      row.append(who)
    }
    const text = document.createElement('span')
    // Terminal colours mean nothing here.
    const plain = line.replace(/\x1b\[[0-9;]*m/g, '')
    const link = findSourceLink(plain)
    if (link) {
      const jump = document.createElement('a')
      jump.href = `#line-${link.line}`
      jump.textContent = plain.slice(link.start, link.end)
      jump.addEventListener('click', (event) => {
        event.preventDefault()
        this.onJump(link.file, link.line)
      })
      text.append(plain.slice(0, link.start), jump, plain.slice(link.end))
    } else text.textContent = plain
    row.append(text)
    row.hidden = this.isFiltered(row)
    return row
  }

  private applyFilter(): void {
    for (const row of this.lines.children) if (row instanceof HTMLElement) row.hidden = this.isFiltered(row)
  }

  private isFiltered(row: HTMLElement): boolean {
    const wanted = this.filter.value
    if (wanted === '' || row.className === 'info') return false
    return wanted === '!' ? row.className !== 'stderr' : row.dataset.robot !== wanted
  }

  private setFollow(on: boolean): void {
    this.follow.setAttribute('aria-pressed', String(on))
    if (on) this.lines.scrollTop = this.lines.scrollHeight
  }

  private atEnd(): boolean {
    return this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < 40
  }
}

function hueOf(name: string): number {
  let hue = 0
  for (const letter of name) hue = (hue * 47 + letter.charCodeAt(0)) % 360
  return hue
}
