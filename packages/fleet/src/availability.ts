/** Remembers what was told last, so that the same is never told twice in a row. */
export class Availability {
  private told: boolean | undefined

  /** The value if it has to be told now. */
  change(value: boolean): boolean | undefined {
    if (value === this.told) return undefined
    this.told = value
    return value
  }
}
