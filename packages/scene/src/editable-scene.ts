import { type Diagnostic, SimyardError } from '@simyard/protocol'
import type { Batch, SceneBuilder } from './build/builder.js'
import type { FileSource } from './files.js'
import { parseWorld } from './language/parser.js'
import { loadMeshes, sweepMeshes } from './mesh/scene-meshes.js'
import type { TriangleMesh } from './mesh/triangle-mesh.js'
import { childNodes, type SceneNode } from './node.js'
import type { FileScope } from './proto/declaration.js'
import type { ProtoLibrary } from './proto/library.js'
import type { CoordinateSystem, PreparedNodes, Scene } from './scene.js'
import { nodeSpec } from './spec/nodes.js'

/** What of a scene never changes. */
interface SceneFacts {
  readonly url: string
  readonly version: string
  readonly coordinateSystem: CoordinateSystem
  readonly primitiveAxis: 'y' | 'z'
  readonly worldInfo: SceneNode
  readonly diagnostics: Diagnostic[]
  readonly files: FileSource
}

interface Sources {
  readonly builder: SceneBuilder
  readonly library: ProtoLibrary
  /** Of the world file: its PROTOs and its age. */
  readonly scope: FileScope
}

/** A scene with the means to build more of it. */
export class EditableScene implements Scene {
  readonly url: string
  readonly version: string
  readonly coordinateSystem: CoordinateSystem
  readonly primitiveAxis: 'y' | 'z'
  readonly worldInfo: SceneNode
  readonly diagnostics: Diagnostic[]
  readonly files: FileSource
  readonly byId = new Map<number, SceneNode>()
  readonly byDef = new Map<string, SceneNode>()
  /** All nodes of a DEF name in the order of the scene: the first is found by name, the last is what USE means. */
  private readonly named = new Map<string, SceneNode[]>()
  private readonly batches = new WeakMap<PreparedNodes, Batch>()
  private readonly loadedRoots: readonly SceneNode[]
  private nextId = 1

  constructor(
    facts: SceneFacts,
    private readonly sources: Sources,
    private readonly loaded: Batch,
    readonly nodes: SceneNode[],
    readonly meshes: Map<string, TriangleMesh>,
  ) {
    this.url = facts.url
    this.version = facts.version
    this.coordinateSystem = facts.coordinateSystem
    this.primitiveAxis = facts.primitiveAxis
    this.worldInfo = facts.worldInfo
    this.diagnostics = facts.diagnostics
    this.files = facts.files
    this.loadedRoots = [...nodes]
    this.register(loaded)
  }

  async prepareNodes(text: string): Promise<PreparedNodes> {
    const { builder, library, scope } = this.sources
    const file = `${this.url} (import)`
    const defs = new Map([...this.named].flatMap(([def, nodes]) => nodes.slice(-1).map((node) => [def, node] as const)))
    const environment = { scope, defs, chain: [] }
    const before = this.diagnostics.length
    const batch = builder.begin(this.nextId, this.byId.size)
    try {
      const roots: SceneNode[] = []
      for (const raw of parseWorld(text, file).nodes) {
        const root = await builder.build(raw, environment)
        if (!nodeSpec(root.type)) throw await library.missing(root.type, scope, raw.location)
        if (root.type === 'WorldInfo') {
          throw new SimyardError('EDIT_REFUSED', 'A world has one WorldInfo; another cannot be added to it.')
        }
        roots.push(root)
      }
      await loadMeshes(batch.nodes, this.files, this.meshes, this.diagnostics, () => {})
      const prepared = { roots, nodes: batch.nodes, diagnostics: this.diagnostics.slice(before) }
      this.batches.set(prepared, batch)
      return prepared
    } catch (error) {
      sweepMeshes(this.byId.values(), this.meshes)
      throw error
    } finally {
      // Those of an import are told once and not kept: a world may run for long.
      this.diagnostics.length = before
    }
  }

  edit({ remove = [], add }: { readonly remove?: readonly SceneNode[]; readonly add?: PreparedNodes }): Set<number> {
    for (const root of remove) {
      const at = this.nodes.indexOf(root)
      if (at >= 0) this.nodes.splice(at, 1)
    }
    const batch = add && this.batches.get(add)
    if (add && batch) {
      this.nodes.push(...add.roots)
      this.register(batch)
    }
    return remove.length > 0 ? this.sweep(remove) : new Set()
  }

  reset(): Set<number> {
    const gone = new Set(this.byId.keys())
    this.nodes.splice(0, this.nodes.length, ...this.loadedRoots)
    this.byId.clear()
    this.byDef.clear()
    this.named.clear()
    this.nextId = 1
    this.register(this.loaded)
    sweepMeshes(this.byId.values(), this.meshes)
    for (const id of this.byId.keys()) gone.delete(id)
    return gone
  }

  private register(batch: Batch): void {
    for (const node of batch.nodes) {
      this.byId.set(node.id, node)
      this.nextId = Math.max(this.nextId, node.id + 1)
    }
    for (const { def, node } of batch.named) {
      this.named.set(def, [...(this.named.get(def) ?? []), node])
      if (!this.byDef.has(def)) this.byDef.set(def, node)
    }
  }

  /** What is inside removed roots and in no other place: the fields of a USE are those of the node that it names. */
  private sweep(removed: readonly SceneNode[]): Set<number> {
    const gone = new Set(removed.flatMap((root) => [...within(root)]))
    if ([...gone].some((node) => node.def !== undefined)) {
      for (const root of this.nodes) for (const node of within(root)) gone.delete(node)
    }
    const names = new Set<string>()
    for (const { id, def } of gone) {
      this.byId.delete(id)
      if (def !== undefined) names.add(def)
    }
    for (const def of names) {
      const left = (this.named.get(def) ?? []).filter((node) => !gone.has(node))
      this.byDef.delete(def)
      this.named.delete(def)
      const [first] = left
      if (!first) continue
      this.named.set(def, left)
      this.byDef.set(def, first)
    }
    sweepMeshes(this.byId.values(), this.meshes)
    return new Set([...gone].map(({ id }) => id))
  }
}

function* within(node: SceneNode): Generator<SceneNode> {
  yield node
  for (const child of childNodes(node)) yield* within(child)
}
