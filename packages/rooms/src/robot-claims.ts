/** Who drives which robot: one member for each. */
export class RobotClaims {
  private readonly drivers = new Map<string, string>()
  private readonly counts = new Map<string, number>()

  driverOf(robot: string): string | undefined {
    return this.drivers.get(robot)
  }

  countOf(memberId: string): number {
    return this.counts.get(memberId) ?? 0
  }

  take(robot: string, memberId: string): void {
    this.drivers.set(robot, memberId)
    this.counts.set(memberId, this.countOf(memberId) + 1)
  }

  release(memberId: string, robot: string): void {
    if (this.drivers.get(robot) !== memberId) return
    this.drivers.delete(robot)
    const count = this.countOf(memberId) - 1
    if (count > 0) this.counts.set(memberId, count)
    else this.counts.delete(memberId)
  }

  /** A member leaves one robot: the one it names, or else its first. */
  releaseOne(memberId: string, robot: unknown): void {
    if (this.countOf(memberId) === 0) return
    const named = typeof robot === 'string' && this.drivers.get(robot) === memberId ? robot : undefined
    const one = named ?? this.robotsOf(memberId)[0]
    if (one !== undefined) this.release(memberId, one)
  }

  /** Returns how many there were. */
  releaseAll(memberId: string): number {
    const robots = this.countOf(memberId) === 0 ? [] : this.robotsOf(memberId)
    for (const robot of robots) this.release(memberId, robot)
    return robots.length
  }

  clear(): void {
    this.drivers.clear()
    this.counts.clear()
  }

  robotsOf(memberId: string): string[] {
    return [...this.drivers].filter(([, driver]) => driver === memberId).map(([robot]) => robot)
  }
}
