import type { AxisAngle, Vector2, Vector3 } from '@simyard/geometry'
import { type FieldValue, isNode, type SceneNode } from './node.js'
import { fieldSpec } from './spec/nodes.js'

/** The value of a field as it stands, or its default; undefined when the node has no such field. */
export function getField(node: SceneNode, name: string): FieldValue | undefined {
  const value = node.fields.get(name)
  return value === undefined ? fieldSpec(node.type, name)?.default : value
}

export function getNumber(node: SceneNode, name: string): number {
  const value = getField(node, name)
  return typeof value === 'number' ? value : fail(node, name, 'a number')
}

export function getBool(node: SceneNode, name: string): boolean {
  const value = getField(node, name)
  return typeof value === 'boolean' ? value : fail(node, name, 'TRUE or FALSE')
}

export function getString(node: SceneNode, name: string): string {
  const value = getField(node, name)
  return typeof value === 'string' ? value : fail(node, name, 'a text')
}

export function getVec2(node: SceneNode, name: string): Vector2 {
  return tuple(node, name, 2) as unknown as Vector2
}

/** Also for SFColor. */
export function getVec3(node: SceneNode, name: string): Vector3 {
  return tuple(node, name, 3) as unknown as Vector3
}

export function getRotation(node: SceneNode, name: string): AxisAngle {
  return tuple(node, name, 4) as unknown as AxisAngle
}

export function getNode(node: SceneNode, name: string): SceneNode | null {
  const value = getField(node, name)
  return value === null || isNode(value) ? value : fail(node, name, 'a node')
}

export function getNodes(node: SceneNode, name: string): readonly SceneNode[] {
  return list(node, name) as readonly SceneNode[]
}

export function getNumbers(node: SceneNode, name: string): readonly number[] {
  return list(node, name) as readonly number[]
}

export function getStrings(node: SceneNode, name: string): readonly string[] {
  return list(node, name) as readonly string[]
}

/** MFVec2f, MFVec3f, MFColor and MFRotation. */
export function getVectors(node: SceneNode, name: string): readonly (readonly number[])[] {
  return list(node, name) as readonly (readonly number[])[]
}

function tuple(node: SceneNode, name: string, size: number): readonly number[] {
  const value = getField(node, name)
  return Array.isArray(value) && value.length === size
    ? (value as readonly number[])
    : fail(node, name, `${size} numbers`)
}

function list(node: SceneNode, name: string): readonly unknown[] {
  const value = getField(node, name)
  return Array.isArray(value) ? value : fail(node, name, 'a list')
}

/** The table of nodes and the code that reads them disagree: a mistake in Simyard, not in a world. */
function fail(node: SceneNode, name: string, expected: string): never {
  throw new TypeError(`${node.type}.${name} is not ${expected}`)
}
