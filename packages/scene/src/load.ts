import { type Diagnostic, SimyardError } from '@simyard/protocol'
import { SceneBuilder } from './build/builder.js'
import type { Environment } from './build/environment.js'
import type { FileSource } from './files.js'
import { parseWorld } from './language/parser.js'
import type { RawNode } from './language/syntax.js'
import { R2022A } from './language/version.js'
import { loadGeometryFile } from './mesh/geometry-file.js'
import type { TriangleMesh } from './mesh/triangle-mesh.js'
import type { SceneNode } from './node.js'
import { fileScope, requireHeader } from './proto/declaration.js'
import { ProtoLibrary } from './proto/library.js'
import type { TemplateLimits } from './proto/template.js'
import { getStrings } from './readers.js'
import type { CoordinateSystem, Scene } from './scene.js'
import { isRemoteUrl } from './url.js'

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
  const nodes: SceneNode[] = []
  for (const [index, raw] of syntax.nodes.entries()) {
    progress('Creating nodes', Math.floor((100 * index) / syntax.nodes.length))
    nodes.push(await builder.build(raw, environment))
  }
  progress('Creating nodes', 100)

  const meshes = new Map<string, TriangleMesh>()
  await loadMeshes(builder.byId.values(), files, meshes, diagnostics, (percent) => {
    progress('Downloading assets', percent)
  })
  let worldInfo = nodes.find((node) => node.type === 'WorldInfo')
  if (!worldInfo) {
    const location = { file: url, line: 1, column: 1 }
    worldInfo = await builder.build({ type: 'WorldInfo', use: false, fields: [], location }, environment)
    nodes.push(worldInfo)
  }
  progress('Finalizing nodes', 100)
  return {
    url,
    version: version.text,
    coordinateSystem,
    primitiveAxis: scope.primitiveAxis,
    nodes,
    byId: builder.byId,
    byDef: builder.byDef,
    worldInfo,
    diagnostics,
    meshes,
    files,
    async importNodes(source, parent) {
      const imported: SceneNode[] = []
      const before = builder.byId.size
      for (const raw of parseWorld(source, `${url} (import)`).nodes) {
        imported.push(await builder.build(raw, environment, parent))
      }
      await loadMeshes([...builder.byId.values()].slice(before), files, meshes, diagnostics, () => {})
      return imported
    },
  }
}

function readCoordinateSystem(nodes: readonly RawNode[], otherwise: CoordinateSystem): CoordinateSystem {
  const worldInfo = nodes.find((node) => node.type === 'WorldInfo')
  const value = worldInfo?.fields.find((field) => field.name === 'coordinateSystem')?.value
  const name = value?.kind === 'strings' ? value.values[0] : undefined
  return name === 'ENU' || name === 'NUE' || name === 'EUN' ? name : otherwise
}

async function loadMeshes(
  nodes: Iterable<SceneNode>,
  files: FileSource,
  meshes: Map<string, TriangleMesh>,
  diagnostics: Diagnostic[],
  progress: (percent: number) => void,
): Promise<void> {
  const users = new Map<string, SceneNode>()
  for (const node of nodes) {
    if (node.type !== 'Mesh' && node.type !== 'CadShape') continue
    const url = getStrings(node, 'url')[0]
    if (url !== undefined && !isRemoteUrl(url) && !meshes.has(url) && !users.has(url)) users.set(url, node)
  }
  let done = 0
  for (const [url, { location }] of users) {
    progress(Math.floor((100 * done++) / users.size))
    try {
      meshes.set(url, await loadGeometryFile(url, files))
    } catch (error) {
      if (!(error instanceof SimyardError)) throw error
      diagnostics.push({ severity: 'error', code: error.code, message: error.message, location })
    }
  }
  progress(100)
}
