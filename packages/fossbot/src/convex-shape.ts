import {
  composePoses,
  invertPose,
  length,
  multiply,
  type Pose,
  scale,
  subtract,
  transformPoint,
  type Vector3,
} from '@simyard/geometry'
import { nodeField, nodesField, numberField, poseOf, scaleOf, vectorField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'

/** A box, or a ball (half extents 0 and a radius), at a pose. Metres. */
export interface ConvexShape {
  readonly pose: Pose
  readonly half: Vector3
  readonly radius: number
}

const known = new WeakMap<SceneNode, { readonly shapes: readonly ConvexShape[]; readonly reach: number }>()

/** Metres from a solid's origin to the end of its furthest shape. */
export function reachOf(solid: SceneNode): number {
  return boundsOf(solid).reach
}

/** The boxes and balls of a solid's boundingObject in the solid's frame; cylinders and capsules count as boxes. */
export function shapesOf(solid: SceneNode): readonly ConvexShape[] {
  return boundsOf(solid).shapes
}

function boundsOf(solid: SceneNode) {
  const found = known.get(solid)
  if (found) return found
  const shapes: ConvexShape[] = []
  const root = nodeField(solid, 'boundingObject')
  if (root) collect(root, { translation: [0, 0, 0], rotation: [0, 0, 0, 1] }, [1, 1, 1], shapes)
  const reach = Math.max(0, ...shapes.map(({ pose, half, radius }) => length(pose.translation) + length(half) + radius))
  const bounds = { shapes, reach }
  known.set(solid, bounds)
  return bounds
}

function collect(node: SceneNode, outer: Pose, size: Vector3, into: ConvexShape[]): void {
  const box = (half: Vector3) => into.push({ pose: outer, half: multiply(half, size), radius: 0 })
  switch (node.type) {
    case 'Shape': {
      const geometry = nodeField(node, 'geometry')
      if (geometry) collect(geometry, outer, size, into)
      return
    }
    case 'Group':
    case 'Pose':
    case 'Transform': {
      const own = poseOf(node)
      const pose = composePoses(outer, { translation: multiply(own.translation, size), rotation: own.rotation })
      for (const child of nodesField(node, 'children')) collect(child, pose, multiply(size, scaleOf(node)), into)
      return
    }
    case 'Box':
      box(scale(vectorField(node, 'size', [2, 2, 2]), 0.5))
      return
    case 'Sphere':
      into.push({ pose: outer, half: [0, 0, 0], radius: numberField(node, 'radius', 1) * Math.max(...size) })
      return
    case 'Cylinder':
    case 'Capsule': {
      const radius = numberField(node, 'radius', 1)
      const ends = node.type === 'Capsule' ? radius : 0
      box([radius, radius, numberField(node, 'height', 2) / 2 + ends])
    }
  }
}

/** Nearest point of a convex set to a point. */
export type Projection = (point: Vector3) => Vector3

/** Onto a shape whose solid stands at `solid`. */
export function ontoShape(shape: ConvexShape, solid: Pose): Projection {
  const pose = composePoses(solid, shape.pose)
  const inverse = invertPose(pose)
  return (point) => {
    const [x, y, z] = transformPoint(inverse, point)
    const near: Vector3 = [within(x, shape.half[0]), within(y, shape.half[1]), within(z, shape.half[2])]
    const way = subtract([x, y, z], near)
    const far = length(way)
    const reach = far <= shape.radius ? 1 : shape.radius / far
    return transformPoint(pose, [near[0] + way[0] * reach, near[1] + way[1] * reach, near[2] + way[2] * reach])
  }
}

/** Onto a cone with its tip at the origin of `pose`, along its x. */
export function ontoCone(pose: Pose, long: number, endRadius: number): Projection {
  const inverse = invertPose(pose)
  const slope = endRadius / long
  return (point) => {
    const [x, y, z] = transformPoint(inverse, point)
    const across = Math.sqrt(y * y + z * z)
    if (x >= 0 && x <= long && across <= slope * x) return point
    const beyond = x > long && across <= endRadius
    // Along the flank, as far as the end.
    const along = beyond ? long : Math.min(Math.max((x + slope * across) / (1 + slope * slope), 0), long)
    const reach = beyond ? across : Math.min(slope * along, x > long ? Math.max(across, 0) : Infinity)
    const share = across === 0 ? 0 : reach / across
    return transformPoint(pose, [along, y * share, z * share])
  }
}

const ROUNDS = 60
const TOUCH = 5e-3

/** Whether two convex sets meet: projecting to and fro closes the gap between them if there is none. */
export function meet(a: Projection, b: Projection, start: Vector3): boolean {
  let point = start
  for (let i = 0; i < ROUNDS; i++) {
    const inA = a(point)
    point = b(inA)
    if (length(subtract(point, inA)) < TOUCH) return true
  }
  return false
}

function within(value: number, half: number): number {
  return Math.min(Math.max(value, -half), half)
}
