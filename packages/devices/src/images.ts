import { SimyardError } from '@simyard/protocol'
import type { FileSource } from '@simyard/scene'
import { decode as decodePng } from 'fast-png'
import { decode as decodeJpeg } from 'jpeg-js'

/** RGBA, 8 bits each, rows from the top left. */
export interface Image {
  readonly width: number
  readonly height: number
  readonly rgba: Uint8Array
}

const MAX_PIXELS = 4096 * 4096

/**
 * Reads a PNG or JPEG file; it is decoded when it is first looked at, because most textures never are. Rejects with
 * SCENE_FILE_MISSING, or SCENE_MESH_INVALID when the file is neither. A damaged one is undefined when looked at.
 */
export async function loadImage(url: string, files: FileSource): Promise<() => Image | undefined> {
  const bytes = await files.read(url)
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50
  if (!isJpeg && !isPng) throw new SimyardError('SCENE_MESH_INVALID', `${url} is not a PNG or JPEG image`)
  let image: Image | undefined
  let decoded = false
  return () => {
    if (decoded) return image
    decoded = true
    try {
      image = isJpeg ? jpeg(bytes) : png(bytes)
    } catch {
      image = undefined
    }
    return image
  }
}

/** Decodes a PNG or JPEG file at once. Throws SCENE_MESH_INVALID when it is neither, is damaged or has too many pixels. */
export function decodeImage(bytes: Uint8Array): Image {
  const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8
  const isPng = bytes[0] === 0x89 && bytes[1] === 0x50
  if (!isJpeg && !isPng) throw new SimyardError('SCENE_MESH_INVALID', 'the file is not a PNG or JPEG image')
  try {
    return isJpeg ? jpeg(bytes) : png(bytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SimyardError('SCENE_MESH_INVALID', `the image cannot be decoded (${reason})`, { cause })
  }
}

function jpeg(bytes: Uint8Array): Image {
  const { width, height, data } = decodeJpeg(bytes, { useTArray: true, formatAsRGBA: true, maxResolutionInMP: 17 })
  return { width, height, rgba: data }
}

function png(bytes: Uint8Array): Image {
  const { width, height, data, channels, depth, palette } = decodePng(bytes)
  const pixels = width * height
  if (pixels > MAX_PIXELS) throw new RangeError(`${width} × ${height} pixels are too many`)
  const rgba = new Uint8Array(pixels * 4)
  const shift = depth === 16 ? 8 : 0
  for (let i = 0; i < pixels; i++) {
    if (palette) {
      const color = palette[indexAt(data, i, width, depth)] ?? []
      rgba.set([color[0] ?? 0, color[1] ?? 0, color[2] ?? 0, color[3] ?? 255], 4 * i)
      continue
    }
    const at = (channel: number): number => (data[i * channels + channel] ?? 0) >> shift
    const gray = channels < 3
    rgba[4 * i] = at(0)
    rgba[4 * i + 1] = gray ? at(0) : at(1)
    rgba[4 * i + 2] = gray ? at(0) : at(2)
    rgba[4 * i + 3] = channels === 2 ? at(1) : channels === 4 ? at(3) : 255
  }
  return { width, height, rgba }
}

/** Palette indices below 8 bits are packed, each row beginning a new byte. */
function indexAt(data: ArrayLike<number>, pixel: number, width: number, depth: number): number {
  if (depth >= 8) return data[pixel] ?? 0
  const perByte = 8 / depth
  const row = Math.floor(pixel / width)
  const column = pixel % width
  const byte = data[row * Math.ceil(width / perByte) + Math.floor(column / perByte)] ?? 0
  return (byte >> (8 - depth * ((column % perByte) + 1))) & ((1 << depth) - 1)
}
