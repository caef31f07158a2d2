import { Box3, MathUtils, type Object3D, PerspectiveCamera, Quaternion, Raycaster, Vector3 } from 'three'
import { OrbitControls } from 'three/addons/controls/OrbitControls.js'
import { number, rotation, vector } from '../scene/attribute.js'
import { type CoordinateSystem, cameraOrientation, settle } from '../scene/world-frame.js'

/**
 * How the camera goes with a solid: `tracking` moves along, `mounted` also turns with it, `pan-and-tilt` stays where it is
 * and looks at it, `eye` is a camera device of a robot.
 */
export type FollowMode = 'none' | 'tracking' | 'mounted' | 'pan-and-tilt' | 'eye'

/** Where one looks from in one step. */
export type ViewName = 'follow' | 'top' | 'side' | 'front' | 'stage'

/** In the world's own axes; metres and radians along the larger side of the picture. */
export interface CameraState {
  readonly position: readonly [number, number, number]
  readonly target: readonly [number, number, number]
  readonly fieldOfView: number
}

const MOVE_MS = 350
const TURN = 0.08
/** The time after which a follower at smoothness 1 has made up 63 % of its way. */
const SLOWEST_FOLLOW_MS = 600
const UP = new Vector3(0, 1, 0)

interface Move {
  readonly startedAt: number
  readonly fromPosition: Vector3
  readonly fromTarget: Vector3
  readonly toPosition: Vector3
  readonly toTarget: Vector3
}

/** The camera of the picture: turned by hand, following, or on its way to a view. */
export class CameraRig {
  readonly camera = new PerspectiveCamera(45, 1, 0.02, 2000)
  private readonly controls: OrbitControls
  private readonly stillMotion = matchMedia('(prefers-reduced-motion: reduce)')
  private root: Object3D | undefined
  private system: CoordinateSystem = 'ENU'
  private viewpoint: Element | undefined
  private fieldOfView = 0.785
  private width = 1
  private height = 1
  private move: Move | undefined
  private solid: Object3D | undefined
  private mode: FollowMode = 'none'
  private smoothness = 0
  private readonly followedAt = new Vector3()
  private readonly followedTurn = new Quaternion()
  private lastAdvance = 0

  constructor(
    canvas: HTMLElement,
    private readonly onChange: () => void,
  ) {
    this.controls = new OrbitControls(this.camera, canvas)
    this.controls.enableDamping = !this.stillMotion.matches
    this.controls.dampingFactor = 0.12
    this.controls.zoomToCursor = true
    this.controls.minDistance = 0.06
    this.controls.maxDistance = 500
    this.controls.addEventListener('change', onChange)
    this.controls.addEventListener('start', () => {
      this.move = undefined
      if (this.mode === 'eye') this.follow(undefined)
    })
    canvas.addEventListener('keydown', (event) => this.onKey(event))
  }

  get followed(): Object3D | undefined {
    return this.solid
  }

  get followMode(): FollowMode {
    return this.mode
  }

  get state(): CameraState {
    const inverse = this.turnOfWorld().invert()
    return {
      position: this.camera.position.clone().applyQuaternion(inverse).toArray(),
      target: this.controls.target.clone().applyQuaternion(inverse).toArray(),
      fieldOfView: this.fieldOfView,
    }
  }

  set state(state: CameraState) {
    const world = this.turnOfWorld()
    this.fieldOfView = MathUtils.clamp(state.fieldOfView, 0.01, 3)
    this.resize(this.width, this.height)
    this.go(
      new Vector3(...state.position).applyQuaternion(world),
      new Vector3(...state.target).applyQuaternion(world),
      true,
    )
  }

  /** A new scene; `root` is turned as the world's axes are. */
  begin(root: Object3D | undefined, system: CoordinateSystem, size: number): void {
    this.follow(undefined)
    this.root = root
    this.system = system
    this.viewpoint = undefined
    this.move = undefined
    this.controls.maxDistance = MathUtils.clamp(size * 4, 5, 800)
  }

  applyViewpoint(element: Element): void {
    this.viewpoint = element
    this.fieldOfView = number(element, 'fieldOfView', 0.785)
    // Near 0 is the language's automatic value.
    this.camera.near = Math.max(number(element, 'zNear', number(element, 'near', 0)), 0) || 0.02
    this.camera.far = Math.max(number(element, 'zFar', number(element, 'far', 0)), 0) || 2000
    this.resize(this.width, this.height)
  }

  resize(width: number, height: number): void {
    this.width = width
    this.height = height
    this.lens(this.eyeOf(this.solid)?.fieldOfView ?? this.fieldOfView, this.mode === 'eye')
  }

  /** The world's own viewpoint, or everything. */
  reset(jump: boolean): void {
    this.follow(undefined)
    const bounds = this.boundsOf(this.root)
    const centre = bounds.isEmpty() ? new Vector3() : bounds.getCenter(new Vector3())
    if (!this.viewpoint || !this.root) {
      const size = Math.max(bounds.getSize(new Vector3()).length(), 1)
      this.go(centre.clone().add(new Vector3(-0.6, 0.55, 0.6).multiplyScalar(size)), centre, jump)
      return
    }
    const world = this.turnOfWorld()
    const position = vector(this.viewpoint, 'position', [0, 0, 10]).applyQuaternion(world)
    const turned = cameraOrientation(rotation(this.viewpoint, 'orientation'), this.system)
    const forward = new Vector3(0, 0, -1).applyQuaternion(world.multiply(turned))
    const toFloor = forward.y < -0.05 ? -position.y / forward.y : 0
    const toCentre = centre.clone().sub(position).dot(forward)
    const ahead = toFloor > 0 && toFloor < Math.abs(toCentre) * 3 + 1 ? toFloor : toCentre
    this.go(position, position.clone().addScaledVector(forward, Math.max(ahead, 0.3)), jump)
  }

  /** Keeps the way it looks; `near` comes close enough to see the solid well. */
  follow(solid: Object3D | undefined, mode: FollowMode = 'tracking', smoothness = 0, near = false): void {
    const before = this.mode
    this.solid = mode === 'none' ? undefined : solid
    this.mode = this.solid ? mode : 'none'
    this.smoothness = MathUtils.clamp(smoothness, 0, 1)
    this.controls.enabled = this.mode !== 'eye'
    if (before === 'eye' && this.mode !== 'eye') this.leaveEye()
    if (before !== this.mode) this.resize(this.width, this.height)
    if (this.solid) {
      settle(this.solid)
      this.solid.matrixWorld.decompose(this.followedAt, this.followedTurn, new Vector3())
      if (near) this.approach(this.solid)
    }
    this.onChange()
  }

  /** Behind a solid, above, beside or in front of it; `stage` is everything. */
  view(name: ViewName, solid: Object3D | undefined, jump = false): void {
    if (name === 'stage') return this.viewAll(jump)
    const bounds = this.boundsOf(solid ?? this.root)
    if (bounds.isEmpty()) return this.reset(jump)
    const size = Math.max(bounds.getSize(new Vector3()).length(), 0.1)
    const turn = solid?.getWorldQuaternion(new Quaternion()) ?? this.turnOfWorld()
    const forward = new Vector3(1, 0, 0).applyQuaternion(turn).setY(0)
    if (forward.lengthSq() < 1e-6) forward.set(1, 0, 0)
    forward.normalize()
    if (solid) this.follow(solid, 'tracking', this.smoothness)
    else this.follow(undefined)
    const target = solid ? this.followedAt.clone() : bounds.getCenter(new Vector3())
    const distance = solid ? size * 2.9 : size
    const left = new Vector3().crossVectors(UP, forward)
    const offset =
      name === 'top'
        ? // Not quite from above: straight down there is no left and right.
          forward
            .multiplyScalar(-0.005)
            .add(UP)
            .multiplyScalar(solid ? size * 4 : size * 1.3)
        : name === 'side'
          ? left.multiplyScalar(-1).setY(0.15).normalize().multiplyScalar(distance)
          : name === 'front'
            ? forward.setY(0.15).normalize().multiplyScalar(distance)
            : this.clearOffset(forward, distance, target, solid)
    this.go(target.clone().add(offset), target, jump)
  }

  /** Moves to where the camera is at `now`, wall-clock ms; true while it goes on moving by itself. */
  advance(now: number): boolean {
    const elapsed = Math.min(Math.max(now - this.lastAdvance, 0), 100)
    this.lastAdvance = now
    const late = this.followSolid(elapsed)
    if (this.mode === 'eye') return false
    const going = this.advanceMove(now)
    return this.controls.update() || going || late
  }

  dispose(): void {
    this.controls.dispose()
  }

  private followSolid(elapsedMs: number): boolean {
    const { solid } = this
    if (!solid) return false
    settle(solid)
    const position = new Vector3()
    const turn = new Quaternion()
    solid.matrixWorld.decompose(position, turn, new Vector3())
    if (this.mode === 'eye') {
      const [robotEye, quaternion] = [position, cameraOrientation(turn, this.system)]
      this.camera.position.copy(robotEye)
      this.camera.quaternion.copy(quaternion)
      return false
    }
    // How much of the way is made up in this picture.
    const part = this.smoothness === 0 ? 1 : 1 - Math.exp(-elapsedMs / (this.smoothness * SLOWEST_FOLLOW_MS))
    const goal = this.followedAt.clone().lerp(position, part)
    const moved = goal.clone().sub(this.followedAt)
    if (this.mode === 'mounted') {
      const next = this.followedTurn.clone().slerp(turn, part)
      const turned = next.clone().multiply(this.followedTurn.clone().invert())
      for (const point of [this.camera.position, this.controls.target])
        point.sub(this.followedAt).applyQuaternion(turned).add(goal)
      this.followedTurn.copy(next)
    } else if (this.mode === 'tracking') {
      this.camera.position.add(moved)
      this.controls.target.add(moved)
      if (this.move) {
        for (const point of [this.move.fromPosition, this.move.toPosition, this.move.fromTarget, this.move.toTarget])
          point.add(moved)
      }
    } else this.controls.target.copy(goal)
    this.followedAt.copy(goal)
    return goal.distanceToSquared(position) > 1e-8
  }

  private advanceMove(now: number): boolean {
    const { move } = this
    if (!move) return false
    const part = MathUtils.clamp((now - move.startedAt) / MOVE_MS, 0, 1)
    const eased = part * part * (3 - 2 * part)
    this.camera.position.lerpVectors(move.fromPosition, move.toPosition, eased)
    this.controls.target.lerpVectors(move.fromTarget, move.toTarget, eased)
    if (part >= 1) this.move = undefined
    return part < 1
  }

  private go(position: Vector3, target: Vector3, jump: boolean): void {
    if (jump || this.stillMotion.matches) {
      this.move = undefined
      this.camera.position.copy(position)
      this.controls.target.copy(target)
      this.controls.update()
    } else {
      this.move = {
        startedAt: performance.now(),
        fromPosition: this.camera.position.clone(),
        fromTarget: this.controls.target.clone(),
        toPosition: position.clone(),
        toTarget: target.clone(),
      }
    }
    this.onChange()
  }

  private viewAll(jump: boolean): void {
    this.follow(undefined)
    const bounds = this.boundsOf(this.root)
    if (bounds.isEmpty()) return this.reset(jump)
    const radius = bounds.getSize(new Vector3()).length() / 2
    const half = MathUtils.degToRad(Math.min(this.camera.fov, this.camera.fov * this.camera.aspect) / 2)
    const direction = this.camera.position.clone().sub(this.controls.target).setY(0)
    if (direction.lengthSq() < 1e-6) direction.set(-1, 0, 1)
    direction.normalize().setY(0.9).normalize()
    const centre = bounds.getCenter(new Vector3())
    this.go(centre.clone().addScaledVector(direction, (radius / Math.sin(half)) * 0.75), centre, jump)
  }

  /** From behind, and as much from above as walls in between make it necessary. */
  private clearOffset(forward: Vector3, distance: number, target: Vector3, solid: Object3D | undefined): Vector3 {
    const bounds = this.boundsOf(solid ?? this.root)
    const eye = bounds.getCenter(new Vector3()).setY(0.7 * bounds.min.y + 0.3 * bounds.max.y)
    let offset = new Vector3()
    for (const elevation of [0.46, 0.8, 1.1, 1.4]) {
      offset = forward.clone().multiplyScalar(-Math.cos(elevation)).setY(Math.sin(elevation)).multiplyScalar(distance)
      const sight = target.clone().add(offset).sub(eye)
      const ray = new Raycaster(eye, sight.clone().normalize(), 0, sight.length())
      ray.layers.enableAll()
      const hits = this.root ? ray.intersectObject(this.root, true) : []
      if (!solid || !hits.some(({ object }) => !isInside(object, solid))) break
    }
    return offset
  }

  private approach(solid: Object3D): void {
    if (this.mode === 'eye') return
    const size = this.boundsOf(solid).getSize(new Vector3()).length()
    const offset = this.camera.position.clone().sub(this.controls.target)
    if (size > 0) offset.setLength(Math.min(offset.length(), Math.max(size * 5, 0.3)))
    if (this.mode === 'pan-and-tilt') this.controls.target.copy(this.followedAt)
    else this.go(this.followedAt.clone().add(offset), this.followedAt.clone(), false)
  }

  /** Out of a robot's eye the camera is turned around what lies ahead. */
  private leaveEye(): void {
    const forward = new Vector3(0, 0, -1).applyQuaternion(this.camera.quaternion)
    this.controls.target.copy(this.camera.position).addScaledVector(forward, 0.5)
  }

  private eyeOf(solid: Object3D | undefined): { fieldOfView: number } | undefined {
    const element = this.mode === 'eye' ? (solid?.userData.element as Element | undefined) : undefined
    return element && { fieldOfView: number(element, 'fieldOfView', 0.785) }
  }

  /** The field of view lies along the larger side; that of a robot's camera along the width. */
  private lens(fieldOfView: number, alongWidth: boolean): void {
    this.camera.aspect = this.width / this.height
    const half = Math.tan(Math.min(fieldOfView, 3) / 2)
    const vertical = alongWidth || this.width > this.height ? half / this.camera.aspect : half
    this.camera.fov = MathUtils.radToDeg(2 * Math.atan(vertical))
    this.camera.updateProjectionMatrix()
    this.onChange()
  }

  private turnOfWorld(): Quaternion {
    return this.root?.quaternion.clone() ?? new Quaternion()
  }

  private boundsOf(object: Object3D | undefined): Box3 {
    return object ? new Box3().setFromObject(object) : new Box3()
  }

  private onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const arrows: Record<string, readonly [number, number]> = {
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
      ArrowUp: [0, 1],
      ArrowDown: [0, -1],
    }
    const arrow = arrows[event.key]
    if (arrow) event.shiftKey ? this.pan(...arrow) : this.turn(...arrow)
    else if (event.key === '+' || event.key === '=') this.zoom(0.9)
    else if (event.key === '-') this.zoom(1 / 0.9)
    else if (event.key === 'Home') this.reset(false)
    else return
    event.preventDefault()
    this.onChange()
  }

  private turn(right: number, up: number): void {
    if (this.mode === 'eye') return
    this.move = undefined
    const offset = this.camera.position.clone().sub(this.controls.target)
    if (right !== 0) offset.applyAxisAngle(UP, right * TURN)
    else offset.applyAxisAngle(new Vector3(-offset.z, 0, offset.x).normalize(), up * TURN)
    if (Math.abs(offset.clone().normalize().y) > 0.995) return
    this.camera.position.copy(this.controls.target).add(offset)
  }

  private pan(right: number, up: number): void {
    if (this.mode === 'eye') return
    this.move = undefined
    const step = this.camera.position.distanceTo(this.controls.target) * 0.06
    const by = new Vector3(right, up, 0).applyQuaternion(this.camera.quaternion).multiplyScalar(step)
    this.camera.position.add(by)
    this.controls.target.add(by)
  }

  private zoom(factor: number): void {
    if (this.mode === 'eye') return
    this.move = undefined
    const offset = this.camera.position.clone().sub(this.controls.target)
    offset.setLength(MathUtils.clamp(offset.length() * factor, this.controls.minDistance, this.controls.maxDistance))
    this.camera.position.copy(this.controls.target).add(offset)
  }
}

export function isInside(object: Object3D, ancestor: Object3D): boolean {
  for (let one: Object3D | null = object; one; one = one.parent) if (one === ancestor) return true
  return false
}
