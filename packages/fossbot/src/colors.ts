import type { Vector3 } from '@simyard/geometry'

/** The words that users have for colours: the corners of the colour cube. */
const COLORS: Readonly<Record<string, Vector3>> = {
  red: [1, 0, 0],
  green: [0, 1, 0],
  blue: [0, 0, 1],
  yellow: [1, 1, 0],
  cyan: [0, 1, 1],
  violet: [1, 0, 1],
  white: [1, 1, 1],
  black: [0, 0, 0],
}

/** Undefined for a word that is no colour. */
export function colorNamed(name: string | undefined): Vector3 | undefined {
  return name !== undefined && Object.hasOwn(COLORS, name) ? COLORS[name] : undefined
}

/** The light on the robot has no black; `closed` is off. */
export function lightNamed(name: string | undefined): Vector3 | undefined {
  if (name === 'closed') return [0, 0, 0]
  return name === 'black' ? undefined : colorNamed(name)
}
