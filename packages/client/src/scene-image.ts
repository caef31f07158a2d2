import { encode } from 'fast-png'

/** The bytes of a PNG or JPEG file, or pixels as a canvas gives them. */
export type SceneImage =
  | Uint8Array
  | ArrayBuffer
  | Blob
  | { readonly width: number; readonly height: number; readonly data: Uint8ClampedArray | Uint8Array }

/** Characters of a piece, as in the original. */
const PIECE = 20_000

/** A picture as the simulator takes it: base64, cut into pieces. */
export async function imagePieces(image: SceneImage): Promise<string[]> {
  const text = base64(await fileBytes(image))
  if (text === '') throw new RangeError('The image is empty.')
  return Array.from({ length: Math.ceil(text.length / PIECE) }, (_, index) =>
    text.slice(index * PIECE, (index + 1) * PIECE),
  )
}

async function fileBytes(image: SceneImage): Promise<Uint8Array> {
  if (image instanceof Uint8Array) return image
  if (image instanceof ArrayBuffer) return new Uint8Array(image)
  if (image instanceof Blob) return new Uint8Array(await image.arrayBuffer())
  const { width, height, data } = image
  return encode({ width, height, data: new Uint8Array(data), channels: 4 })
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 8190) text += btoa(String.fromCharCode(...bytes.subarray(at, at + 8190)))
  return text
}
