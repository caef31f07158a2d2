import type { Vector3 } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'

/** Typed reads of a node's fields. A value that is absent or of another type is the fallback. */
export function numberField(node: SceneNode, name: string, fallback: number): number {
  const value = node.fields.get(name)
  return typeof value === 'number' ? value : fallback
}

export function booleanField(node: SceneNode, name: string, fallback: boolean): boolean {
  const value = node.fields.get(name)
  return typeof value === 'boolean' ? value : fallback
}

export function stringField(node: SceneNode, name: string, fallback: string): string {
  const value = node.fields.get(name)
  return typeof value === 'string' ? value : fallback
}

/** Numbers of a vector, colour, rotation or MFFloat field. */
export function numbersField(node: SceneNode, name: string, fallback: readonly number[]): readonly number[] {
  const value = node.fields.get(name)
  return Array.isArray(value) && value.every((item) => typeof item === 'number') ? value : fallback
}

export function vectorField(node: SceneNode, name: string, fallback: Vector3): Vector3 {
  const [x, y, z] = numbersField(node, name, fallback)
  return x === undefined || y === undefined || z === undefined ? fallback : [x, y, z]
}

/** The vectors of an MFVec2f, MFVec3f or MFColor field. */
export function vectorsField(node: SceneNode, name: string): readonly (readonly number[])[] {
  const value = node.fields.get(name)
  return Array.isArray(value) ? value.filter((item): item is readonly number[] => Array.isArray(item)) : []
}

export function nodeField(node: SceneNode, name: string): SceneNode | undefined {
  const value = node.fields.get(name)
  return isNode(value) ? value : undefined
}

export function nodesField(node: SceneNode, name: string): readonly SceneNode[] {
  const value = node.fields.get(name)
  if (isNode(value)) return [value]
  return Array.isArray(value) ? value.filter(isNode) : []
}

function isNode(value: unknown): value is SceneNode {
  return typeof value === 'object' && value !== null && 'fields' in value && 'type' in value
}
