import type { Pose } from '@simyard/geometry'

/** Distances of points in metres, infinite where nothing is in reach: rows from the top, each from left to right. */
export interface RangeImage {
  readonly width: number
  readonly height: number
  readonly values: Float32Array
  readonly minRange: number
  readonly maxRange: number
  /** In the world, when the points were measured on a sphere around the device; angles in rad. */
  readonly sphere?: { readonly pose: Pose; readonly fieldOfView: number; readonly verticalFieldOfView: number }
}

/** One camera picture: BGRA rows from the top left. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly bgra: Uint8Array
}
