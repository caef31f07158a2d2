import type { LabelUpdate, NodeUpdate, StreamDialect } from '@simyard/protocol'

/** One connected page, whatever carries its messages. */
export interface ViewerLink {
  send(text: string): void
  /** Left out where only text can be carried. */
  sendBytes?(bytes: Uint8Array): void
  /** Bytes that are queued and not yet on the wire. */
  readonly queuedBytes: number
  close(code: number, reason: string): void
}

/** A viewer with more than this queued gets no new frames until it has caught up; then it gets the newest state. */
const BEHIND_BYTES = 256 * 1024
/** A viewer with more than this queued is not reading at all. */
const LOST_BYTES = 16 * 1024 * 1024

export class Viewer {
  subscribed = false
  /** Has the scene that frames refer to; until then they would come before it. */
  hasScene = false
  broadcast = false
  /** Understands our own messages. */
  own = false
  private missed: Map<number, NodeUpdate> | undefined
  private missedLabels: Map<number, LabelUpdate> | undefined
  missedFrames = 0

  constructor(
    readonly link: ViewerLink,
    public dialect: StreamDialect,
  ) {}

  send(text: string): void {
    if (this.link.queuedBytes > LOST_BYTES) return this.link.close(1008, 'the viewer does not read')
    this.link.send(text)
  }

  get behind(): boolean {
    return this.link.queuedBytes > BEHIND_BYTES
  }

  /** Remembers a frame that was not sent, newest value of each field wins. */
  miss(updates: readonly NodeUpdate[], labels: readonly LabelUpdate[] = []): void {
    this.missedFrames++
    this.missed ??= new Map()
    for (const update of updates) this.missed.set(update.id, { ...this.missed.get(update.id), ...update })
    if (labels.length > 0) this.missedLabels ??= new Map()
    for (const label of labels) this.missedLabels?.set(label.id, label)
  }

  /** These nodes are gone; nothing is to be said of them. */
  forget(ids: Iterable<number>): void {
    for (const id of ids) this.missed?.delete(id)
  }

  /** What was missed, together with the newest frame; forgets it. */
  catchUp(
    updates: readonly NodeUpdate[],
    labels: readonly LabelUpdate[] = [],
  ): { updates: readonly NodeUpdate[]; labels: readonly LabelUpdate[] } | undefined {
    if (!this.missed) return undefined
    this.miss(updates, labels)
    const result = { updates: [...this.missed.values()], labels: [...(this.missedLabels?.values() ?? [])] }
    this.missed = undefined
    this.missedLabels = undefined
    return result
  }
}
