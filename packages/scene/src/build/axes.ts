import {
  axisAngleFromQuaternion,
  multiplyQuaternions,
  quaternionFromAxisAngle,
  quaternionFromMatrix,
} from '@simyard/geometry'
import type { RawParameter } from '../language/syntax.js'
import type { SceneNode } from '../node.js'
import { getRotation } from '../readers.js'
import { fieldSpec } from '../spec/nodes.js'

/** Robots of the y-up days looked along −z with their left at −x; those of today look along x with their left at y. */
const ROBOT = quaternionFromMatrix([0, -1, 0, 0, 0, 1, -1, 0, 0])
const THING = quaternionFromAxisAngle([1, 0, 0, -Math.PI / 2])

/**
 * Turns the instance of a z-up PROTO in a y-up world so that it stands on its feet. A box that is all `size` stays as it
 * is: its size is already given along the world's axes.
 */
export function standUpright(node: SceneNode, parameters: readonly RawParameter[]): void {
  if (!fieldSpec(node.type, 'rotation')) return
  if (parameters.some(({ name, type }) => name === 'size' && type === 'SFVec3f')) return
  const written = quaternionFromAxisAngle(getRotation(node, 'rotation'))
  const turned = multiplyQuaternions(written, node.type === 'Robot' ? ROBOT : THING)
  node.fields.set('rotation', axisAngleFromQuaternion(turned))
}
