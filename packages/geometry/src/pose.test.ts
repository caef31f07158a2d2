import { describe, expect, test } from 'vitest'
import {
  type AxisAngle,
  axisAngleFromQuaternion,
  composePoses,
  invertPose,
  matrixFromQuaternion,
  quaternionBetween,
  quaternionFromAxisAngle,
  quaternionFromMatrix,
  rotate,
  transformPoint,
  type Vector3,
} from './index.js'

const close = (actual: readonly number[], expected: readonly number[]) => {
  expect(actual.length).toBe(expected.length)
  actual.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i]!, 10)
  })
}

describe('rotations', () => {
  test.each<[AxisAngle, Vector3, Vector3]>([
    [
      [0, 0, 1, Math.PI / 2],
      [1, 0, 0],
      [0, 1, 0],
    ],
    [
      [1, 0, 0, Math.PI / 2],
      [0, 1, 0],
      [0, 0, 1],
    ],
    [
      [0, 2, 0, Math.PI / 2],
      [0, 0, 1],
      [1, 0, 0],
    ],
    [
      [0, 0, 0, 3],
      [1, 2, 3],
      [1, 2, 3],
    ],
  ])('%j turns %j into %j', (rotation, from, to) => {
    close(rotate(quaternionFromAxisAngle(rotation), from), to)
  })

  test.each<[AxisAngle]>([[[0, 0, 1, 0]], [[0.6, 0, 0.8, 2.5]], [[-1, 0, 0, Math.PI / 3]]])(
    '%j survives the way to a quaternion, a matrix and back',
    (rotation) => {
      const quaternion = quaternionFromAxisAngle(rotation)
      close(axisAngleFromQuaternion(quaternion), rotation)
      close(quaternionFromMatrix(matrixFromQuaternion(quaternion)), quaternion)
    },
  )

  test('an angle over π comes back as the shorter way round', () => {
    close(axisAngleFromQuaternion(quaternionFromAxisAngle([0, 0, 1, 4])), [0, 0, -1, 2 * Math.PI - 4])
  })

  test.each<[Vector3, Vector3]>([
    [
      [0, 0, 1],
      [0, 1, 0],
    ],
    [
      [1, 0, 0],
      [-1, 0, 0],
    ],
    [
      [0, 0, 1],
      [0, 0, -1],
    ],
  ])('the rotation between %j and %j', (from, to) => {
    close(rotate(quaternionBetween(from, to), from), to)
  })
})

test('a pose after its inverse is where it began', () => {
  const pose = { translation: [1, 2, 3] as const, rotation: quaternionFromAxisAngle([1, 1, 0, 0.7]) }
  const both = composePoses(pose, invertPose(pose))
  close(both.translation, [0, 0, 0])
  close(both.rotation, [0, 0, 0, 1])
  close(transformPoint(invertPose(pose), transformPoint(pose, [4, 5, 6])), [4, 5, 6])
})
