export type { FileSource } from './files.js'
export type { FieldValue, SceneNode } from './node.js'
