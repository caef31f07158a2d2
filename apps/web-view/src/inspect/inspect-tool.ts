import { Panel } from '../controls/panel.js'
import type { SceneGraph } from '../scene/scene-graph.js'
import { describeScene } from './description.js'
import { InspectPanel } from './inspect-panel.js'
import { type Inspection, Inspector, solidTree } from './inspection.js'

export interface InspectHost {
  readonly scene: SceneGraph | undefined
  readonly timeMs: number
  select(id: string | undefined): void
  follow(id: string): void
}

/** The panel in which the world's solids are listed, described and looked at one by one. */
export class InspectTool extends Panel {
  private readonly list: InspectPanel
  private readonly words = document.createElement('p')
  private inspector: Inspector | undefined
  private inspected: SceneGraph | undefined
  private selected: string | undefined

  constructor(
    private readonly host: InspectHost,
    onClose: () => void,
  ) {
    super('Things in the world', onClose)
    this.list = new InspectPanel({ onSelect: (id) => host.select(id), onFollow: (id) => host.follow(id) })
    this.words.className = 'description'
    this.words.setAttribute('role', 'status')
    this.content.append(this.words, this.list.element)
  }

  override show(): void {
    this.refresh()
    super.show()
    this.list.focus()
  }

  /** Another solid is selected, here or in the picture. */
  onSelect(id: string | undefined): void {
    this.selected = id
    this.list.select(id)
    this.update()
  }

  /** Nodes came or went. */
  refresh(): void {
    if (!this.host.scene) return
    this.list.showTree(solidTree(this.host.scene))
    this.list.select(this.selected)
    this.words.textContent = this.describe()
    this.update()
  }

  /** Another moment is on the screen. */
  update(): void {
    if (this.open) this.list.showDetails(this.selected === undefined ? undefined : this.inspect(this.selected))
  }

  inspect(id: string): Inspection | undefined {
    const { scene } = this.host
    if (!scene) return undefined
    if (this.inspected !== scene) {
      this.inspected = scene
      this.inspector = new Inspector(scene)
    }
    return this.inspector?.inspect(id, this.host.timeMs)
  }

  describe(): string {
    const { scene } = this.host
    return scene ? describeScene(scene, this.selected) : 'There is no world yet.'
  }
}
