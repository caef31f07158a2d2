import type { Inspection, SolidEntry } from './inspection.js'

export interface InspectPanelEvents {
  onSelect(id: string | undefined): void
  onFollow(id: string): void
}

/** The solids of the world as a tree that works by keyboard alone, and what is known about the one that is selected. */
export class InspectPanel {
  readonly element = document.createElement('section')
  private readonly tree = document.createElement('ul')
  private readonly details = document.createElement('dl')
  private readonly follow = document.createElement('button')
  private readonly items = new Map<string, HTMLLIElement>()
  private readonly values = new Map<string, HTMLElement>()
  private chosen: string | undefined

  constructor(private readonly events: InspectPanelEvents) {
    this.element.className = 'inspect'
    this.element.setAttribute('aria-label', 'Things in the world')
    this.tree.setAttribute('role', 'tree')
    this.tree.setAttribute('aria-label', 'Solids')
    this.follow.type = 'button'
    this.follow.textContent = 'Follow with the camera'
    this.follow.hidden = true
    this.follow.addEventListener('click', () => this.chosen !== undefined && this.events.onFollow(this.chosen))
    for (const name of ['Type', 'Path', 'Position', 'Rotation', 'Roll, pitch, yaw', 'Velocity', 'Size']) {
      const term = document.createElement('dt')
      term.textContent = name
      const value = document.createElement('dd')
      this.values.set(name, value)
      this.details.append(term, value)
    }
    this.details.hidden = true
    this.tree.addEventListener('keydown', (event) => this.onKey(event))
    this.tree.addEventListener('click', (event) => this.onClick(event))
    this.element.append(this.tree, this.details, this.follow)
  }

  showTree(entries: readonly SolidEntry[]): void {
    this.items.clear()
    this.tree.replaceChildren(...entries.map((entry) => this.item(entry)))
    this.mark()
  }

  /** From outside: nothing is told back. */
  select(id: string | undefined): void {
    this.chosen = id
    for (let item = id === undefined ? undefined : this.items.get(id)?.parentElement; item; item = item.parentElement)
      if (item.getAttribute('role') === 'treeitem') item.setAttribute('aria-expanded', 'true')
    this.mark()
  }

  focus(): void {
    this.tree.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }

  /** Cheap enough to be called with each picture. */
  showDetails(seen: Inspection | undefined): void {
    this.details.hidden = this.follow.hidden = seen === undefined
    if (!seen) return
    const [x, y, z, angle] = seen.axisAngle
    this.put('Type', seen.type)
    this.put('Path', seen.path)
    this.put('Position', `${seen.position.map((one) => one.toFixed(3)).join(', ')} m`)
    this.put('Rotation', `${[x, y, z].map((one) => one.toFixed(2)).join(', ')} by ${angle.toFixed(3)} rad`)
    this.put('Roll, pitch, yaw', `${seen.rollPitchYaw.map((one) => degrees(one)).join(', ')}`)
    this.put(
      'Velocity',
      seen.velocity
        ? `${Math.hypot(...seen.velocity).toFixed(3)} m/s (${seen.velocity.map((one) => one.toFixed(3)).join(', ')})`
        : 'not known yet',
    )
    this.put('Size', `${seen.size.map((one) => one.toFixed(3)).join(' × ')} m`)
  }

  private put(name: string, text: string): void {
    const value = this.values.get(name)!
    if (value.textContent !== text) value.textContent = text
  }

  private item(entry: SolidEntry): HTMLLIElement {
    const item = document.createElement('li')
    item.setAttribute('role', 'treeitem')
    item.dataset.id = entry.id
    item.tabIndex = -1
    const label = document.createElement('span')
    label.textContent = entry.type === entry.name ? entry.name : `${entry.name} (${entry.type})`
    item.setAttribute('aria-label', label.textContent)
    item.append(label)
    this.items.set(entry.id, item)
    if (entry.parts.length > 0) {
      const group = document.createElement('ul')
      group.setAttribute('role', 'group')
      group.append(...entry.parts.map((part) => this.item(part)))
      item.setAttribute('aria-expanded', 'false')
      item.append(group)
    }
    return item
  }

  private mark(): void {
    for (const [id, item] of this.items) {
      item.setAttribute('aria-selected', String(id === this.chosen))
      item.tabIndex = -1
    }
    const entry = (this.chosen === undefined ? undefined : this.items.get(this.chosen)) ?? this.shown()[0]
    if (entry) entry.tabIndex = 0
  }

  private choose(item: HTMLElement): void {
    this.chosen = item.dataset.id
    this.mark()
    item.focus()
    this.events.onSelect(this.chosen)
  }

  /** Entries whose parents are all open, from above to below. */
  private shown(): HTMLElement[] {
    return [...this.items.values()].filter((item) => {
      for (let one = item.parentElement; one && one !== this.tree; one = one.parentElement)
        if (one.getAttribute('aria-expanded') === 'false') return false
      return true
    })
  }

  private onClick(event: MouseEvent): void {
    const item = (event.target as Element).closest<HTMLElement>('[role="treeitem"]')
    if (!item) return
    if (item.dataset.id === this.chosen) this.open(item, item.getAttribute('aria-expanded') === 'false')
    this.choose(item)
  }

  private open(item: HTMLElement, open: boolean): void {
    if (item.hasAttribute('aria-expanded')) item.setAttribute('aria-expanded', String(open))
  }

  private onKey(event: KeyboardEvent): void {
    const item = (event.target as Element).closest<HTMLElement>('[role="treeitem"]')
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return
    const all = this.shown()
    const at = all.indexOf(item)
    const expanded = item.getAttribute('aria-expanded')
    const focus = (to: HTMLElement | null | undefined) => to && this.choose(to)
    if (event.key === 'ArrowDown') focus(all[at + 1])
    else if (event.key === 'ArrowUp') focus(all[at - 1])
    else if (event.key === 'Home') focus(all[0])
    else if (event.key === 'End') focus(all.at(-1))
    else if (event.key === 'ArrowRight' && expanded === 'false') this.open(item, true)
    else if (event.key === 'ArrowRight' && expanded === 'true') focus(all[at + 1])
    else if (event.key === 'ArrowLeft' && expanded === 'true') this.open(item, false)
    else if (event.key === 'ArrowLeft') focus(item.parentElement?.closest<HTMLElement>('[role="treeitem"]'))
    else if (event.key === 'Enter' || event.key === ' ') focus(item)
    // With nothing selected it is the panel that closes.
    else if (event.key === 'Escape' && this.chosen !== undefined) {
      this.chosen = undefined
      this.mark()
      this.events.onSelect(undefined)
    } else return
    event.preventDefault()
    event.stopPropagation()
  }
}

function degrees(angle: number): string {
  return `${((angle / Math.PI) * 180).toFixed(1)}°`
}

/** For the sheet of the view. */
export const inspectStyle = `
.inspect { display: grid; grid-template-rows: minmax(80px, 1fr) auto auto; max-height: 100%; overflow: auto; }
.inspect ul { list-style: none; margin: 0; padding: 0 0 0 14px; }
.inspect > ul { padding: 0; overflow: auto; }
.inspect li { display: block; padding: 0; border-radius: 6px; cursor: pointer; }
.inspect li > span { display: block; margin: 0; padding: 5px 8px; min-height: 24px; box-sizing: border-box; text-align: left; color: inherit; border-radius: 6px; }
.inspect li[aria-selected="true"] > span { background: #1f6feb; color: #fff; }
.inspect li[aria-expanded] > span::before { content: '▸ '; }
.inspect li[aria-expanded="true"] > span::before { content: '▾ '; }
.inspect li[aria-expanded="false"] > ul { display: none; }
.inspect li:focus-visible { outline: none; }
.inspect li:focus-visible > span { outline: 2px solid #58a6ff; outline-offset: 1px; }
.inspect dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 10px; margin: 8px; font-variant-numeric: tabular-nums; }
.inspect dl[hidden], .inspect button[hidden] { display: none; }
.inspect dt { opacity: .75; }
.inspect dd { margin: 0; overflow-wrap: anywhere; }
`
