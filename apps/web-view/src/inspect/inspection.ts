import { Box3, Euler, MathUtils, type Object3D, Quaternion, Vector3 } from 'three'
import type { SceneGraph } from '../scene/scene-graph.js'
import { settle } from '../scene/world-frame.js'

type Triple = readonly [number, number, number]

/** What is known about one solid, in the world's own axes and SI units. */
export interface Inspection {
  readonly id: string
  readonly name: string
  /** Its node type: Robot, Solid, DistanceSensor … */
  readonly type: string
  /** From the outermost solid inwards, such as `e-puck › left wheel`. */
  readonly path: string
  readonly position: Triple
  readonly axisAngle: readonly [x: number, y: number, z: number, angle: number]
  /** About x, y and z, applied in the order of z, y, x. */
  readonly rollPitchYaw: Triple
  /** Metres each second; undefined until it has been seen at two times. */
  readonly velocity: Triple | undefined
  /** Edges of the box around it, along the world's axes. */
  readonly size: Triple
}

interface Sighting {
  readonly timeMs: number
  readonly position: Vector3
}

/** Solids are identified by `n` and the node's number. */
export class Inspector {
  private readonly last = new Map<string, Sighting>()
  private readonly velocity = new Map<string, Vector3>()

  constructor(private readonly graph: SceneGraph) {}

  /** `timeMs`: simulated time of what is on the screen; velocities come from two calls at different times. */
  inspect(id: string, timeMs: number): Inspection | undefined {
    const object = this.graph.objectOf(id)
    if (!object) return undefined
    const { position, turn } = this.pose(object)
    this.see(id, timeMs, position)
    const axis = new Vector3(turn.x, turn.y, turn.z)
    const angle = 2 * Math.acos(MathUtils.clamp(turn.w, -1, 1))
    if (axis.lengthSq() < 1e-12) axis.set(0, 0, 1)
    axis.normalize()
    const euler = new Euler().setFromQuaternion(turn, 'ZYX')
    return {
      id,
      name: object.name || (object.userData.tag as string),
      type: object.userData.tag as string,
      path: pathOf(object),
      position: position.toArray(),
      axisAngle: [axis.x, axis.y, axis.z, angle],
      rollPitchYaw: [euler.x, euler.y, euler.z],
      velocity: this.velocity.get(id)?.toArray(),
      size: sizeOf(object, this.graph.root).toArray(),
    }
  }

  private pose(object: Object3D): { position: Vector3; turn: Quaternion } {
    settle(object)
    const position = new Vector3()
    const turn = new Quaternion()
    object.matrixWorld.decompose(position, turn, new Vector3())
    const back = this.graph.root.quaternion.clone().invert()
    return { position: position.applyQuaternion(back), turn: turn.premultiply(back) }
  }

  private see(id: string, timeMs: number, position: Vector3): void {
    const before = this.last.get(id)
    if (before && timeMs === before.timeMs) return
    this.last.set(id, { timeMs, position: position.clone() })
    // After a reset or a jump to the past there is no way that it went.
    if (!before || timeMs < before.timeMs) this.velocity.delete(id)
    else
      this.velocity.set(
        id,
        position
          .clone()
          .sub(before.position)
          .multiplyScalar(1000 / (timeMs - before.timeMs)),
      )
  }
}

/** One entry of the tree of solids. */
export interface SolidEntry {
  readonly id: string
  readonly name: string
  readonly type: string
  readonly parts: readonly SolidEntry[]
}

/** Solids and what is part of them, in the scene's order. */
export function solidTree(graph: SceneGraph): SolidEntry[] {
  return partsOf(graph.root)
}

function partsOf(object: Object3D): SolidEntry[] {
  return object.children.flatMap((child) => {
    const id = child.userData.nodeId as string | null | undefined
    if (child.userData.solid !== true || typeof id !== 'string') return partsOf(child)
    const type = child.userData.tag as string
    return [{ id, name: child.name || type, type, parts: partsOf(child) }]
  })
}

function pathOf(object: Object3D): string {
  const names: string[] = []
  for (let one: Object3D | null = object; one; one = one.parent)
    if (one.userData.solid === true || one === object) names.unshift(one.name || (one.userData.tag as string))
  return names.join(' › ')
}

/** Along the axes of `root`. */
export function sizeOf(object: Object3D, root: Object3D): Vector3 {
  const bounds = new Box3().setFromObject(object)
  if (bounds.isEmpty()) return new Vector3()
  const size = bounds.getSize(new Vector3()).applyQuaternion(root.quaternion.clone().invert())
  // The axes of both differ by right angles.
  return new Vector3(Math.abs(size.x), Math.abs(size.y), Math.abs(size.z))
}
