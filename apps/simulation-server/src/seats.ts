import { SimyardError } from '@simyard/protocol'

/** Seats of one simulation server: each visitor holds exactly one from the start request to the end of everything. */
export class Seats {
  private taken = 0
  private closedReason: string | undefined
  private readonly empty: (() => void)[] = []

  constructor(readonly total: number) {}

  get takenCount(): number {
    return this.taken
  }

  get full(): boolean {
    return this.taken >= this.total
  }

  get draining(): boolean {
    return this.closedReason !== undefined
  }

  /** A seat, given back by calling the result, once or more often. Throws when there is none. */
  take(): () => void {
    if (this.closedReason !== undefined) throw new SimyardError('NODE_DRAINING', this.closedReason)
    if (this.full) {
      throw new SimyardError(
        'NODE_FULL',
        `All ${this.total} seats of this simulation server are taken. Try again in a moment.`,
      )
    }
    this.taken++
    let held = true
    return () => {
      if (!held) return
      held = false
      this.taken--
      if (this.taken === 0) for (const resolve of this.empty.splice(0)) resolve()
    }
  }

  /** Gives out no more seats; those that are taken stay. */
  drain(reason: string): void {
    this.closedReason = reason
  }

  /** Takes visitors again. */
  reopen(): void {
    this.closedReason = undefined
  }

  /** Resolves when nobody holds a seat. */
  whenEmpty(): Promise<void> {
    if (this.taken === 0) return Promise.resolve()
    return new Promise((resolve) => this.empty.push(resolve))
  }
}
