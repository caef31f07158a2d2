/** Memory that strangers fill, by who they are, and all of it. */
export class MemoryBudget<Owner extends object> {
  private readonly held = new Map<Owner, number>()
  private sum = 0

  constructor(
    private readonly mostEach: number,
    private readonly mostInAll: number,
  ) {}

  get total(): number {
    return this.sum
  }

  /** Says how much somebody holds now; false when that is too much. */
  hold(owner: Owner, bytes: number): boolean {
    this.sum += bytes - (this.held.get(owner) ?? 0)
    this.held.set(owner, bytes)
    return bytes <= this.mostEach && this.sum <= this.mostInAll
  }

  release(owner: Owner): void {
    this.sum -= this.held.get(owner) ?? 0
    this.held.delete(owner)
  }
}
