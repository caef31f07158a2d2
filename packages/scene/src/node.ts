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
  /** The PROTO this node is an instance of, outermost first. */
  readonly proto?: { readonly name: string; readonly url: string }
  /** Set when this is a USE: `fields` are then those of the node it refers to. */
  readonly useOf?: SceneNode
  /** Values by field name; a field that is absent has the default of `fieldSpec(type, name)`. */
  readonly fields: Map<string, FieldValue>
  parent?: SceneNode
  /** Where the node stands in the text, for messages. */
  readonly location: { readonly file: string; readonly line: number; readonly column: number }
  /** Folder URL that relative file names in this node's fields are resolved against. */
  readonly baseUrl: string
}
