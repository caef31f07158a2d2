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
  const geometries: Mesh[] = []
  object.traverse((one) => {
    if (one instanceof Mesh) geometries.push(one)
  })
  geometries.forEach((mesh, at) => {
    mesh.visible = index < 0 || index === at
    if (!own) mesh.material = material
    mesh.castShadow = shadows
    mesh.receiveShadow = true
  })
  return object
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
