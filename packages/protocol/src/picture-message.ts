import { BINARY_MESSAGE } from './binary-message.js'
import type { PictureHeader } from './simulator.js'

/**
 * A picture on the stream of a page: a byte that says so, uint16 big-endian length of the header, header (JSON), bytes.
 */
export function encodePicture(header: PictureHeader, bytes: Uint8Array): Uint8Array {
  const { robot, device, encoding, width, height, timeMs, ranges } = header
  const known = { robot, device, encoding, width, height, timeMs, ...(ranges ? { ranges } : {}) }
  const head = new TextEncoder().encode(JSON.stringify(known))
  const message = new Uint8Array(3 + head.length + bytes.length)
  new DataView(message.buffer).setUint16(1, head.length)
  message[0] = BINARY_MESSAGE.picture
  message.set(head, 3)
  message.set(bytes, 3 + head.length)
  return message
}

/** Undefined for a binary message that is no picture. */
export function decodePicture(
  message: Uint8Array<ArrayBuffer>,
): { header: PictureHeader; bytes: Uint8Array<ArrayBuffer> } | undefined {
  if (message[0] !== BINARY_MESSAGE.picture || message.length < 3) return undefined
  const end = 3 + new DataView(message.buffer, message.byteOffset).getUint16(1)
  try {
    const header = JSON.parse(new TextDecoder().decode(message.subarray(3, end))) as PictureHeader
    return { header, bytes: message.subarray(end) }
  } catch {
    return undefined
  }
}
