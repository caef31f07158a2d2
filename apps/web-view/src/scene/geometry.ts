import {
  BoxGeometry,
  BufferGeometry,
  CapsuleGeometry,
  ConeGeometry,
  CylinderGeometry,
  Float32BufferAttribute,
  IcosahedronGeometry,
  PlaneGeometry,
  SphereGeometry,
} from 'three'
import { boolean, number, numbers, pair, type Resolve, vector } from './attribute.js'
import { elevationGrid } from './elevation-grid.js'
import { indexedFaceSet } from './indexed-face-set.js'

export const meshTags = new Set(['Mesh', 'CadShape'])
export const lineTags = new Set(['IndexedLineSet'])
export const pointTags = new Set(['PointSet'])

/** Undefined: the tag is not a geometry that can be made at once. Round shapes stand along z. */
export function makeGeometry(element: Element, resolve: Resolve): BufferGeometry | undefined {
  switch (element.tagName) {
    case 'Box': {
      const size = vector(element, 'size', [2, 2, 2])
      return new BoxGeometry(size.x, size.y, size.z)
    }
    case 'Sphere': {
      const radius = number(element, 'radius', 1)
      const subdivision = Math.max(number(element, 'subdivision', 1), 1)
      if (boolean(element, 'ico', true) && subdivision > 3)
        return new IcosahedronGeometry(radius, Math.min(subdivision * 2, 12))
      return new SphereGeometry(radius, 32, 20).rotateX(Math.PI / 2)
    }
    case 'Cylinder':
      return cylinder(element)
    case 'Cone': {
      const open = !boolean(element, 'bottom', true)
      const radius = number(element, 'bottomRadius', 1)
      return new ConeGeometry(radius, number(element, 'height', 2), segments(element), 1, open).rotateX(Math.PI / 2)
    }
    case 'Capsule':
      return new CapsuleGeometry(
        number(element, 'radius', 1),
        number(element, 'height', 2),
        8,
        segments(element),
      ).rotateX(Math.PI / 2)
    case 'Plane': {
      const [width, depth] = pair(element, 'size', [1, 1])
      return new PlaneGeometry(width, depth)
    }
    case 'ElevationGrid':
      return elevationGrid(element)
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

function segments(element: Element): number {
  return Math.min(Math.max(number(element, 'subdivision', 32), 12), 96)
}

function cylinder(element: Element): BufferGeometry {
  const radius = number(element, 'radius', 1)
  const height = number(element, 'height', 2)
  const capped = boolean(element, 'top', true) || boolean(element, 'bottom', true)
  return new CylinderGeometry(radius, radius, height, segments(element), 1, !capped).rotateX(Math.PI / 2)
}

function lines(element: Element, resolve: Resolve): BufferGeometry {
  const point = coordinates(element, 'Coordinate', 'point', resolve)
  const index: number[] = []
  let last = -1
  for (const current of numbers(element.getAttribute('coordIndex'))) {
    if (current >= 0 && last >= 0) index.push(last, current)
    last = current
  }
  return new BufferGeometry().setAttribute('position', new Float32BufferAttribute(point, 3)).setIndex(index)
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
