import {
  composePoses,
  cosine,
  multiply,
  type Pose,
  quaternionFromAxisAngle,
  sine,
  type Vector3,
} from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import { nodeField, nodesField, numberField, numbersField, vectorField } from './fields.js'
import {
  boxMass,
  capsuleMass,
  cylinderMass,
  type MassProperties,
  meshBounds,
  meshMass,
  placeMass,
  sphereMass,
} from './mass.js'
import { poseOf, scaleOf } from './node-kinds.js'

/** Triangles of a geometry node in its own frame, in metres; three indices a triangle. */
export interface Triangles {
  readonly positions: ArrayLike<number>
  readonly indices: ArrayLike<number>
}

/** How shapes are read: which way is up, and where triangles come from. */
export interface ShapeContext {
  /** Unit vector against gravity. */
  readonly up: Vector3
  trianglesOf(geometry: SceneNode): Triangles | undefined
}

export type ShapeForm =
  | { readonly type: 'box'; readonly half: Vector3 }
  | { readonly type: 'sphere'; readonly radius: number }
  | { readonly type: 'cylinder' | 'capsule'; readonly radius: number; readonly height: number }
  | { readonly type: 'plane' }
  | { readonly type: 'mesh'; readonly triangles: Triangles }
  | {
      readonly type: 'heights'
      readonly columns: number
      readonly rows: number
      /** Metres along x and y. */
      readonly size: readonly [number, number]
      readonly heights: readonly number[]
    }

/** One convex piece (or plane, or height field) of a bounding object, in the frame of its solid; round forms lie along z. */
export interface BoundingShape {
  readonly form: ShapeForm
  readonly pose: Pose
  /** At density 1 kg/m³, in the frame of the solid. */
  readonly mass: MassProperties
  readonly node: SceneNode
}

const CONE_SIDES = 24
const UP_FROM_Y = quaternionFromAxisAngle([1, 0, 0, -Math.PI / 2])
const Y_UP: Pose = { translation: [0, 0, 0], rotation: UP_FROM_Y }

/** All shapes of a solid's boundingObject. */
export function boundingShapes(solid: SceneNode, context: ShapeContext): BoundingShape[] {
  const root = nodeField(solid, 'boundingObject')
  const shapes: BoundingShape[] = []
  if (root) collect(root, { translation: [0, 0, 0], rotation: [0, 0, 0, 1] }, [1, 1, 1], context, shapes)
  return shapes
}

function collect(node: SceneNode, outer: Pose, scale: Vector3, context: ShapeContext, into: BoundingShape[]): void {
  switch (node.type) {
    case 'Shape': {
      const geometry = nodeField(node, 'geometry')
      if (geometry) collect(geometry, outer, scale, context, into)
      return
    }
    case 'Group':
    case 'Pose':
    case 'Transform':
    case 'Solid': {
      const own = poseOf(node)
      const pose = composePoses(outer, { translation: multiply(own.translation, scale), rotation: own.rotation })
      const inner = multiply(scale, scaleOf(node))
      for (const child of nodesField(node, 'children')) collect(child, pose, inner, context, into)
      return
    }
    default: {
      const shape = shapeOf(node, outer, scale, context)
      if (shape) into.push(shape)
    }
  }
}

/** The bounding shape of one geometry node; undefined for a geometry that has none. */
export function shapeOf(
  node: SceneNode,
  outer: Pose,
  scale: Vector3,
  context: ShapeContext,
): BoundingShape | undefined {
  const upright = node.primitiveAxis === 'y' ? composePoses(outer, Y_UP) : outer
  const across = node.primitiveAxis === 'y' ? Math.max(scale[0], scale[2]) : Math.max(scale[0], scale[1])
  const along = node.primitiveAxis === 'y' ? scale[1] : scale[2]
  const made = (form: ShapeForm, mass: MassProperties, pose: Pose): BoundingShape => ({
    form,
    pose,
    mass: placeMass(mass, pose),
    node,
  })
  switch (node.type) {
    case 'Box': {
      const size = multiply(vectorField(node, 'size', [2, 2, 2]), scale)
      return made({ type: 'box', half: [size[0] / 2, size[1] / 2, size[2] / 2] }, boxMass(size), outer)
    }
    case 'Sphere': {
      const radius = numberField(node, 'radius', 1) * Math.max(...scale)
      return made({ type: 'sphere', radius }, sphereMass(radius), outer)
    }
    case 'Cylinder': {
      const radius = numberField(node, 'radius', 1) * across
      const height = numberField(node, 'height', 2) * along
      return made({ type: 'cylinder', radius, height }, cylinderMass(radius, height), upright)
    }
    case 'Capsule': {
      const radius = numberField(node, 'radius', 1) * across
      const height = numberField(node, 'height', 2) * along
      return made({ type: 'capsule', radius, height }, capsuleMass(radius, height), upright)
    }
    case 'Cone': {
      const triangles = cone(numberField(node, 'bottomRadius', 1) * across, numberField(node, 'height', 2) * along)
      return made({ type: 'mesh', triangles }, meshMass(triangles.positions, triangles.indices), upright)
    }
    case 'Plane':
      return made({ type: 'plane' }, boxMass([0, 0, 0]), upright)
    case 'ElevationGrid':
      return elevationGrid(node, outer, scale)
    default: {
      const triangles = context.trianglesOf(node)
      if (!triangles || triangles.indices.length === 0) return undefined
      return meshShape(node, scaled(triangles, scale), outer)
    }
  }
}

function meshShape(node: SceneNode, triangles: Triangles, pose: Pose): BoundingShape {
  const [low, high] = meshBounds(triangles.positions)
  const size: Vector3 = [high[0] - low[0], high[1] - low[1], high[2] - low[2]]
  const mass = placeMass(meshMass(triangles.positions, triangles.indices), pose)
  if (Math.min(...size) > 1e-5) return { form: { type: 'mesh', triangles }, pose, mass, node }
  const half = size.map((length) => Math.max(length / 2, 5e-4)) as [number, number, number]
  const center: Vector3 = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2]
  return {
    form: { type: 'box', half },
    pose: composePoses(pose, { translation: center, rotation: [0, 0, 0, 1] }),
    mass,
    node,
  }
}

function scaled(triangles: Triangles, scale: Vector3): Triangles {
  if (scale[0] === 1 && scale[1] === 1 && scale[2] === 1) return triangles
  const positions = Array.from(triangles.positions, (value, i) => value * (scale[i % 3] ?? 1))
  return { positions, indices: triangles.indices }
}

/** Along z, the tip up, the middle of its height at the origin. */
function cone(radius: number, height: number): Triangles {
  const positions = [0, 0, height / 2, 0, 0, -height / 2]
  const indices: number[] = []
  for (let i = 0; i < CONE_SIDES; i++) {
    const angle = (2 * Math.PI * i) / CONE_SIDES
    positions.push(radius * cosine(angle), radius * sine(angle), -height / 2)
    const here = 2 + i
    const next = 2 + ((i + 1) % CONE_SIDES)
    indices.push(0, here, next, 1, next, here)
  }
  return { positions, indices }
}

/** A grid with `yDimension` grows along x and y, one with `zDimension` along x and z (before R2022a). */
function elevationGrid(node: SceneNode, outer: Pose, scale: Vector3): BoundingShape | undefined {
  const old = node.fields.has('zDimension') || node.primitiveAxis === 'y'
  const columns = numberField(node, 'xDimension', 0)
  const rows = numberField(node, old ? 'zDimension' : 'yDimension', 0)
  if (columns < 2 || rows < 2) return undefined
  const given = numbersField(node, 'height', [])
  const factor = old ? scale[1] : scale[2]
  const heights = Array.from({ length: columns * rows }, (_, i) => (given[i] ?? 0) * factor)
  const sizeX = (columns - 1) * numberField(node, 'xSpacing', 1) * scale[0]
  const sizeY = (rows - 1) * numberField(node, old ? 'zSpacing' : 'ySpacing', 1) * (old ? scale[2] : scale[1])
  // In the old form z grows where the upright frame's -y does: rows are turned round.
  const ordered = old
    ? Array.from({ length: rows }, (_, row) => heights.slice((rows - 1 - row) * columns, (rows - row) * columns)).flat()
    : heights
  const frame = old ? composePoses(outer, Y_UP) : outer
  const lowest = Math.min(...ordered)
  // The engine counts heights from the lowest.
  const middle: Vector3 = [sizeX / 2, old ? -sizeY / 2 : sizeY / 2, lowest]
  const pose = composePoses(frame, { translation: middle, rotation: [0, 0, 0, 1] })
  const thickness = Math.max(Math.max(...ordered) - lowest, 0.01)
  return {
    form: { type: 'heights', columns, rows, size: [sizeX, sizeY], heights: ordered },
    pose,
    mass: placeMass(boxMass([sizeX, sizeY, thickness]), pose),
    node,
  }
}

/** The axis of a round form in the frame of its solid. */
export function axisOf(shape: BoundingShape): Vector3 {
  const [x, y, z, w] = shape.pose.rotation
  return [2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)]
}
