/** A value of one field, as the language types it. Vectors, colours and rotations are flat number arrays. */
export type FieldValue =
  | boolean
  | number
  | string
  | null
  | readonly number[]
  | SceneNode
  | readonly boolean[]
  | readonly string[]
  | readonly (readonly number[])[]
  | readonly SceneNode[]

/**
 * A node of the scene tree after PROTO expansion. `type` is always a base node ('Solid', 'HingeJoint', …, or the name
 * as written for a node nobody knows). Ids are given in document order from 1 and stay the same for the same text.
 */
export interface SceneNode {
  readonly id: number
  readonly type: string
  readonly def?: string
  /** The PROTO this node is an instance of, the outermost when one derives from another. */
  readonly proto?: { readonly name: string; readonly url: string }
  /** Set when this is a USE: `fields` are then those of the node it refers to. */
  readonly useOf?: SceneNode
  /**
   * Values by field name; a field that is absent has the default of `fieldSpec(type, name)`. File names in `url` fields
   * are already whole URLs: `project:/…`, `asset:/…`, or `https://…` when it is from the internet and not ours.
   */
  readonly fields: Map<string, FieldValue>
  parent?: SceneNode
  /** Where the node stands in the text, for messages. */
  readonly location: { readonly file: string; readonly line: number; readonly column: number }
  /** Folder URL of the file that the node is written in. */
  readonly baseUrl: string
  /** Axis of cylinders, capsules and cones and normal of planes in that file: y before R2022a, z since. */
  readonly primitiveAxis: 'y' | 'z'
}

export function isNode(value: FieldValue | undefined): value is SceneNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The nodes directly inside, in the order of their fields. */
export function childNodes(node: SceneNode): SceneNode[] {
  const found: SceneNode[] = []
  for (const value of node.fields.values()) {
    if (isNode(value)) found.push(value)
    else if (Array.isArray(value)) for (const item of value) if (isNode(item)) found.push(item)
  }
  return found
}
