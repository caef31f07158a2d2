import { type Diagnostic, SimyardError } from '@simyard/protocol'
import { SceneBuilder } from './build/builder.js'
import type { Environment } from './build/environment.js'
import { EditableScene } from './editable-scene.js'
import type { FileSource } from './files.js'
import { parseWorld } from './language/parser.js'
import type { RawNode } from './language/syntax.js'
import { R2022A } from './language/version.js'
import { loadMeshes } from './mesh/scene-meshes.js'
import type { TriangleMesh } from './mesh/triangle-mesh.js'
import type { SceneNode } from './node.js'
import { fileScope, requireHeader } from './proto/declaration.js'
import { ProtoLibrary } from './proto/library.js'
import type { TemplateLimits } from './proto/template.js'
import type { CoordinateSystem, Scene } from './scene.js'

export interface SceneLimits {
  readonly maxNodes: number
  readonly maxFileBytes: number
}

export interface LoadSceneOptions {
  /** The world, `project:/worlds/x.wbt`. */
  readonly url: string
  readonly files: FileSource
  /** Phases in Webots' words: 'Parsing nodes', 'Creating nodes', 'Downloading assets', 'Finalizing nodes'. */
  readonly onProgress?: (phase: string, percent: number) => void
  readonly templates?: TemplateLimits
  readonly limits?: Partial<SceneLimits>
}

const DEFAULT_LIMITS: SceneLimits = { maxNodes: 200_000, maxFileBytes: 64 * 1024 * 1024 }
const decoder = new TextDecoder()

/** Reads a world with all its PROTOs and meshes. Rejects with a SimyardError that names the file, line and column. */
export async function loadScene(options: LoadSceneOptions): Promise<Scene> {
  const { url, files } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const progress = options.onProgress ?? (() => {})
  progress('Parsing nodes', 0)
  const bytes = await files.read(url)
  if (bytes.length > limits.maxFileBytes) {
    throw new SimyardError('SCENE_TOO_LARGE', `${url} has ${bytes.length} bytes; ${limits.maxFileBytes} are allowed`)
  }
  const text = decoder.decode(bytes)
  const version = requireHeader(text, url)
  const syntax = parseWorld(text, url)
  progress('Parsing nodes', 100)

  const diagnostics: Diagnostic[] = []
  const coordinateSystem = readCoordinateSystem(syntax.nodes, version.order < R2022A ? 'NUE' : 'ENU')
  const library = new ProtoLibrary(files, limits.maxFileBytes)
  const templates = options.templates ?? {}
  const { maxNodes } = limits
  const builder = new SceneBuilder({
    files,
    library,
    templates,
    maxNodes,
    coordinateSystem,
    worldUrl: url,
    diagnostics,
  })
  const scope = fileScope(url, version, syntax.externProtos)
  const environment: Environment = { scope, defs: new Map(), chain: [] }
  const batch = builder.begin(1, 0)
  const nodes: SceneNode[] = []
  for (const [index, raw] of syntax.nodes.entries()) {
    progress('Creating nodes', Math.floor((100 * index) / syntax.nodes.length))
    nodes.push(await builder.build(raw, environment))
  }
  progress('Creating nodes', 100)

  const meshes = new Map<string, TriangleMesh>()
  await loadMeshes(batch.nodes, files, meshes, diagnostics, (percent) => {
    progress('Downloading assets', percent)
  })
  let worldInfo = nodes.find((node) => node.type === 'WorldInfo')
  if (!worldInfo) {
    const location = { file: url, line: 1, column: 1 }
    worldInfo = await builder.build({ type: 'WorldInfo', use: false, fields: [], location }, environment)
    nodes.push(worldInfo)
  }
  progress('Finalizing nodes', 100)
  return new EditableScene(
    { url, version: version.text, coordinateSystem, primitiveAxis: scope.primitiveAxis, worldInfo, diagnostics, files },
    { builder, library, scope },
    batch,
    nodes,
    meshes,
  )
}

function readCoordinateSystem(nodes: readonly RawNode[], otherwise: CoordinateSystem): CoordinateSystem {
  const worldInfo = nodes.find((node) => node.type === 'WorldInfo')
  const value = worldInfo?.fields.find((field) => field.name === 'coordinateSystem')?.value
  const name = value?.kind === 'strings' ? value.values[0] : undefined
  return name === 'ENU' || name === 'NUE' || name === 'EUN' ? name : otherwise
}
