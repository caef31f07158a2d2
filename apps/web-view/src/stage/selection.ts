import {
  Box3,
  Box3Helper,
  type Camera,
  Color,
  type LineBasicMaterial,
  type Mesh,
  type Object3D,
  Raycaster,
  type Scene,
  Vector2,
} from 'three'
import { isInside } from './camera-rig.js'

/** The innermost solid that an object is a part of. */
export function solidOf(object: Object3D): Object3D | undefined {
  for (let one: Object3D | null = object; one; one = one.parent) if (one.userData.solid === true) return one
  return undefined
}

export function robotOf(object: Object3D): Object3D | undefined {
  for (let one: Object3D | null = object; one; one = one.parent) if (one.userData.robot !== undefined) return one
  return undefined
}

/** The innermost solid below the pointer. What is not pickable is looked through. */
export function solidAt(event: MouseEvent, canvas: HTMLElement, camera: Camera, root: Object3D): Object3D | undefined {
  const box = canvas.getBoundingClientRect()
  const point = new Vector2(
    ((event.clientX - box.left) / box.width) * 2 - 1,
    1 - ((event.clientY - box.top) / box.height) * 2,
  )
  const ray = new Raycaster()
  // Shapes that are drawn together are on another layer, and picked one by one.
  ray.layers.enableAll()
  ray.setFromCamera(point, camera)
  const hit = ray
    .intersectObject(root, true)
    .find(
      ({ object }) => (object as Mesh).isMesh && object.parent?.userData.pickable !== false && isShown(object, root),
    )
  return hit && solidOf(hit.object)
}

function isShown(object: Object3D, root: Object3D): boolean {
  for (let one: Object3D | null = object; one && one !== root; one = one.parent) if (!one.visible) return false
  return true
}

/** The solid that somebody looks at, with a frame around it. */
export class Selection {
  private solid: Object3D | undefined
  private readonly bounds = new Box3()
  private readonly frame = new Box3Helper(this.bounds, new Color(0x1f6feb))

  constructor(
    scene: Scene,
    private readonly onChange: (id: string | undefined) => void,
  ) {
    this.frame.visible = false
    const material = this.frame.material as LineBasicMaterial
    material.toneMapped = false
    material.depthTest = false
    material.transparent = true
    this.frame.renderOrder = 10
    this.frame.raycast = () => undefined
    scene.add(this.frame)
  }

  get selected(): Object3D | undefined {
    return this.solid
  }

  /** A first click takes the innermost solid, each further one what it is a part of, up to the robot. */
  click(innermost: Object3D | undefined): void {
    const { solid } = this
    if (!innermost || !solid || !isInside(innermost, solid)) return this.select(innermost)
    const outer = solid.userData.robot === undefined && solid.parent ? solidOf(solid.parent) : undefined
    this.select(outer ?? innermost)
  }

  select(solid: Object3D | undefined): void {
    if (this.solid === solid) return
    this.solid = solid
    this.frame.visible = solid !== undefined
    this.onChange(solid?.userData.nodeId as string | undefined)
  }

  /** Before each picture. */
  place(): void {
    if (!this.solid) return
    this.bounds.setFromObject(this.solid)
    this.frame.visible = !this.bounds.isEmpty()
    this.frame.updateMatrixWorld(true)
  }

  dispose(): void {
    this.frame.removeFromParent()
    this.frame.dispose()
  }
}
