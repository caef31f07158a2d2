import type { LabelUpdate, NodeUpdate } from '@simyard/protocol'

/** What was not told of a world, merged: the newest value of each field. */
export class MissedStates {
  private readonly nodes = new Map<number, NodeUpdate>()
  private readonly labels = new Map<number, LabelUpdate>()
  private any = false

  get isEmpty(): boolean {
    return !this.any
  }

  add(updates: readonly NodeUpdate[], labels: readonly LabelUpdate[] = []): void {
    this.any = true
    for (const update of updates) this.nodes.set(update.id, { ...this.nodes.get(update.id), ...update })
    for (const label of labels) this.labels.set(label.id, label)
  }

  /** These nodes are gone; nothing is to be said of them. */
  forget(ids: Iterable<number>): void {
    for (const id of ids) this.nodes.delete(id)
  }

  /** All of it; from now on nothing is missed. */
  take(): { readonly updates: readonly NodeUpdate[]; readonly labels: readonly LabelUpdate[] } {
    const missed = { updates: [...this.nodes.values()], labels: [...this.labels.values()] }
    this.clear()
    return missed
  }

  clear(): void {
    this.any = false
    this.nodes.clear()
    this.labels.clear()
  }
}
