/**
 * Lines of controller-v1: JSON objects separated by `\n`, with announced binary attachments in between on the way to
 * the controller only, so that this decoder (simulation side) sees lines alone. Bounded: a line over the limit throws.
 */
const MAX_LINE_BYTES = 4 * 1024 * 1024
const decoder = new TextDecoder()
const encoder = new TextEncoder()

export class LineDecoder {
  private pending: Uint8Array = new Uint8Array(0)

  push(chunk: Uint8Array): string[] {
    const lines: string[] = []
    let start = 0
    for (let i = 0; i < chunk.length; i++) {
      if (chunk[i] !== 10) continue
      const part = chunk.subarray(start, i)
      lines.push(decoder.decode(this.pending.length === 0 ? part : concat(this.pending, part)))
      this.pending = new Uint8Array(0)
      start = i + 1
    }
    if (start < chunk.length) this.pending = concat(this.pending, chunk.subarray(start))
    if (this.pending.length > MAX_LINE_BYTES) throw new RangeError(`a line of over ${MAX_LINE_BYTES} bytes`)
    return lines
  }
}

export function encodeLine(message: unknown, attachments: readonly Uint8Array[] = []): Uint8Array {
  return attachments.reduce(concat, encoder.encode(`${JSON.stringify(message)}\n`))
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
