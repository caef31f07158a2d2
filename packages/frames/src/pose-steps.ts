import {
  axisAngleFromQuaternion,
  conjugate,
  multiplyQuaternions,
  type Quaternion,
  quaternionFromAxisAngle,
} from '@simyard/geometry'
import type { AxisAngle, Vector } from './scene-frame.js'

/** Translations are whole tenths of a millimetre. */
export const STEPS_PER_METRE = 10_000
/** Components of quaternions are whole parts of this: at most 0.02° of error with the largest component left out. */
const STEPS_PER_UNIT = 16_384
/** The component that is left out is at least this large, or else its own error would grow too much. */
const LEAST_LEFT_OUT = 0.35
/** Positions beyond have no steps of their own; they are written as text. */
const MOST_STEPS = 2 ** 40
/** A pause between two frames may be so many times longer than the one before for motion to be carried on. */
const LONGEST_CARRY = 8
/** A turn by more than 120° in one frame has no clear direction. */
const LEAST_COSINE_OF_HALF_TURN = 0.5

export type TranslationSteps = readonly [number, number, number]

/** A unit quaternion without its component number `leftOut`, which is positive; the others in order, in steps. */
export interface RotationSteps {
  readonly leftOut: number
  readonly parts: readonly [number, number, number]
}

/** Where something was told to be last, and in the frame before. */
export interface PoseHistory<Steps> {
  readonly now: Steps
  readonly before: Steps
  /** The frame in which `now` was told. */
  readonly frame: number
}

/** Undefined when it is too far away. */
export function translationSteps(translation: Vector): TranslationSteps | undefined {
  const steps = translation.map((value) => Math.round(value * STEPS_PER_METRE) + 0) as unknown as TranslationSteps
  return steps.every((value) => Math.abs(value) <= MOST_STEPS) ? steps : undefined
}

export function translationOf(steps: TranslationSteps): Vector {
  return [steps[0] / STEPS_PER_METRE, steps[1] / STEPS_PER_METRE, steps[2] / STEPS_PER_METRE]
}

export function quaternionOf(rotation: AxisAngle): Quaternion {
  return quaternionFromAxisAngle(rotation)
}

export function rotationOf(steps: RotationSteps): AxisAngle {
  return axisAngleFromQuaternion(quaternionOfSteps(steps))
}

/** With the largest component left out. */
export function rotationSteps(q: Quaternion): RotationSteps {
  const leftOut = largest(q)
  return withoutPart(q, leftOut)
}

/** As seen from an expected rotation, or undefined when it is too far from it. */
export function rotationStepsNear(q: Quaternion, expected: Quaternion): RotationSteps | undefined {
  const leftOut = largest(expected)
  return Math.abs(q[leftOut]!) < LEAST_LEFT_OUT ? undefined : withoutPart(q, leftOut)
}

/** False for numbers that are no rotation. */
export function isRotation({ parts }: RotationSteps): boolean {
  return squareOf(parts) <= 1
}

/** Exact arithmetic only: encoder and decoder must expect the very same, whatever engine runs them. */
export function expectedTranslation(track: PoseHistory<TranslationSteps>, carry: number): TranslationSteps {
  const { now, before } = track
  return [carryOn(before[0], now[0], carry), carryOn(before[1], now[1], carry), carryOn(before[2], now[2], carry)]
}

export function expectedRotation({ now, before }: PoseHistory<RotationSteps>, carry: number): Quaternion {
  const q = quaternionOfSteps(now)
  if (carry === 0 || now === before) return q
  const turn = multiplyQuaternions(conjugate(quaternionOfSteps(before)), q)
  if (Math.abs(turn[3]) < LEAST_COSINE_OF_HALF_TURN) return q
  const factor = carry / turn[3]
  const x = turn[0] * factor
  const y = turn[1] * factor
  const z = turn[2] * factor
  const norm = Math.sqrt(x * x + y * y + z * z + 1)
  return multiplyQuaternions(q, [x / norm, y / norm, z / norm, 1 / norm])
}

/** How much of the last motion is expected again, from the times between frames in microseconds. */
export function carryOf(lastStepUs: number, stepUs: number): number {
  return lastStepUs > 0 && stepUs > 0 && stepUs <= LONGEST_CARRY * lastStepUs ? stepUs / lastStepUs : 0
}

export function sameTranslation(a: TranslationSteps, b: TranslationSteps): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2]
}

export function sameRotation(a: RotationSteps, b: RotationSteps): boolean {
  return a.leftOut === b.leftOut && sameTranslation(a.parts, b.parts)
}

function carryOn(before: number, now: number, carry: number): number {
  return now + Math.round((now - before) * carry) + 0
}

function quaternionOfSteps({ leftOut, parts }: RotationSteps): Quaternion {
  const q = parts.map((part) => part / STEPS_PER_UNIT)
  q.splice(leftOut, 0, Math.sqrt(Math.max(0, 1 - squareOf(parts))))
  return q as unknown as Quaternion
}

function squareOf([a, b, c]: readonly [number, number, number]): number {
  return (a * a + b * b + c * c) / (STEPS_PER_UNIT * STEPS_PER_UNIT)
}

function withoutPart(q: Quaternion, leftOut: number): RotationSteps {
  const sign = q[leftOut]! < 0 ? -1 : 1
  const parts = q.map((value) => Math.round(sign * value * STEPS_PER_UNIT) + 0)
  parts.splice(leftOut, 1)
  return { leftOut, parts: parts as unknown as RotationSteps['parts'] }
}

function largest(q: Quaternion): number {
  let index = 0
  for (let i = 1; i < 4; i++) if (Math.abs(q[i]!) > Math.abs(q[index]!)) index = i
  return index
}
