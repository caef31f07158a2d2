import type { Image } from '@simyard/devices'
import { TERRAIN_SIDE } from './floor.js'

/**
 * Heights from a picture's red, 0 to `intensity` metres. The picture's first row is at greatest x and its first column at
 * least y; the heights are in rows along x from the corner of least x and y.
 */
export function heightsOf(image: Image, intensity: number): number[] {
  const heights: number[] = []
  for (let j = 0; j < TERRAIN_SIDE; j++) {
    for (let i = 0; i < TERRAIN_SIDE; i++) {
      const row = TERRAIN_SIDE - 1 - i
      heights.push(Math.round(red(image, j, row) * intensity * 1e4) / 1e4)
    }
  }
  return heights
}

/** Red, 0–1, of a pixel of the picture resized to the terrain's number of heights, mixed from its neighbours. */
function red({ width, height, rgba }: Image, column: number, row: number): number {
  const x = Math.min(Math.max(((column + 0.5) * width) / TERRAIN_SIDE - 0.5, 0), width - 1)
  const y = Math.min(Math.max(((row + 0.5) * height) / TERRAIN_SIDE - 0.5, 0), height - 1)
  const [x0, y0] = [Math.floor(x), Math.floor(y)]
  const [x1, y1] = [Math.min(x0 + 1, width - 1), Math.min(y0 + 1, height - 1)]
  const at = (a: number, b: number): number => (rgba[4 * (b * width + a)] ?? 0) / 255
  const upper = at(x0, y0) + (x - x0) * (at(x1, y0) - at(x0, y0))
  const lower = at(x0, y1) + (x - x0) * (at(x1, y1) - at(x0, y1))
  return upper + (y - y0) * (lower - upper)
}
