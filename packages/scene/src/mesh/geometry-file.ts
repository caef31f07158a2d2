import { SimyardError } from '@simyard/protocol'
import { type FileSource, readIfPresent } from '../files.js'
import { folderOf, resolveUrl } from '../url.js'
import { parseCollada } from './collada.js'
import { parseStl } from './stereolithography.js'
import type { MeshMaterial, TriangleMesh } from './triangle-mesh.js'
import { materialLibraries, parseMtl, parseObj } from './wavefront.js'

const decoder = new TextDecoder()

/** Reads an OBJ (with its materials), STL or DAE file. */
export async function loadGeometryFile(url: string, files: FileSource): Promise<TriangleMesh> {
  const bytes = await files.read(url)
  const resolve = (name: string) => resolveUrl(folderOf(url), name)
  const extension = /\.(\w+)$/.exec(url)?.[1]?.toLowerCase()
  let mesh: TriangleMesh
  try {
    if (extension === 'obj')
      mesh = parseObj(decoder.decode(bytes), await readMaterials(decoder.decode(bytes), resolve, files))
    else if (extension === 'stl') mesh = parseStl(bytes)
    else if (extension === 'dae') mesh = parseCollada(decoder.decode(bytes), resolve)
    else throw new SimyardError('SCENE_MESH_INVALID', `${url}: meshes are .obj, .stl or .dae files`)
  } catch (error) {
    if (error instanceof SimyardError) throw error
    const problem = error instanceof Error ? error.message : String(error)
    throw new SimyardError('SCENE_MESH_INVALID', `${url} cannot be read: ${problem}`, { cause: error })
  }
  if (mesh.indices.length > 0) return mesh
  throw new SimyardError('SCENE_MESH_INVALID', `${url} has no triangles`)
}

async function readMaterials(
  text: string,
  resolve: (name: string) => string,
  files: FileSource,
): Promise<ReadonlyMap<string, MeshMaterial>> {
  const found = new Map<string, MeshMaterial>()
  for (const name of materialLibraries(text)) {
    const bytes = await readIfPresent(files, resolve(name))
    if (bytes) for (const [key, material] of parseMtl(decoder.decode(bytes), resolve)) found.set(key, material)
  }
  return found
}
