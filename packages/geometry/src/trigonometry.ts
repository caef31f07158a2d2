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
const FIRST = 1.5707963267341256
const SECOND = 6.077100506303966e-11
const SECOND_REST = 2.0222662487959506e-21
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
    0.00833333333332249 +
    z * (-0.0001984126982985795 + z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)))
  return x - (z * (0.5 * low - cube * r) - low - cube * -0.16666666666666632)
}

function cosineNearZero(x: number, low: number): number {
  const z = x * x
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-0.001388888888887411 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))))
  const half = 0.5 * z
  const whole = 1 - half
  return whole + (1 - whole - half + (z * r - x * low))
}
