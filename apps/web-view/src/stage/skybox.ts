import {
  ClampToEdgeWrapping,
  Color,
  Group,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  PlaneGeometry,
  SRGBColorSpace,
  type Texture,
  TextureLoader,
  Vector3,
} from 'three'
import { type AssetBase, assetUrl } from '../scene/asset-url.js'
import { strings } from '../scene/attribute.js'
import { zUpToYUp } from '../scene/world-frame.js'

/** A sunlit ground instead of the lower half of a painted sky. */
export const PAINTED_GROUND = new Color(0.46, 0.43, 0.39)
/** Less blue than the eye sees it. */
const WARM = new Color(1.6, 1.15, 0.8)

/** Where a face lies and what is right and up in its picture, in a z-up world seen from the middle. */
const faces: readonly (readonly [name: string, ahead: Vector3, right: Vector3, up: Vector3])[] = [
  ['front', new Vector3(1, 0, 0), new Vector3(0, -1, 0), new Vector3(0, 0, 1)],
  ['back', new Vector3(-1, 0, 0), new Vector3(0, 1, 0), new Vector3(0, 0, 1)],
  ['left', new Vector3(0, 1, 0), new Vector3(1, 0, 0), new Vector3(0, 0, 1)],
  ['right', new Vector3(0, -1, 0), new Vector3(-1, 0, 0), new Vector3(0, 0, 1)],
  ['top', new Vector3(0, 0, 1), new Vector3(0, -1, 0), new Vector3(-1, 0, 0)],
  ['bottom', new Vector3(0, 0, -1), new Vector3(0, -1, 0), new Vector3(1, 0, 0)],
]

/** The addresses of a background's six pictures, or undefined when one is missing. */
export function skyPictures(background: Element, base: AssetBase): readonly string[] | undefined {
  const urls = faces.map(([name]) => strings(background, `${name}Url`)[0])
  return urls.every((url) => url !== undefined) ? urls.map((url) => assetUrl(url, base)) : undefined
}

/** Rejects when a picture cannot be loaded. */
export async function loadSkybox(pictures: readonly string[]): Promise<Skybox> {
  const loader = new TextureLoader().setCrossOrigin('anonymous')
  return new Skybox(await Promise.all(pictures.map((address) => loader.loadAsync(address))))
}

/** Six pictures on the inside of a cube around the camera. */
export class Skybox {
  readonly object = new Group()
  /** Of the light that comes from above. */
  readonly mean: Color
  private readonly plane = new PlaneGeometry(2, 2)
  private readonly materials: MeshBasicMaterial[] = []

  constructor(pictures: readonly Texture[]) {
    zUpToYUp(this.object, 'ENU')
    this.mean = meanColor(pictures.filter((_, at) => faces[at]![0] !== 'bottom')).multiply(WARM)
    faces.forEach(([, ahead, right, up], at) => {
      const map = pictures[at]!
      map.colorSpace = SRGBColorSpace
      map.wrapS = map.wrapT = ClampToEdgeWrapping
      const material = new MeshBasicMaterial({ map, fog: false, depthWrite: false, toneMapped: false })
      this.materials.push(material)
      const face = new Mesh(this.plane, material)
      face.quaternion.setFromRotationMatrix(new Matrix4().makeBasis(right, up, ahead.clone().negate()))
      face.position.copy(ahead)
      face.frustumCulled = false
      face.renderOrder = -1
      this.object.add(face)
    })
  }

  /** What lights the scene: less blue than the eye sees it, with a sunlit ground instead of the lower half. */
  warmCopy(radius: number): Group {
    const copy = new Group()
    zUpToYUp(copy, 'ENU')
    copy.scale.setScalar(radius)
    this.object.children.forEach((face, at) => {
      const map = this.materials[at]!.map
      const material = new MeshBasicMaterial({ map, color: WARM, toneMapped: false })
      const turned = new Mesh(this.plane, material)
      turned.position.copy(face.position)
      turned.quaternion.copy(face.quaternion)
      copy.add(turned)
    })
    const ground = new Mesh(this.plane, new MeshBasicMaterial({ color: PAINTED_GROUND, toneMapped: false }))
    ground.position.set(0, 0, -0.1)
    copy.add(ground)
    return copy
  }

  dispose(): void {
    this.object.removeFromParent()
    this.plane.dispose()
    for (const material of this.materials) {
      material.map?.dispose()
      material.dispose()
    }
  }
}

/** Of all pictures together, linear. */
function meanColor(pictures: readonly Texture[]): Color {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = 8
  const context = canvas.getContext('2d', { willReadFrequently: true })
  const sum = new Color(0)
  if (!context) return sum.set(0.6)
  for (const { image } of pictures) {
    context.drawImage(image as CanvasImageSource, 0, 0, 8, 8)
    const { data } = context.getImageData(0, 0, 8, 8)
    for (let at = 0; at < data.length; at += 4)
      sum.add(new Color().setRGB(data[at]! / 255, data[at + 1]! / 255, data[at + 2]! / 255, SRGBColorSpace))
  }
  return sum.multiplyScalar(1 / (pictures.length * 64))
}
