// Paints the textures of our PROTOs from noise: `node scripts/make-textures.mjs`. The same run gives the same files.
import { mkdirSync, writeFileSync } from 'node:fs'
import { encode } from 'fast-png'

const folder = new URL('../protos/textures/', import.meta.url)

/** A repeatable number in [0, 1) for a point of the grid. */
function hash(x, y, z = 0) {
  let h = (Math.imul(x, 374761393) + Math.imul(y, 668265263) + Math.imul(z, 2147483647)) | 0
  h = Math.imul(h ^ (h >>> 13), 1274126177)
  return ((h ^ (h >>> 16)) >>> 0) / 4294967296
}

const smooth = (t) => t * t * (3 - 2 * t)
const mix = (a, b, t) => a + (b - a) * t
const modulo = (a, n) => ((a % n) + n) % n

/** Value noise that repeats after `period` cells. */
function noise2(x, y, period, seed) {
  const [i, j] = [Math.floor(x), Math.floor(y)]
  const [u, v] = [smooth(x - i), smooth(y - j)]
  const at = (a, b) => hash(modulo(a, period), modulo(b, period), seed)
  return mix(mix(at(i, j), at(i + 1, j), u), mix(at(i, j + 1), at(i + 1, j + 1), u), v)
}

function fractal2(x, y, period, octaves, seed) {
  let [sum, weight, total] = [0, 1, 0]
  for (let octave = 0; octave < octaves; octave++) {
    const scale = 2 ** octave
    sum += weight * noise2(x * scale, y * scale, period * scale, seed + octave)
    total += weight
    weight /= 2
  }
  return sum / total
}

function noise3(x, y, z, seed) {
  const [i, j, k] = [Math.floor(x), Math.floor(y), Math.floor(z)]
  const [u, v, w] = [smooth(x - i), smooth(y - j), smooth(z - k)]
  const at = (a, b, c) => hash(a + c * 57, b - c * 131, seed)
  const plane = (c) => mix(mix(at(i, j, c), at(i + 1, j, c), u), mix(at(i, j + 1, c), at(i + 1, j + 1, c), u), v)
  return mix(plane(k), plane(k + 1), w)
}

function fractal3(x, y, z, octaves, seed) {
  let [sum, weight, total] = [0, 1, 0]
  for (let octave = 0; octave < octaves; octave++) {
    const scale = 2 ** octave
    sum += weight * noise3(x * scale, y * scale, z * scale, seed + octave)
    total += weight
    weight /= 2
  }
  return sum / total
}

const blend = (a, b, t) => a.map((value, i) => mix(value, b[i], t))
const shade = (colour, factor) => colour.map((value) => value * factor)

/** Writes a picture; `colour(u, v)` gives red, green and blue in 0–255, v downwards. Steps of `step` keep files small. */
function paint(name, size, step, colour) {
  const data = new Uint8Array(size * size * 3)
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const rgb = colour((x + 0.5) / size, (y + 0.5) / size)
      for (let c = 0; c < 3; c++)
        data[(y * size + x) * 3 + c] = Math.min(255, Math.max(0, Math.round(rgb[c] / step) * step))
    }
  }
  const url = new URL(name, folder)
  mkdirSync(new URL('.', url), { recursive: true })
  writeFileSync(url, encode({ width: size, height: size, data, channels: 3, depth: 8 }, { zlib: { level: 9 } }))
}

/** Grain along u. */
function grain(u, v, seed) {
  const wave = fractal2(u * 2, v * 8, 2, 3, seed)
  const rings = 0.5 + 0.5 * Math.sin((v * 14 + wave * 5) * Math.PI)
  return 0.6 * rings + 0.4 * fractal2(u * 4, v * 64, 4, 2, seed + 7)
}

const DARK_WOOD = [146, 96, 52]
const LIGHT_WOOD = [206, 158, 100]

paint('wooden_box.png', 256, 4, (u, v) => {
  const border = Math.min(u, v, 1 - u, 1 - v)
  const upright = u < 0.12 || u > 0.88
  const inFrame = border < 0.12
  const plank = Math.floor(v * 5)
  const edge = inFrame ? Math.abs(border - 0.12) : Math.abs(modulo(v * 5, 1) - 0.5) > 0.46 ? 0 : 1
  const g = inFrame ? (upright ? grain(v, u, 3) : grain(u, v, 4)) : grain(u, v, 20 + plank)
  const tone = inFrame ? 1.02 : 0.86 + 0.1 * hash(plank, 9)
  const nail = [0.06, 0.94].some((a) => [0.06, 0.94].some((b) => Math.hypot(u - a, v - b) < 0.012))
  if (nail) return [92, 88, 84]
  return shade(blend(DARK_WOOD, LIGHT_WOOD, 0.35 + 0.65 * g), tone * (edge < 0.008 ? 0.55 : 1))
})

paint('cardboard.png', 256, 4, (u, v) => {
  const fibre = fractal2(u * 6, v * 40, 2, 3, 41)
  const tape = Math.abs(v - 0.5) < 0.075
  const base = blend([176, 134, 88], [200, 160, 112], fibre)
  return tape ? blend(base, [214, 190, 140], 0.75) : shade(base, Math.abs(v - 0.5) < 0.08 ? 0.85 : 1)
})

paint('parquet.png', 256, 4, (u, v) => {
  const [i, j] = [Math.floor(u * 4), Math.floor(v * 4)]
  const [a, b] = [modulo(u * 4, 1), modulo(v * 4, 1)]
  const along = (i + j) % 2 === 0
  const [s, t] = along ? [a, b] : [b, a]
  const slat = Math.floor(t * 4)
  const gap = modulo(t * 4, 1) < 0.03 || a < 0.012 || b < 0.012
  const seed = (i * 4 + j) * 4 + slat
  const colour = blend(DARK_WOOD, LIGHT_WOOD, 0.3 + 0.6 * grain(s, modulo(t * 4, 1) / 4 + hash(seed, 2), seed))
  return shade(colour, (gap ? 0.6 : 1) * (0.9 + 0.18 * hash(seed, 5)))
})

paint('chequered.png', 256, 4, (u, v) => {
  const light = u < 0.5 === v < 0.5
  const [a, b] = [modulo(u * 2, 1), modulo(v * 2, 1)]
  const joint = Math.min(a, b, 1 - a, 1 - b) < 0.006
  const speck = fractal2(u * 16, v * 16, 16, 3, 71)
  return shade(light ? [222, 218, 208] : [150, 146, 138], (0.96 + 0.06 * speck) * (joint ? 0.8 : 1))
})

paint('asphalt.png', 256, 8, (u, v) => {
  const stone = noise2(u * 96, v * 96, 96, 81)
  const patch = fractal2(u * 4, v * 4, 4, 3, 85)
  return shade([92, 93, 96], 0.72 + 0.3 * patch + (stone > 0.82 ? 0.35 : stone < 0.15 ? -0.18 : 0))
})

paint('roughcast.png', 256, 8, (u, v) => {
  const height = fractal2(u * 24, v * 24, 24, 3, 91)
  const slope = height - fractal2(u * 24 + 0.35, v * 24 + 0.35, 24, 3, 91)
  return shade([226, 222, 214], 0.94 + 0.55 * slope)
})

paint('painted_wood.png', 256, 4, (u, v) => shade([238, 236, 232], 0.9 + 0.1 * grain(u, v, 101)))

paint('grass.png', 256, 8, (u, v) => {
  const blade = fractal2(u * 64, v * 24, 8, 2, 111)
  const patch = fractal2(u * 3, v * 3, 3, 3, 115)
  return blend([58, 96, 34], [128, 160, 66], 0.55 * blade + 0.45 * patch)
})

paint('pavement.png', 256, 4, (u, v) => {
  const row = Math.floor(v * 4)
  const along = modulo(u * 2 + (row % 2) / 2, 2)
  const [a, b] = [modulo(along, 1), modulo(v * 4, 1)]
  const joint = Math.min(a, 1 - a) < 0.02 || Math.min(b, 1 - b) < 0.04
  const tone = 0.88 + 0.16 * hash(Math.floor(along), row, 121) + 0.1 * (fractal2(u * 32, v * 32, 32, 2, 123) - 0.5)
  return joint ? [120, 116, 110] : shade([178, 174, 166], tone)
})

/** A cell of FOSSBot's floor: white, with a black border of two hundredths on each side. */
paint('fossbot_floor.png', 100, 1, (u, v) => (Math.min(u, v, 1 - u, 1 - v) < 0.02 ? [0, 0, 0] : [255, 255, 255]))

/** The sky seen in a direction: x ahead, y left, z up. */
function sky([x, y, z]) {
  const norm = Math.hypot(x, y, z)
  const height = z / norm
  if (height < 0) return blend([214, 228, 240], [168, 190, 208], Math.min(1, -height * 1.6))
  const clear = blend([214, 228, 240], [92, 148, 214], Math.min(1, height * 1.35) ** 0.7)
  const flat = 1 / (height + 0.22)
  const cloud = fractal3((x / norm) * flat * 1.6 + 7, (y / norm) * flat * 1.6 + 3, 0.5, 5, 131)
  const cover = smooth(Math.min(1, Math.max(0, (cloud - 0.5) * 4))) * Math.min(1, height * 5)
  return blend(clear, [252, 252, 252], 0.85 * cover)
}

/** Each face as seen from the middle of the cube with z up; `a` to the right, `b` downwards. */
const faces = {
  front: (a, b) => [1, -a, -b],
  back: (a, b) => [-1, a, -b],
  left: (a, b) => [a, 1, -b],
  right: (a, b) => [-a, -1, -b],
  top: (a, b) => [b, -a, 1],
  bottom: (a, b) => [-b, -a, -1],
}
for (const [name, direction] of Object.entries(faces)) {
  paint(`sky/${name}.png`, 512, 2, (u, v) => sky(direction(2 * u - 1, 2 * v - 1)))
}
