import type { ControlHost } from './control-host.js'
import { heading, linkRow, Panel, textButton } from './panel.js'

/** The worlds of the project, one of which is loaded. */
export class WorldsPanel extends Panel {
  constructor(
    private readonly host: ControlHost,
    private readonly done: () => void,
  ) {
    super('Worlds', done)
  }

  override show(): void {
    const { current, all } = this.host.worlds
    this.content.replaceChildren(
      ...all.map((world) => {
        const button = textButton(world.replace(/^.*\//, '').replace(/\.wbt$/, ''), () => {
          this.host.loadWorld(world)
          this.done()
        })
        button.setAttribute('aria-current', String(world === current))
        return button
      }),
    )
    super.show()
  }
}

/** What is seen from where. */
export class CameraPanel extends Panel {
  constructor(
    private readonly host: ControlHost,
    private readonly done: () => void,
  ) {
    super('Camera', done)
  }

  override show(): void {
    const choose = (label: string, action: () => void) =>
      textButton(label, () => {
        action()
        this.done()
      })
    const { host } = this
    const robots = host.robots.flatMap(({ name, nodeId }) => {
      const id = `n${nodeId}`
      const part = document.createElement('div')
      part.className = 'choices'
      part.setAttribute('role', 'group')
      part.setAttribute('aria-label', name)
      part.append(
        choose('Behind it', () => host.look('follow', name)),
        choose('Above it', () => host.look('top', name)),
        choose('Beside it', () => host.look('side', name)),
        choose('In front', () => host.look('front', name)),
        choose('Moves along', () => host.follow(id, 'tracking', 0)),
        choose('Turns along', () => host.follow(id, 'mounted', 0)),
        choose('Stays and looks', () => host.follow(id, 'pan-and-tilt', 0)),
        choose('Its camera', () => host.follow(id, 'eye', 0)),
      )
      return [heading(name), part]
    })
    this.content.replaceChildren(
      choose('First view', () => host.resetCamera()),
      choose('Everything', () => host.look('stage')),
      ...robots,
    )
    super.show()
  }
}

/** What the world says of itself, and how well it is seen. */
export class InfoPanel extends Panel {
  private readonly quality = document.createElement('dl')
  private timer: ReturnType<typeof setInterval> | undefined

  constructor(
    private readonly host: ControlHost,
    onClose: () => void,
  ) {
    super('About', onClose)
  }

  override show(): void {
    const { worldTitle, worldInfo, robots } = this.host
    const paragraphs = worldInfo.map((text) => Object.assign(document.createElement('p'), { textContent: text }))
    const list = document.createElement('ul')
    list.append(
      ...robots.map(({ name, controller }) => {
        const about = controller === '' ? name : `${name} – controller ${controller}`
        return Object.assign(document.createElement('li'), { textContent: about })
      }),
    )
    this.content.replaceChildren(
      heading(worldTitle === '' ? 'This world has no title' : worldTitle),
      ...paragraphs,
      ...(robots.length > 0 ? [heading('Robots'), list] : []),
      heading('Picture'),
      this.quality,
    )
    this.tell()
    this.timer = setInterval(() => this.tell(), 500)
    super.show()
  }

  override hide(): void {
    clearInterval(this.timer)
    super.hide()
  }

  private tell(): void {
    const { ageMs, range, kind, state } = this.host
    const rows: [string, string][] = [
      ['Kind', kind === 'live' ? 'a simulation that runs' : kind === 'recording' ? 'a recording' : 'a scene'],
      ...(kind === 'live' ? ([['State', state]] as [string, string][]) : []),
      ...(ageMs === undefined ? [] : ([['Age of what is seen', `${Math.round(ageMs)} ms`]] as [string, string][])),
      ['Kept', `${((range.endMs - range.startMs) / 1000).toFixed(1)} s`],
    ]
    this.quality.replaceChildren(
      ...rows.flatMap(([name, value]) => [
        Object.assign(document.createElement('dt'), { textContent: name }),
        Object.assign(document.createElement('dd'), { textContent: value }),
      ]),
    )
  }
}

/** A link to what is shown. */
export class SharePanel extends Panel {
  constructor(
    private readonly host: ControlHost,
    onClose: () => void,
  ) {
    super('Share', onClose)
  }

  override show(): void {
    const rows = [linkRow('Link', this.host.link(false))]
    if (this.host.kind === 'recording') rows.push(linkRow('Link with this time', this.host.link(true)))
    rows.push(linkRow('For your own page', this.host.embedding()))
    this.content.replaceChildren(...rows)
    super.show()
  }
}
