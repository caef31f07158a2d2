import type { Diagnostic } from '@simyard/protocol'
import type { FileSource } from './files.js'
import type { TriangleMesh } from './mesh/triangle-mesh.js'
import { childNodes, type SceneNode } from './node.js'

/** Which way is up and ahead: ENU has z up, NUE and EUN have y up. */
export type CoordinateSystem = 'ENU' | 'NUE' | 'EUN'

export interface Scene {
  readonly url: string
  /** Of the file, `R2025a`. */
  readonly version: string
  readonly coordinateSystem: CoordinateSystem
  /** Of the world file; a node says for itself in `primitiveAxis`, because a PROTO may be of another age. */
  readonly primitiveAxis: 'y' | 'z'
  readonly nodes: SceneNode[]
  readonly byId: Map<number, SceneNode>
  /** DEF names outside PROTOs; the first node of a name. */
  readonly byDef: Map<string, SceneNode>
  readonly worldInfo: SceneNode
  readonly diagnostics: Diagnostic[]
  /** Meshes of Mesh and CadShape nodes by URL; one that could not be read is missing and has a diagnostic. */
  readonly meshes: Map<string, TriangleMesh>
  readonly files: FileSource
  /**
   * Builds nodes from text, as a supervisor imports them. Until `edit` they are no part of the scene; only their meshes
   * are loaded. One at a time. Rejects with a SimyardError when the text is not accepted.
   */
  prepareNodes(text: string): Promise<PreparedNodes>
  /**
   * Root nodes leave with all that is in them, and prepared ones come. Ids that were given out are not given again; names
   * and DEFs are free again. Returns the ids that are gone.
   */
  edit(change: { readonly remove?: readonly SceneNode[]; readonly add?: PreparedNodes }): ReadonlySet<number>
  /** The nodes that were there after loading; later ids are given out anew. Fields stay as they are. */
  reset(): ReadonlySet<number>
}

/** Nodes that may become part of a scene. */
export interface PreparedNodes {
  readonly roots: readonly SceneNode[]
  /** The roots and all that is in them. */
  readonly nodes: readonly SceneNode[]
  readonly diagnostics: readonly Diagnostic[]
}

/** A node by its DEF name, or by a path of DEF names that leads into PROTOs: `ROBOT.ARM`. */
export function findByDef(scene: Scene, path: string): SceneNode | undefined {
  const [first = '', ...rest] = path.split('.')
  let node = scene.byDef.get(path) ?? scene.byDef.get(first)
  if (scene.byDef.has(path)) return node
  for (const name of rest) node = node && findInside(node, name)
  return node
}

function findInside(node: SceneNode, def: string): SceneNode | undefined {
  for (const child of childNodes(node)) {
    const found = child.def === def ? child : findInside(child, def)
    if (found) return found
  }
  return undefined
}
