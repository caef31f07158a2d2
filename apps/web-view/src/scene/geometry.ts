import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  ConeGeometry,
  CylinderGeometry,
  Float32BufferAttribute,
  IcosahedronGeometry,
  LatheGeometry,
  PlaneGeometry,
  SphereGeometry,
  Vector2,
} from 'three'
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js'
import { boolean, number, numbers, pair, type Resolve, vector } from './attribute.js'
import { elevationGrid } from './elevation-grid.js'
import { indexedFaceSet } from './indexed-face-set.js'

export const meshTags = new Set(['Mesh', 'CadShape'])
export const lineTags = new Set(['IndexedLineSet'])
export const pointTags = new Set(['PointSet'])

/** Round shapes stand along this axis; planes and grids lie across it. */
export type PrimitiveAxes = 'z' | 'y'

/** Undefined: the tag is not a geometry that can be made at once. */
export function makeGeometry(
  element: Element,
  resolve: Resolve,
  axes: PrimitiveAxes = 'z',
): BufferGeometry | undefined {
  const made = build(element, resolve, axes)
  if (made && primitives.has(element.tagName)) made.userData.key = keyOf(element, axes)
  return made
}

const primitives = new Set(['Box', 'Sphere', 'Cylinder', 'Cone', 'Capsule', 'Plane'])

/** Equal for primitives that look equal. */
function keyOf(element: Element, axes: PrimitiveAxes): string {
  const fields = [...element.attributes].filter(({ name }) => name !== 'id' && name !== 'USE' && name !== 'docUrl')
  return `${axes} ${element.tagName} ${fields
    .map(({ name, value }) => `${name}=${value}`)
    .sort()
    .join()}`
}

function build(element: Element, resolve: Resolve, axes: PrimitiveAxes): BufferGeometry | undefined {
  // Three's round shapes stand along y, its planes across z.
  const stand = (shape: BufferGeometry) => (axes === 'z' ? shape.rotateX(Math.PI / 2) : shape)
  switch (element.tagName) {
    case 'Box': {
      const size = vector(element, 'size', [2, 2, 2])
      return new BoxGeometry(size.x, size.y, size.z)
    }
    case 'Sphere':
      return sphere(element, stand)
    case 'Cylinder':
      return stand(cylinder(element))
    case 'Cone':
      return stand(cone(element))
    case 'Capsule':
      return stand(capsule(element))
    case 'Plane': {
      const [width, depth] = pair(element, 'size', [1, 1])
      const plane = new PlaneGeometry(width, depth)
      return axes === 'z' ? plane : plane.rotateX(-Math.PI / 2)
    }
    case 'ElevationGrid':
      return elevationGrid(element, resolve)
    case 'IndexedFaceSet':
      return indexedFaceSet(element, resolve)
    case 'IndexedLineSet':
      return lines(element, resolve)
    case 'PointSet':
      return points(element, resolve)
    default:
      return undefined
  }
}

function sphere(element: Element, stand: (shape: BufferGeometry) => BufferGeometry): BufferGeometry {
  const radius = number(element, 'radius', 1)
  // The older form has two numbers: slices and stacks.
  const [subdivision = 1, stacks] = numbers(element.getAttribute('subdivision'))
  if (stacks === undefined && boolean(element, 'ico', true) && subdivision > 3)
    return new IcosahedronGeometry(radius, Math.min(subdivision * 2, 12))
  const slices = !boolean(element, 'ico', true) || stacks !== undefined ? Math.max(subdivision, 24) : 32
  return stand(new SphereGeometry(radius, Math.min(slices, 96), Math.min(Math.max(stacks ?? 20, 16), 64)))
}

function segments(element: Element): number {
  return Math.min(Math.max(number(element, 'subdivision', 32), 12), 96)
}

function cylinder(element: Element): BufferGeometry {
  const radius = number(element, 'radius', 1)
  const shape = new CylinderGeometry(radius, radius, number(element, 'height', 2), segments(element))
  return onlyParts(shape, [
    boolean(element, 'side', true),
    boolean(element, 'top', true),
    boolean(element, 'bottom', true),
  ])
}

function cone(element: Element): BufferGeometry {
  const shape = new ConeGeometry(number(element, 'bottomRadius', 1), number(element, 'height', 2), segments(element))
  return onlyParts(shape, [boolean(element, 'side', true), boolean(element, 'bottom', true)])
}

/** Three gives each part of a round shape a group: side, top, bottom. */
function onlyParts(shape: BufferGeometry, parts: readonly boolean[]): BufferGeometry {
  const { index } = shape
  if (index && parts.includes(false)) {
    const left = shape.groups.filter((_, at) => parts[at] !== false)
    shape.setIndex(left.flatMap(({ start, count }) => [...index.array.slice(start, start + count)]))
  }
  shape.clearGroups()
  return shape
}

/** The profile of a capsule, from below upwards, turned around y. */
function capsule(element: Element): BufferGeometry {
  const radius = number(element, 'radius', 1)
  const half = number(element, 'height', 2) / 2
  const cap = 8
  const profile: Vector2[] = []
  const arc = (sign: number) =>
    Array.from({ length: cap + 1 }, (_, at) => {
      const angle = (at / cap) * (Math.PI / 2)
      return sign < 0
        ? new Vector2(radius * Math.sin(angle), -half - radius * Math.cos(angle))
        : new Vector2(radius * Math.cos(angle), half + radius * Math.sin(angle))
    })
  const [bottom, side, top] = ['bottom', 'side', 'top'].map((part) => boolean(element, part, true))
  if (bottom && side && top) return new CapsuleGeometry(radius, half * 2, cap, segments(element))
  if (bottom) profile.push(...arc(-1))
  if (side) profile.push(new Vector2(radius, -half), new Vector2(radius, half))
  if (top && (side || !bottom)) profile.push(...arc(1))
  const shape = new LatheGeometry(profile, segments(element))
  if (!(bottom && top && !side)) return shape
  const upper = new LatheGeometry(arc(1), segments(element))
  const both = mergeGeometries([shape, upper])
  shape.dispose()
  upper.dispose()
  return both
}

function lines(element: Element, resolve: Resolve): BufferGeometry {
  const point = coordinates(element, 'Coordinate', 'point', resolve)
  const index: number[] = []
  let last = -1
  for (const current of numbers(element.getAttribute('coordIndex'))) {
    if (current >= 0 && last >= 0) index.push(last, current)
    last = current
  }
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(point, 3)).setIndex(index)
  const colors = coordinates(element, 'Color', 'color', resolve)
  if (colors.length >= point.length) geometry.setAttribute('color', new Float32BufferAttribute(colors, 3))
  return geometry
}

function points(element: Element, resolve: Resolve): BufferGeometry {
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(coordinates(element, 'Coordinate', 'point', resolve), 3))
  const colors = coordinates(element, 'Color', 'color', resolve)
  if (colors.length > 0) geometry.setAttribute('color', new Float32BufferAttribute(colors, 3))
  return geometry
}

function coordinates(element: Element, tag: string, field: string, resolve: Resolve): number[] {
  const child = [...element.children].find((one) => one.tagName === tag)
  return child ? numbers(resolve(child).getAttribute(field)) : []
}
