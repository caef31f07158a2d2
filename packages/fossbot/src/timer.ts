/** The one timer that all robots share; simulated milliseconds come from outside. */
export class Timer {
  private startedAt: number | undefined
  private stoppedAfter = 0

  start(nowMs: number): void {
    this.startedAt = nowMs
    this.stoppedAfter = 0
  }

  stop(nowMs: number): void {
    this.stoppedAfter = this.seconds(nowMs)
    this.startedAt = undefined
  }

  reset(): void {
    this.startedAt = undefined
    this.stoppedAfter = 0
  }

  get running(): boolean {
    return this.startedAt !== undefined
  }

  seconds(nowMs: number): number {
    return this.startedAt === undefined ? this.stoppedAfter : (nowMs - this.startedAt) / 1000
  }
}
