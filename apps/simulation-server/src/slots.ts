/** Numbers for running programs, lowest first, so that each has a uid of its own and numbers stay small. */
export class Slots {
  private readonly used = new Set<number>()

  take(): number {
    let slot = 0
    while (this.used.has(slot)) slot++
    this.used.add(slot)
    return slot
  }

  free(slot: number): void {
    this.used.delete(slot)
  }
}
