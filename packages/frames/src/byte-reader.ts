import { SimyardError } from '@simyard/protocol'

/** Reads what ByteWriter wrote; every other byte string ends in one coded error. */
export class ByteReader {
  private at = 0

  constructor(private readonly bytes: Uint8Array) {}

  get left(): number {
    return this.bytes.length - this.at
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw invalidFrame('it ends too early')
    return this.bytes[this.at++]!
  }

  unsigned(): number {
    let value = 0
    for (let factor = 1; ; factor *= 0x80) {
      const byte = this.byte()
      value += (byte & 0x7f) * factor
      if (value > Number.MAX_SAFE_INTEGER) throw invalidFrame('a number in it is too large')
      if (byte < 0x80) return value
      if (factor > 2 ** 49) throw invalidFrame('a number in it is too long')
    }
  }

  signed(): number {
    const value = this.unsigned()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  flagged(): { value: number; flag: boolean } {
    const byte = this.byte()
    const value = ((byte >> 1) & 0x3f) + (byte >= 0x80 ? this.unsigned() * 0x40 : 0)
    if (value > Number.MAX_SAFE_INTEGER) throw invalidFrame('a number in it is too large')
    return { value, flag: (byte & 1) === 1 }
  }

  rest(): Uint8Array {
    return this.bytes.subarray(this.at)
  }
}

export function invalidFrame(reason: string): SimyardError {
  return new SimyardError(
    'FRAME_INVALID',
    `This is no binary frame that fits what came before: ${reason}. Subscribe again to get the whole state.`,
  )
}
