const FINAL_BINARY = 0x82
const framed = new WeakMap<Uint8Array, Buffer>()

/**
 * A binary WebSocket message (RFC 6455, section 5.2) as a server writes it, made once for all who get these bytes:
 * framing them anew for each of a thousand viewers, and writing head and body apart, costs more than the rest of the way.
 */
export function sharedMessage(bytes: Uint8Array): Buffer {
  let message = framed.get(bytes)
  if (!message) {
    message = Buffer.concat([head(bytes.length), bytes])
    framed.set(bytes, message)
  }
  return message
}

function head(length: number): Buffer {
  if (length < 126) return Buffer.from([FINAL_BINARY, length])
  if (length < 65536) {
    const head = Buffer.from([FINAL_BINARY, 126, 0, 0])
    head.writeUInt16BE(length, 2)
    return head
  }
  const head = Buffer.alloc(10)
  head[0] = FINAL_BINARY
  head[1] = 127
  head.writeBigUInt64BE(BigInt(length), 2)
  return head
}
