import { type NodeUpdate, SimyardError } from '@simyard/protocol'
import { acceptsValue, type FieldValue, fieldSpec, fieldText, type Scene, type SceneNode } from '@simyard/scene'

/** Nodes of which no field matters to the physics. */
const LOOKS = new Set([
  'Appearance',
  'PBRAppearance',
  'Material',
  'ImageTexture',
  'TextureTransform',
  'Background',
  'Fog',
  'DirectionalLight',
  'PointLight',
  'SpotLight',
])

interface Original {
  readonly node: SceneNode
  /** Undefined: the field was not written and had its default. */
  readonly values: Map<string, FieldValue | undefined>
}

/** Visible fields that were set while the world runs: for viewers, and to be put back when it is reset. */
export class ChangedFields {
  private readonly originals = new Map<number, Original>()
  private readonly untold = new Map<number, NodeUpdate>()

  constructor(private readonly scene: Scene) {}

  /** Throws SimyardError, having changed nothing, when the field cannot have the value. */
  static check(node: SceneNode, field: string, value: FieldValue): void {
    const spec = fieldSpec(node.type, field)
    if (!spec) throw new SimyardError('SCENE_UNKNOWN_FIELD', `${node.type} has no field ${field}.`)
    if (!LOOKS.has(node.type)) {
      throw new SimyardError(
        'EDIT_REFUSED',
        `${node.type}.${field} cannot be set while the world runs, because it may matter to the physics; remove the node and add another.`,
      )
    }
    if (!acceptsValue(spec.type, value)) {
      throw new SimyardError(
        'SCENE_WRONG_TYPE',
        `${node.type}.${field} takes a value of type ${spec.type}, not ${JSON.stringify(value)?.slice(0, 80)}.`,
      )
    }
  }

  set(given: SceneNode, field: string, value: FieldValue): void {
    const node = given.useOf ?? given
    let original = this.originals.get(node.id)
    if (!original) {
      original = { node, values: new Map() }
      this.originals.set(node.id, original)
    }
    if (!original.values.has(field)) original.values.set(field, node.fields.get(field))
    node.fields.set(field, value)
    this.tell(node, field)
  }

  /** What viewers do not know yet. */
  updates(): NodeUpdate[] {
    const updates = [...this.untold.values()]
    this.untold.clear()
    return updates
  }

  forget(ids: ReadonlySet<number>): void {
    for (const id of ids) this.untold.delete(id)
  }

  /** Every field as it was after loading. */
  reset(): void {
    this.untold.clear()
    for (const { node, values } of this.originals.values()) {
      for (const [field, value] of values) {
        if (value === undefined) node.fields.delete(field)
        else node.fields.set(field, value)
        this.tell(node, field)
      }
    }
    this.originals.clear()
  }

  private tell(node: SceneNode, field: string): void {
    const text = fieldText(this.scene, node, field)
    if (text === undefined) return
    this.untold.set(node.id, { ...this.untold.get(node.id), id: node.id, [field]: text })
  }
}
