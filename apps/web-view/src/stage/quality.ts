export type AmbientOcclusion = 'off' | 'low' | 'normal' | 'high' | 'ultra'

/** How much a picture may cost. */
export interface Quality {
  /** `simple`: neither shadows nor reflections, one small shader for everything. */
  readonly materials: 'full' | 'simple'
  readonly shadows: boolean
  readonly ambientOcclusion: AmbientOcclusion
  /** Device pixels for each pixel of the page, at most. */
  readonly pixelRatioCap: number
  /** Factor on the world's own exposure. */
  readonly exposure: number
  /** Lowers what costs most when pictures take too long. */
  readonly automatic: boolean
}

export const bestQuality: Quality = {
  materials: 'full',
  shadows: true,
  ambientOcclusion: 'off',
  pixelRatioCap: 2,
  exposure: 1,
  automatic: true,
}

/** A picture that takes longer is too slow: 20 pictures a second. */
const SLOW_MS = 50
const SLOW_PICTURES = 12

/** What to leave out next, what costs most first; undefined when nothing is left. */
export function lowered(quality: Quality): Quality | undefined {
  if (quality.ambientOcclusion !== 'off') return { ...quality, ambientOcclusion: 'off' }
  if (quality.pixelRatioCap > 1) return { ...quality, pixelRatioCap: 1 }
  if (quality.shadows) return { ...quality, shadows: false }
  if (quality.materials === 'full') return { ...quality, materials: 'simple' }
  if (quality.pixelRatioCap > 0.5) return { ...quality, pixelRatioCap: 0.5 }
  return undefined
}

/** Finds out from pictures that follow each other whether the machine keeps up. */
export class Pace {
  private lastAt = -1
  private slow = 0

  /** `moving`: the next picture follows at once, so that the time until then is the picture's own. True: too slow. */
  picture(now: number, moving: boolean): boolean {
    const gap = this.lastAt < 0 ? 0 : now - this.lastAt
    this.lastAt = moving ? now : -1
    // Gaps of seconds are a tab in the background or a machine asleep.
    if (gap > SLOW_MS && gap < 2000) this.slow++
    else if (gap > 0) this.slow = Math.max(this.slow - 2, 0)
    if (this.slow < SLOW_PICTURES) return false
    this.slow = 0
    return true
  }

  restart(): void {
    this.slow = 0
    this.lastAt = -1
  }
}
