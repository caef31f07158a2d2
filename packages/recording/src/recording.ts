import type { PoseUpdate, SceneFrame } from '@simyard/frames'
import type { LabelUpdate, NodeUpdate } from '@simyard/protocol'
import type { RecordedChange, RecordedEvent, RecordedScene } from './recorded-scene.js'

/** Frames in order. Those that are whole states stand for themselves. */
export interface FrameSource {
  readonly count: number
  timeMs(index: number): number
  /** What changed since the frame before; whole states may name what has not changed. */
  frame(index: number): SceneFrame
  /** What changed and nothing else, where that is at hand. */
  changes?(index: number): SceneFrame
  /** The newest whole state at or before a frame; frame 0 is one. */
  wholeBefore(index: number): number
}

/** A run, or the last minutes of one. */
export class Recording {
  constructor(
    readonly scene: RecordedScene,
    private readonly source: FrameSource,
    readonly changes: readonly RecordedChange[] = [],
    readonly events: readonly RecordedEvent[] = [],
  ) {}

  get frameCount(): number {
    return this.source.count
  }

  get startMs(): number {
    return this.frameCount === 0 ? 0 : this.source.timeMs(0)
  }

  get endMs(): number {
    return this.frameCount === 0 ? 0 : this.source.timeMs(this.frameCount - 1)
  }

  /** Index of the last frame that is not after a simulated time; -1 before the first. */
  frameIndexAt(timeMs: number): number {
    let low = 0
    let high = this.frameCount
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.source.timeMs(middle) <= timeMs) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** The state of everything that moves or changes, as the last frame that is not after a time left it. */
  stateAt(timeMs: number): SceneFrame {
    return this.stateOf(Math.max(0, this.frameIndexAt(timeMs)))
  }

  /** The frames in order, each with what changed since the one before; the first is a whole state. */
  *frames(): Generator<SceneFrame> {
    const state = new WholeState()
    for (let i = 0; i < this.frameCount; i++) {
      const frame = this.source.changes?.(i) ?? this.source.frame(i)
      if (i === 0 || this.source.changes || this.source.wholeBefore(i) !== i) {
        state.apply(frame)
        yield frame
      } else yield state.changedBy(frame)
    }
  }

  private stateOf(index: number): SceneFrame {
    const state = new WholeState()
    if (this.frameCount === 0) return state.frame()
    for (let i = this.source.wholeBefore(index); i <= index; i++) state.apply(this.source.frame(i))
    return state.frame()
  }
}

/** The newest value of everything. */
export class WholeState {
  private timeMs = 0
  private readonly poses = new Map<number, PoseUpdate>()
  private readonly fields = new Map<number, NodeUpdate>()
  private readonly labels = new Map<number, LabelUpdate>()

  apply({ timeMs, poses, fields, labels }: SceneFrame): void {
    this.timeMs = timeMs
    for (const pose of poses) this.poses.set(pose.id, { ...this.poses.get(pose.id), ...pose })
    for (const update of fields) this.fields.set(update.id, { ...this.fields.get(update.id), ...update })
    for (const label of labels) this.labels.set(label.id, label)
  }

  /** Takes a whole state; returns what is different in it. */
  changedBy(frame: SceneFrame): SceneFrame {
    const poses = frame.poses.flatMap(({ id, translation, rotation }) => {
      const before = this.poses.get(id)
      const moved = translation && !sameNumbers(translation, before?.translation)
      const turned = rotation && !sameNumbers(rotation, before?.rotation)
      if (!moved && !turned) return []
      return [{ id, ...(moved ? { translation } : {}), ...(turned ? { rotation } : {}) }]
    })
    const fields = frame.fields.flatMap((update) => {
      const before = this.fields.get(update.id)
      const changed = Object.entries(update).filter(
        ([field, value]) => field !== 'id' && JSON.stringify(value) !== JSON.stringify(before?.[field]),
      )
      return changed.length > 0 ? [{ id: update.id, ...Object.fromEntries(changed) } as NodeUpdate] : []
    })
    const labels = frame.labels.filter((label) => JSON.stringify(label) !== JSON.stringify(this.labels.get(label.id)))
    this.apply(frame)
    return { timeMs: frame.timeMs, poses, fields, labels }
  }

  frame(): SceneFrame {
    return {
      timeMs: this.timeMs,
      poses: [...this.poses.values()],
      fields: [...this.fields.values()],
      labels: [...this.labels.values()],
    }
  }
}

function sameNumbers(a: readonly number[], b: readonly number[] | undefined): boolean {
  return b !== undefined && a.every((value, i) => value === b[i])
}

/** Frames that are all at hand. */
export class FrameList implements FrameSource {
  /** Of every so many frames the whole state is kept, so that none is far. */
  private static readonly EVERY = 100
  private readonly wholes: SceneFrame[] = []

  constructor(private readonly list: readonly SceneFrame[]) {
    const state = new WholeState()
    list.forEach((frame, i) => {
      state.apply(frame)
      if (i % FrameList.EVERY === 0) this.wholes.push(state.frame())
    })
  }

  get count(): number {
    return this.list.length
  }

  timeMs(index: number): number {
    return this.list[index]!.timeMs
  }

  frame(index: number): SceneFrame {
    return index % FrameList.EVERY === 0 ? this.wholes[index / FrameList.EVERY]! : this.list[index]!
  }

  changes(index: number): SceneFrame {
    return this.list[index]!
  }

  wholeBefore(index: number): number {
    return index - (index % FrameList.EVERY)
  }
}
