/**
 * Frames of simulator-v1: uint32 BE header length, uint32 BE body length, JSON header (UTF-8), body.
 * Pure: bytes in, messages out, so that a test can cut the stream anywhere.
 */
export interface Frame {
  readonly header: unknown
  readonly body: Uint8Array
}

const MAX_HEADER_BYTES = 64 * 1024 * 1024
const MAX_BODY_BYTES = 256 * 1024 * 1024
const EMPTY = new Uint8Array(0)
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function encodeFrame(header: unknown, body: Uint8Array = EMPTY): Uint8Array {
  const head = encoder.encode(JSON.stringify(header))
  const frame = new Uint8Array(8 + head.length + body.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, head.length)
  view.setUint32(4, body.length)
  frame.set(head, 8)
  frame.set(body, 8 + head.length)
  return frame
}

/** Collects bytes and hands out whole frames. Throws RangeError on an impossible length: the peer is not one of ours. */
export class FrameDecoder {
  private chunks: Uint8Array[] = []
  private readonly maxHeaderBytes: number
  private readonly maxBodyBytes: number
  private buffered = 0

  constructor({
    headerBytes = MAX_HEADER_BYTES,
    bodyBytes = MAX_BODY_BYTES,
  }: { readonly headerBytes?: number; readonly bodyBytes?: number } = {}) {
    this.maxHeaderBytes = headerBytes
    this.maxBodyBytes = bodyBytes
  }

  push(chunk: Uint8Array): Frame[] {
    this.chunks.push(chunk)
    this.buffered += chunk.length
    const frames: Frame[] = []
    for (;;) {
      if (this.buffered < 8) return frames
      const head = this.peek(8)
      const view = new DataView(head.buffer, head.byteOffset, 8)
      const headerLength = view.getUint32(0)
      const bodyLength = view.getUint32(4)
      if (headerLength > this.maxHeaderBytes || bodyLength > this.maxBodyBytes) {
        throw new RangeError(`frame of ${headerLength} + ${bodyLength} bytes is larger than the protocol allows`)
      }
      const total = 8 + headerLength + bodyLength
      if (this.buffered < total) return frames
      const bytes = this.peek(total)
      this.drop(total)
      const header: unknown = JSON.parse(decoder.decode(bytes.subarray(8, 8 + headerLength)))
      frames.push({ header, body: bytes.slice(8 + headerLength, total) })
    }
  }

  private peek(length: number): Uint8Array {
    const first = this.chunks[0]
    if (first && first.length >= length) return first.subarray(0, length)
    const joined = new Uint8Array(this.buffered)
    let offset = 0
    for (const chunk of this.chunks) {
      joined.set(chunk, offset)
      offset += chunk.length
    }
    this.chunks = [joined]
    return joined.subarray(0, length)
  }

  private drop(length: number): void {
    const first = this.chunks[0]!
    this.buffered -= length
    if (first.length === length) this.chunks.shift()
    else this.chunks[0] = first.subarray(length)
  }
}
