/**
 * Sine and cosine with the same bits everywhere. Math.sin and Math.cos may differ in the last bit between engines, and
 * they do between Node 20 and today's Chromium: a box that is turned by 0.9 rad then stood at another place in each.
 * The polynomials and the reduction are those of fdlibm (Sun Microsystems, 1993); only + − × and comparisons are used.
 */
export function sine(angle: number): number {
  const { quadrant, high, low } = reduce(angle)
  const value = quadrant % 2 === 0 ? sineNearZero(high, low) : cosineNearZero(high, low)
  return quadrant < 2 ? value : -value
}

export function cosine(angle: number): number {
  const { quadrant, high, low } = reduce(angle)
  const value = quadrant % 2 === 0 ? cosineNearZero(high, low) : sineNearZero(high, low)
  return quadrant === 0 || quadrant === 3 ? value : -value
}

/** π/2 in pieces of 33 bits, each with its own rest, so that a multiple of a piece is exact. */
const FIRST = 1.570796326734125614
const SECOND = 6.077100506303965977e-11
const SECOND_REST = 2.022266248795950632e-21
const EXACT_MULTIPLES = 2 ** 20

/** The angle as quadrant · π/2 + (high + low), the sum at most π/4 in size. */
function reduce(angle: number): { quadrant: number; high: number; low: number } {
  if (Math.abs(angle) <= Math.PI / 4) return { quadrant: 0, high: angle, low: 0 }
  // Beyond a million radians an angle says nothing any more: it only has to be the same everywhere.
  const near = Math.abs(angle) < EXACT_MULTIPLES ? angle : angle % (2 * Math.PI)
  const count = Math.round(near * (2 / Math.PI))
  const coarse = near - count * FIRST
  const fine = coarse - count * SECOND
  const rest = count * SECOND_REST - (coarse - fine - count * SECOND)
  const high = fine - rest
  return { quadrant: ((count % 4) + 4) % 4, high, low: fine - high - rest }
}

function sineNearZero(x: number, low: number): number {
  const z = x * x
  const cube = z * x
  const r =
    8.33333333332248946124e-3 +
    z *
      (-1.98412698298579493134e-4 +
        z * (2.75573137070700676789e-6 + z * (-2.50507602534068634195e-8 + z * 1.58969099521155010221e-10)))
  return x - (z * (0.5 * low - cube * r) - low - cube * -1.66666666666666324348e-1)
}

function cosineNearZero(x: number, low: number): number {
  const z = x * x
  const r =
    z *
    (4.16666666666666019037e-2 +
      z *
        (-1.38888888888741095749e-3 +
          z *
            (2.48015872894767294178e-5 +
              z * (-2.75573143513906633035e-7 + z * (2.0875723212981748279e-9 + z * -1.13596475577881948265e-11)))))
  const half = 0.5 * z
  const whole = 1 - half
  return whole + (1 - whole - half + (z * r - x * low))
}
