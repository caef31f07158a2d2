import type { PictureHeader } from '@simyard/protocol'
import { encode as encodePng } from 'fast-png'
import type { Reading } from './device.js'
import type { Picture, RangeImage } from './picture.js'

/** What a device sees, as viewers get it. */
export interface Sight {
  readonly header: Pick<PictureHeader, 'encoding' | 'width' | 'height' | 'ranges'>
  readonly bytes: Uint8Array
}

/** Speed counts more than size: pictures are made many times a second. */
const COMPRESSION = { zlib: { level: 1 } } as const
const NOTHING = 65_535
const FARTHEST = 65_534

/** Undefined for a reading without a picture. */
export function encodeSight({ picture, ranges }: Reading): Sight | undefined {
  if (picture) return encodePicture(picture)
  if (!ranges) return undefined
  return ranges.sphere ? encodeRanges(ranges, ranges.sphere) : encodeDepths(ranges)
}

function encodePicture({ width, height, bgra }: Picture): Sight {
  const rgb = new Uint8Array(width * height * 3)
  for (let pixel = 0, to = 0; to < rgb.length; pixel += 4) {
    rgb[to++] = bgra[pixel + 2] ?? 0
    rgb[to++] = bgra[pixel + 1] ?? 0
    rgb[to++] = bgra[pixel] ?? 0
  }
  const bytes = encodePng({ width, height, data: rgb, channels: 3, depth: 8 }, COMPRESSION)
  return { header: { encoding: 'png', width, height }, bytes }
}

/** Grey: white is near, black is far or nothing. */
function encodeDepths({ width, height, values, minRange, maxRange }: RangeImage): Sight {
  const data = Uint8Array.from(values, (value) =>
    Number.isFinite(value) ? Math.round(255 * (1 - share(value, minRange, maxRange))) : 0,
  )
  const bytes = encodePng({ width, height, data, channels: 1, depth: 8 }, COMPRESSION)
  return { header: { encoding: 'png', width, height }, bytes }
}

function encodeRanges(image: RangeImage, sphere: NonNullable<RangeImage['sphere']>): Sight {
  const { width, height, values, minRange, maxRange } = image
  const bytes = new Uint8Array(2 * values.length)
  const view = new DataView(bytes.buffer)
  for (const [index, value] of values.entries()) {
    const step = Number.isFinite(value) ? Math.round(FARTHEST * share(value, minRange, maxRange)) : NOTHING
    view.setUint16(2 * index, step, true)
  }
  const { pose, fieldOfView, verticalFieldOfView } = sphere
  const { translation, rotation } = pose
  const ranges = { translation, rotation, fieldOfView, verticalFieldOfView, minRange, maxRange }
  return { header: { encoding: 'ranges', width, height, ranges }, bytes }
}

function share(value: number, least: number, most: number): number {
  return most > least ? Math.min(1, Math.max(0, (value - least) / (most - least))) : 0
}
