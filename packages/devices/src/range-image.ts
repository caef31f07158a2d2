import type { Random } from './random.js'

/** How a range sensor spoils its measurements. Metres; `noise` is relative to `maxRange`. */
export interface RangeLimits {
  readonly minRange: number
  readonly maxRange: number
  readonly noise: number
  readonly resolution: number
}

/** What a sensor with these limits says of a distance: infinite when it is too near or too far. */
export function measured(distance: number, limits: RangeLimits, random: Random): number {
  const { minRange, maxRange, noise, resolution } = limits
  if (distance < minRange || distance > maxRange) return Number.POSITIVE_INFINITY
  const noisy = noise > 0 ? Math.max(0, distance + noise * maxRange * random.normal()) : distance
  return resolution > 0 ? Math.round(noisy / resolution) * resolution : noisy
}
