import { type BufferGeometry, Group, Mesh, type MeshStandardMaterial, type Object3D } from 'three'
import { type AssetBase, assetUrl } from './asset-url.js'
import { boolean, number, strings } from './attribute.js'

/** Mesh and CadShape: a file in another format. Its reader is fetched with the first such file. */
export async function loadMeshFile(
  element: Element,
  base: AssetBase,
  material: MeshStandardMaterial,
): Promise<Object3D> {
  const url = strings(element, 'url')[0]
  if (url === undefined) return new Group()
  const object = await readMeshFile(assetUrl(url, base))
  const own = element.tagName === 'CadShape'
  const index = number(element, 'materialIndex', -1)
  const shadows = boolean(element, 'castShadows', true)
  const name = strings(element, 'name')[0]
  const clockwise = !boolean(element, 'ccw', true)
  const geometries: Mesh[] = []
  object.traverse((one) => {
    if (one instanceof Mesh) geometries.push(one)
  })
  // A name that the file does not have would leave nothing.
  const named = name !== undefined && geometries.some((mesh) => isCalled(mesh, name, object))
  geometries.forEach((mesh, at) => {
    mesh.visible = (index < 0 || index === at) && (!named || isCalled(mesh, name!, object))
    if (clockwise) turnFaces(mesh.geometry)
    if (!own) mesh.material = material
    mesh.castShadow = shadows
    mesh.receiveShadow = true
  })
  return object
}

function isCalled(mesh: Object3D, name: string, root: Object3D): boolean {
  for (let one: Object3D | null = mesh; one && one !== root; one = one.parent) if (one.name === name) return true
  return false
}

/** Winds every triangle the other way round, and its normals with it. */
function turnFaces(geometry: BufferGeometry): void {
  const count = geometry.index?.count ?? geometry.getAttribute('position').count
  const order = geometry.index?.array ?? Uint32Array.from({ length: count }, (_, at) => at)
  const turned = Array.from({ length: count }, (_, at) => order[at % 3 === 0 ? at : at % 3 === 1 ? at + 1 : at - 1]!)
  geometry.setIndex(turned)
  const normal = geometry.getAttribute('normal')
  for (let at = 0; at < (normal?.count ?? 0); at++)
    normal!.setXYZ(at, -normal!.getX(at), -normal!.getY(at), -normal!.getZ(at))
}

async function readMeshFile(address: string): Promise<Object3D> {
  const kind = /\.(\w+)(\?|$)/.exec(address)?.[1]?.toLowerCase()
  switch (kind) {
    case 'stl': {
      const { STLLoader } = await import('three/addons/loaders/STLLoader.js')
      const geometry: BufferGeometry = await new STLLoader().loadAsync(address)
      return new Mesh(geometry)
    }
    case 'obj': {
      const { OBJLoader } = await import('three/addons/loaders/OBJLoader.js')
      return new OBJLoader().loadAsync(address)
    }
    case 'dae': {
      const { ColladaLoader } = await import('three/addons/loaders/ColladaLoader.js')
      const collada = await new ColladaLoader().loadAsync(address)
      if (!collada) throw new Error(`${address} holds no scene`)
      // The loader turns the file's z-up to the renderer's y-up; the scene wants the file's own axes.
      collada.scene.rotation.set(0, 0, 0)
      return collada.scene
    }
    default:
      throw new Error(`${address}: meshes are read from .dae, .obj and .stl files`)
  }
}
