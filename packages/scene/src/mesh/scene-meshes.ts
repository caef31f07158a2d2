import { type Diagnostic, SimyardError } from '@simyard/protocol'
import type { FileSource } from '../files.js'
import type { SceneNode } from '../node.js'
import { getStrings } from '../readers.js'
import { isRemoteUrl } from '../url.js'
import { loadGeometryFile } from './geometry-file.js'
import type { TriangleMesh } from './triangle-mesh.js'

/** Loads the files of Mesh and CadShape nodes that are not there yet; one that cannot be read is a diagnostic. */
export async function loadMeshes(
  nodes: Iterable<SceneNode>,
  files: FileSource,
  meshes: Map<string, TriangleMesh>,
  diagnostics: Diagnostic[],
  progress: (percent: number) => void,
): Promise<void> {
  const users = new Map<string, SceneNode>()
  for (const node of nodes) {
    const url = meshUrl(node)
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

/** Forgets the meshes that none of the nodes uses. */
export function sweepMeshes(nodes: Iterable<SceneNode>, meshes: Map<string, TriangleMesh>): void {
  const used = new Set<string | undefined>()
  for (const node of nodes) used.add(meshUrl(node))
  for (const url of meshes.keys()) if (!used.has(url)) meshes.delete(url)
}

function meshUrl(node: SceneNode): string | undefined {
  return node.type === 'Mesh' || node.type === 'CadShape' ? getStrings(node, 'url')[0] : undefined
}
