const PRIME_LOW = 0x1b3
const PRIME_HIGH = 0x100

/**
 * FNV-1a, 64 bits, over bytes; 16 hexadecimal digits. The 64-bit product with the prime 2^40 + 0x1b3 is made of two
 * 32-bit halves, so that no BigInt is needed.
 */
export class Fnv1a64 {
  private low = 0x84222325
  private high = 0xcbf29ce4

  update(bytes: Uint8Array): this {
    let low = this.low
    let high = this.high
    for (let i = 0; i < bytes.length; i++) {
      low = (low ^ (bytes[i] ?? 0)) >>> 0
      const right = (low & 0xffff) * PRIME_LOW
      const left = (low >>> 16) * PRIME_LOW + (right >>> 16)
      high = (Math.imul(high, PRIME_LOW) + Math.imul(low, PRIME_HIGH) + (left >>> 16)) >>> 0
      low = ((left << 16) | (right & 0xffff)) >>> 0
    }
    this.low = low
    this.high = high
    return this
  }

  /** Adds the numbers' little-endian IEEE bytes. */
  updateNumbers(values: ArrayLike<number>): this {
    const bytes = new Uint8Array(values.length * 8)
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < values.length; i++) view.setFloat64(8 * i, values[i] ?? 0, true)
    return this.update(bytes)
  }

  digest(): string {
    return this.high.toString(16).padStart(8, '0') + this.low.toString(16).padStart(8, '0')
  }
}
