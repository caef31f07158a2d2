/** Grows as it is written to. Whole numbers are written in groups of seven bits, the lowest first. */
export class ByteWriter {
  private bytes = new Uint8Array(256)
  private length = 0

  byte(value: number): void {
    if (this.length === this.bytes.length) {
      const larger = new Uint8Array(2 * this.bytes.length)
      larger.set(this.bytes)
      this.bytes = larger
    }
    this.bytes[this.length++] = value
  }

  /** A safe integer that is not negative. */
  unsigned(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.byte((rest % 0x80) | 0x80)
      rest = Math.floor(rest / 0x80)
    }
    this.byte(rest)
  }

  /** Of at most 2^52: the sign is the lowest bit, so that small numbers are short whatever their sign. */
  signed(value: number): void {
    this.unsigned(value < 0 ? -2 * value - 1 : 2 * value)
  }

  /** A number with a yes or no in the first byte's lowest bit; all safe integers have room. */
  flagged(value: number, flag: boolean): void {
    const rest = Math.floor(value / 0x40)
    this.byte((rest > 0 ? 0x80 : 0) | ((value % 0x40) << 1) | (flag ? 1 : 0))
    if (rest > 0) this.unsigned(rest)
  }

  raw(bytes: Uint8Array): void {
    const needed = this.length + bytes.length
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
      larger.set(this.bytes.subarray(0, this.length))
      this.bytes = larger
    }
    this.bytes.set(bytes, this.length)
    this.length = needed
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length)
  }
}
