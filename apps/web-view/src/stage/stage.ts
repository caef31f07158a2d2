import {
  Box3,
  type DirectionalLight,
  NeutralToneMapping,
  type Object3D,
  PCFShadowMap,
  PerspectiveCamera,
  Quaternion,
  Raycaster,
  Scene,
  Vector2,
  Vector3,
  WebGLRenderer,
} from 'three'
import { OrbitControls } from 'three/addons/controls/OrbitControls.js'
import { number, rotation, vector } from '../scene/attribute.js'
import type { SceneGraph } from '../scene/scene-graph.js'
import { type CoordinateSystem, cameraOrientation, zUpToYUp } from '../scene/world-frame.js'
import { Backdrop } from './backdrop.js'

export type CameraMode = 'follow' | 'top' | 'stage'

export interface StageEvents {
  /** Before each picture; returns whether there will be another one to draw. */
  onAdvance(now: number): boolean
  onPick(robot: string | undefined): void
  onFollow(name: string | undefined): void
}

/** The canvas: camera, light, shadows, and one picture whenever something has changed. */
export class Stage {
  readonly canvas: HTMLCanvasElement
  private readonly renderer: WebGLRenderer
  private readonly scene = new Scene()
  private readonly camera = new PerspectiveCamera(45, 1, 0.02, 2000)
  private readonly controls: OrbitControls
  private readonly backdrop: Backdrop
  private readonly observer: ResizeObserver
  private graph: SceneGraph | undefined
  private system: CoordinateSystem = 'ENU'
  private viewpoint: Element | undefined
  private followed: Object3D | undefined
  private readonly followedAt = new Vector3()
  private fieldOfView = 0.785
  private frameRequest = 0
  private firstPicture: (() => void) | undefined
  private extentChanged = false

  /** Throws when the browser has no WebGL. */
  constructor(
    private readonly host: HTMLElement,
    private readonly events: StageEvents,
  ) {
    this.renderer = new WebGLRenderer({ antialias: true, powerPreference: 'high-performance' })
    this.renderer.toneMapping = NeutralToneMapping
    this.renderer.toneMappingExposure = 1
    this.renderer.shadowMap.enabled = true
    this.renderer.shadowMap.type = PCFShadowMap
    this.canvas = this.renderer.domElement
    this.canvas.tabIndex = 0
    this.canvas.setAttribute('role', 'img')
    this.canvas.setAttribute(
      'aria-label',
      '3D view of the simulation. Arrow keys turn the camera, plus and minus zoom.',
    )
    host.append(this.canvas)
    this.backdrop = new Backdrop(this.scene, this.renderer, () => this.invalidate())
    this.controls = new OrbitControls(this.camera, this.canvas)
    this.controls.enableDamping = !matchMedia('(prefers-reduced-motion: reduce)').matches
    this.controls.dampingFactor = 0.12
    this.controls.zoomToCursor = true
    this.controls.minDistance = 0.06
    this.controls.maxDistance = 500
    this.controls.addEventListener('change', () => this.invalidate())
    this.canvas.addEventListener('keydown', (event) => this.onKey(event))
    this.canvas.addEventListener('click', (event) => this.events.onPick(this.robotAt(event)?.userData.robot))
    this.canvas.addEventListener('dblclick', (event) => this.follow(this.robotAt(event)))
    this.observer = new ResizeObserver(() => this.resize())
    this.observer.observe(host)
    this.resize()
  }

  show(graph: SceneGraph, settings: readonly Element[], onPicture: () => void): void {
    this.clear()
    this.graph = graph
    const info = settings.find((one) => one.tagName === 'WorldInfo')
    const system = info?.getAttribute('coordinateSystem')
    this.system = system === 'NUE' || system === 'EUN' ? system : 'ENU'
    zUpToYUp(graph.root, this.system)
    this.scene.add(graph.root)
    for (const element of settings) this.applySetting(element)
    const bounds = this.fitSurroundings(graph)
    const size = bounds.isEmpty() ? 1 : bounds.getSize(new Vector3()).length()
    this.controls.maxDistance = Math.min(Math.max(size * 4, 5), 800)
    this.resetCamera()
    this.firstPicture = onPicture
    this.invalidate()
  }

  /** Nodes came or went; what depends on the scene's extent is fitted before the next picture. */
  sceneChanged(): void {
    let top: Object3D | null | undefined = this.followed
    while (top?.parent) top = top.parent
    if (this.followed && top !== this.scene) this.follow(undefined)
    this.extentChanged = true
    this.invalidate()
  }

  private fitSurroundings(graph: SceneGraph): Box3 {
    graph.root.updateMatrixWorld(true)
    const bounds = new Box3().setFromObject(graph.root)
    this.backdrop.placeGround(bounds)
    this.fitShadows(bounds)
    this.extentChanged = false
    return bounds
  }

  clear(): void {
    this.follow(undefined)
    this.graph?.dispose()
    this.graph = undefined
    this.viewpoint = undefined
    this.backdrop.reset()
    this.invalidate()
  }

  /** Viewpoint (field of view only while watching), Background and Fog. */
  applySetting(element: Element): void {
    if (element.tagName === 'Viewpoint') {
      this.viewpoint = element
      this.fieldOfView = number(element, 'fieldOfView', 0.785)
      this.resize()
    } else if (element.tagName === 'Background')
      this.backdrop.applyBackground(element, this.graph?.assetBase ?? location.href)
    else if (element.tagName === 'Fog') this.backdrop.applyFog(element)
    this.invalidate()
  }

  resetCamera(): void {
    this.follow(undefined)
    const bounds = this.graph ? new Box3().setFromObject(this.graph.root) : new Box3()
    const centre = bounds.isEmpty() ? new Vector3() : bounds.getCenter(new Vector3())
    if (this.viewpoint && this.graph) {
      const root = this.graph.root
      this.camera.position.copy(vector(this.viewpoint, 'position', [0, 0, 10])).applyQuaternion(root.quaternion)
      const turned = cameraOrientation(rotation(this.viewpoint, 'orientation'), this.system)
      this.camera.quaternion.copy(root.quaternion).multiply(turned)
      const forward = new Vector3(0, 0, -1).applyQuaternion(this.camera.quaternion)
      this.controls.target.copy(this.camera.position).addScaledVector(forward, this.distanceAhead(forward, centre))
    } else {
      const size = Math.max(bounds.getSize(new Vector3()).length(), 1)
      this.controls.target.copy(centre)
      this.camera.position.copy(centre).add(new Vector3(-0.6, 0.55, 0.6).multiplyScalar(size))
    }
    this.controls.update()
    this.invalidate()
  }

  /** Behind a robot, above it, or far enough away to see everything. Falls back to the stage when there is no such robot. */
  look(camera: CameraMode, robot?: string): void {
    const graph = this.graph
    if (!graph) return
    const found = camera === 'stage' ? undefined : robotNamed(graph.root, robot)
    if (!found) return this.lookAtAll()
    this.followed = undefined
    this.follow(found)
    const size = Math.max(new Box3().setFromObject(found).getSize(new Vector3()).length(), 0.1)
    const forward = new Vector3(1, 0, 0).applyQuaternion(found.getWorldQuaternion(new Quaternion()))
    const offset =
      camera === 'top'
        ? // Not quite from above: straight down there is no left and right.
          forward
            .multiplyScalar(-0.02)
            .add(new Vector3(0, 1, 0))
            .multiplyScalar(size * 4)
        : this.clearOffset(forward.setY(0).normalize(), size * 2.9, found)
    this.camera.position.copy(this.controls.target).add(offset)
    this.controls.update()
    this.invalidate()
  }

  /** From behind, and as much from above as walls in between make it necessary. */
  private clearOffset(forward: Vector3, distance: number, robot: Object3D): Vector3 {
    const bounds = new Box3().setFromObject(robot)
    const eye = bounds.getCenter(new Vector3()).setY(0.7 * bounds.min.y + 0.3 * bounds.max.y)
    let offset = new Vector3()
    for (const elevation of [0.46, 0.8, 1.1, 1.4]) {
      offset = forward.clone().multiplyScalar(-Math.cos(elevation)).setY(Math.sin(elevation)).multiplyScalar(distance)
      const sight = this.controls.target.clone().add(offset).sub(eye)
      const ray = new Raycaster(eye, sight.clone().normalize(), 0, sight.length())
      const hits = ray.intersectObject(this.graph!.root, true)
      if (!hits.some(({ object }) => !isInside(object, robot))) break
    }
    return offset
  }

  private lookAtAll(): void {
    this.follow(undefined)
    const bounds = this.graph ? new Box3().setFromObject(this.graph.root) : new Box3()
    if (bounds.isEmpty()) return this.resetCamera()
    const centre = bounds.getCenter(new Vector3())
    const radius = bounds.getSize(new Vector3()).length() / 2
    const half = (Math.min(this.camera.fov, this.camera.fov * this.camera.aspect) / 2 / 180) * Math.PI
    const direction = this.camera.position.clone().sub(this.controls.target).setY(0)
    if (direction.lengthSq() < 1e-6) direction.set(-1, 0, 1)
    direction.normalize().setY(0.9).normalize()
    this.controls.target.copy(centre)
    this.camera.position.copy(centre).addScaledVector(direction, (radius / Math.sin(half)) * 0.75)
    this.controls.update()
    this.invalidate()
  }

  setTheme(dark: boolean): void {
    this.backdrop.setTheme(dark)
  }

  /** Draws soon. Cheap to call often. */
  invalidate(): void {
    if (this.frameRequest === 0) this.frameRequest = requestAnimationFrame((now) => this.draw(now))
  }

  dispose(): void {
    cancelAnimationFrame(this.frameRequest)
    this.frameRequest = -1
    this.observer.disconnect()
    this.controls.dispose()
    this.graph?.dispose()
    this.backdrop.dispose()
    this.renderer.dispose()
    this.canvas.remove()
  }

  private draw(now: number): void {
    this.frameRequest = 0
    const moving = this.events.onAdvance(now)
    if (this.graph && this.extentChanged) this.fitSurroundings(this.graph)
    this.trackFollowed()
    const turning = this.controls.update()
    this.backdrop.prepare(this.camera.position)
    this.renderer.render(this.scene, this.camera)
    this.firstPicture?.()
    this.firstPicture = undefined
    if (moving || turning) this.invalidate()
  }

  private trackFollowed(): void {
    if (!this.followed) return
    const position = this.followed.getWorldPosition(new Vector3())
    const moved = position.clone().sub(this.followedAt)
    this.camera.position.add(moved)
    this.controls.target.add(moved)
    this.followedAt.copy(position)
  }

  private follow(robot: Object3D | undefined): void {
    if (this.followed === robot) return
    this.followed = robot
    if (robot) this.approach(robot)
    this.events.onFollow(robot?.userData.robot)
    this.invalidate()
  }

  /** Turns around the robot from now on, from near enough to see it well. */
  private approach(robot: Object3D): void {
    const size = new Box3().setFromObject(robot).getSize(new Vector3()).length()
    const offset = this.camera.position.clone().sub(this.controls.target)
    this.controls.target.copy(robot.getWorldPosition(this.followedAt))
    if (size > 0) offset.setLength(Math.min(offset.length(), Math.max(size * 5, 0.3)))
    this.camera.position.copy(this.controls.target).add(offset)
  }

  private robotAt(event: MouseEvent): Object3D | undefined {
    if (!this.graph) return undefined
    const box = this.canvas.getBoundingClientRect()
    const point = new Vector2(
      ((event.clientX - box.left) / box.width) * 2 - 1,
      1 - ((event.clientY - box.top) / box.height) * 2,
    )
    const ray = new Raycaster()
    ray.setFromCamera(point, this.camera)
    const [hit] = ray.intersectObject(this.graph.root, true)
    for (let one: Object3D | null = hit?.object ?? null; one; one = one.parent) if (one.userData.robot) return one
    return undefined
  }

  /** How far ahead the camera turns around: the scene's floor on the line of sight, else its centre. */
  private distanceAhead(forward: Vector3, centre: Vector3): number {
    const toFloor = forward.y < -0.05 ? -this.camera.position.y / forward.y : 0
    const toCentre = centre.clone().sub(this.camera.position).dot(forward)
    const distance = toFloor > 0 && toFloor < Math.abs(toCentre) * 3 + 1 ? toFloor : toCentre
    return Math.max(distance, 0.3)
  }

  private fitShadows(bounds: Box3): void {
    if (bounds.isEmpty()) return
    const radius = Math.min(Math.max(bounds.getSize(new Vector3()).length() / 2, 0.5), 30)
    this.graph?.root.traverse((one) => {
      const light = one as DirectionalLight
      if (!light.isDirectionalLight) return
      light.position.normalize().multiplyScalar(radius * 3)
      const camera = light.shadow.camera
      camera.left = camera.bottom = -radius
      camera.right = camera.top = radius
      camera.near = radius * 0.5
      camera.far = radius * 6
      light.shadow.bias = -0.0002
      light.shadow.normalBias = radius / 1024
      camera.updateProjectionMatrix()
    })
  }

  private onKey(event: KeyboardEvent): void {
    const turn = 0.08
    const offset = this.camera.position.clone().sub(this.controls.target)
    const flat = new Vector3(-offset.z, 0, offset.x).normalize()
    if (event.key === 'ArrowLeft') offset.applyAxisAngle(new Vector3(0, 1, 0), -turn)
    else if (event.key === 'ArrowRight') offset.applyAxisAngle(new Vector3(0, 1, 0), turn)
    else if (event.key === 'ArrowUp') offset.applyAxisAngle(flat, turn)
    else if (event.key === 'ArrowDown') offset.applyAxisAngle(flat, -turn)
    else if (event.key === '+' || event.key === '=') offset.multiplyScalar(0.9)
    else if (event.key === '-') offset.multiplyScalar(1.1)
    else return
    event.preventDefault()
    if (Math.abs(offset.clone().normalize().y) > 0.99) return
    this.camera.position.copy(this.controls.target).add(offset)
    this.invalidate()
  }

  private resize(): void {
    const width = Math.max(this.host.clientWidth, 1)
    const height = Math.max(this.host.clientHeight, 1)
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, 2))
    this.renderer.setSize(width, height)
    this.camera.aspect = width / height
    // The field of view lies along the larger side.
    const half = Math.tan(this.fieldOfView / 2)
    this.camera.fov = ((2 * Math.atan(width > height ? half / this.camera.aspect : half)) / Math.PI) * 180
    this.camera.updateProjectionMatrix()
    this.invalidate()
  }
}

/** The first robot when none is named. */
function robotNamed(root: Object3D, name: string | undefined): Object3D | undefined {
  let found: Object3D | undefined
  root.traverse((one) => {
    if (!found && one.userData.robot !== undefined && (name === undefined || one.userData.robot === name)) found = one
  })
  return found
}

function isInside(object: Object3D, ancestor: Object3D): boolean {
  for (let one: Object3D | null = object; one; one = one.parent) if (one === ancestor) return true
  return false
}
