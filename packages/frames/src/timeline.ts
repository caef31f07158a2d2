import {
  axisAngleFromQuaternion,
  lerp,
  type Quaternion,
  quaternionFromAxisAngle,
  slerp,
  type Vector3,
} from '@simyard/geometry'
import type { LabelUpdate, NodeUpdate } from '@simyard/protocol'
import type { SceneFrame } from './scene-frame.js'
import { Track } from './track.js'

/** Nodes that came or went. The owner of the scene writes the other half of what undoing it needs into `content`. */
export interface SceneChange<Content> {
  /** Number of the moment in which it came; see Passage. */
  readonly moment: number
  readonly type: 'added' | 'removed'
  readonly content: Content
}

/** What is different at one moment for somebody who shows another one. */
export interface Passage<Content> {
  /** The moment that is shown then: where the next passage begins. Moments are numbered from 0; -1 is before all. */
  readonly moment: number
  /** To be applied in this order; `undo` when time goes back. */
  readonly changes: readonly { readonly change: SceneChange<Content>; readonly undo: boolean }[]
  /** Fields other than poses; a field that has no value at that time is left out. */
  readonly fields: readonly NodeUpdate[]
  readonly labels: readonly LabelUpdate[]
}

export interface TimelineLimits {
  /** Older moments are forgotten. */
  readonly durationMs: number
  /** In all. */
  readonly frames: number
}

/** What the scene says of its nodes before any frame does. */
export interface SceneBase {
  pose(id: number): { readonly translation: Vector3; readonly rotation: Quaternion } | undefined
  field(id: number, field: string): string | undefined
}

interface Moment<Content> {
  readonly timeMs: number
  readonly frame: SceneFrame
  readonly changes: readonly SceneChange<Content>[]
}

const NO_BASE: SceneBase = { pose: () => undefined, field: () => undefined }
const NO_LIMITS: TimelineLimits = { durationMs: Number.POSITIVE_INFINITY, frames: Number.POSITIVE_INFINITY }
/** Forgetting goes by pieces, because each costs a walk over all tracks. */
const SPARE_PART = 0.1

/**
 * The states of a scene over simulated time: where everything is at any moment, also between frames.
 *
 * Poses go straight from one frame's value to the next one's. A node that a frame does not name had not moved since the
 * frame before, so it stands still until that frame and moves after it. Everything else changes at once, with its frame.
 * Live pictures and recordings are shown from the same timeline.
 */
export class Timeline<Content = never> {
  private moments: Moment<Content>[] = []
  /** Number of the first moment that is kept. */
  private first = 0
  private keptFromMs = Number.POSITIVE_INFINITY
  private readonly translations = new Map<number, Track<Vector3>>()
  private readonly rotations = new Map<number, Track<Quaternion>>()
  private readonly fields = new Map<number, Map<string, Track<NodeUpdate[string]>>>()
  private readonly labels = new Map<number, Track<LabelUpdate>>()

  constructor(
    private readonly base: SceneBase = NO_BASE,
    private readonly limits: TimelineLimits = NO_LIMITS,
  ) {}

  /** Undefined while there is no frame. */
  get startMs(): number | undefined {
    return this.moments[0]?.timeMs
  }

  get endMs(): number | undefined {
    return this.moments.at(-1)?.timeMs
  }

  get frameCount(): number {
    return this.moments.length
  }

  /** Every node that has had a pose. */
  get moving(): ReadonlySet<number> {
    return new Set([...this.translations.keys(), ...this.rotations.keys()])
  }

  /** The frames that are kept, in order. */
  *frames(): Generator<SceneFrame> {
    for (const { frame } of this.moments) yield frame
  }

  /** What came and went, with its simulated time. */
  *changes(): Generator<SceneChange<Content> & { readonly timeMs: number }> {
    for (const { timeMs, changes } of this.moments) for (const change of changes) yield { ...change, timeMs }
  }

  /** Times of frames never go back: after a reset, begin another timeline. */
  append(frame: SceneFrame): void {
    const before = this.endMs
    const timeMs = Math.max(frame.timeMs, before ?? frame.timeMs)
    for (const { id, translation, rotation } of frame.poses) {
      if (translation) addPose(this.translationTrack(id), timeMs, translation, before)
      if (rotation) addPose(this.rotationTrack(id), timeMs, quaternionFromAxisAngle(rotation), before)
    }
    for (const { id, ...fields } of frame.fields) {
      for (const [field, value] of Object.entries(fields)) {
        this.fieldTrack(id, field).add(timeMs, value as NodeUpdate[string])
      }
    }
    for (const label of frame.labels) this.labelTrack(label).add(timeMs, label)
    this.moments.push({ timeMs, frame, changes: [] })
    this.forget()
  }

  /** Nothing from this time on is forgotten any more, whatever the limits say. */
  keepFrom(timeMs: number): void {
    this.keptFromMs = timeMs
  }

  /** A node came or went at the time of the last frame. */
  change(type: SceneChange<Content>['type'], content: Content): void {
    const timeMs = this.endMs ?? 0
    const change = { moment: this.first + this.moments.length, type, content }
    this.moments.push({ timeMs, frame: { timeMs, poses: [], fields: [], labels: [] }, changes: [change] })
  }

  translationAt(id: number, timeMs: number): Vector3 | undefined {
    const track = this.translations.get(id)
    const near = track?.around(timeMs)
    if (!near) return track?.first
    return near.part > 0 ? lerp(near.before, near.after, near.part) : near.before
  }

  rotationAt(id: number, timeMs: number): Quaternion | undefined {
    const track = this.rotations.get(id)
    const near = track?.around(timeMs)
    if (!near) return track?.first
    return near.part > 0 ? slerp(near.before, near.after, near.part) : near.before
  }

  /** Whether a node's pose is the same from a time on, as far as is known. */
  restsFrom(id: number, timeMs: number): boolean {
    return (
      (this.translations.get(id)?.lastMs ?? timeMs) <= timeMs && (this.rotations.get(id)?.lastMs ?? timeMs) <= timeMs
    )
  }

  /** What else is to be changed by somebody who shows a moment and wants to show another time. */
  passage(fromMoment: number, toMs: number): Passage<Content> {
    const to = this.first + Math.max(this.momentAt(toMs), 0)
    return to >= fromMoment ? this.forward(fromMoment, to) : this.back(fromMoment, to)
  }

  /** The time of the frame that is so many frames away. */
  frameTime(timeMs: number, frames: number): number {
    const at = this.momentAt(timeMs)
    // Between two frames, the one before is already one step back.
    const between = frames < 0 && at >= 0 && this.moments[at]!.timeMs < timeMs ? 1 : 0
    let index = Math.min(Math.max(at + frames + between, 0), this.moments.length - 1)
    // What came or went with a frame is a moment of its own at the same time.
    while (frames < 0 && index > 0 && this.moments[index]!.timeMs >= timeMs) index--
    return this.moments[index]?.timeMs ?? 0
  }

  /** The state of all that has ever changed, as one frame. */
  stateAt(timeMs: number): SceneFrame {
    const poses = [...this.moving].map((id) => {
      const translation = this.translationAt(id, timeMs)
      const rotation = this.rotationAt(id, timeMs)
      return {
        id,
        ...(translation ? { translation } : {}),
        ...(rotation ? { rotation: axisAngleFromQuaternion(rotation) } : {}),
      }
    })
    const fields = [...this.fields.keys()].flatMap((id) => this.fieldsAt(id, timeMs) ?? [])
    return { timeMs, poses, fields, labels: this.labelsAt(timeMs) }
  }

  private forward(from: number, to: number): Passage<Content> {
    const changes: Passage<Content>['changes'][number][] = []
    const fields = new Map<number, NodeUpdate>()
    const labels = new Map<number, LabelUpdate>()
    for (let at = Math.max(from + 1, this.first); at <= to; at++) {
      const moment = this.moments[at - this.first]
      if (!moment) break
      // The first one may have changes of moments that are forgotten.
      for (const change of moment.changes) if (change.moment > from) changes.push({ change, undo: false })
      for (const update of moment.frame.fields) fields.set(update.id, { ...fields.get(update.id), ...update })
      for (const label of moment.frame.labels) labels.set(label.id, label)
    }
    return { moment: to, changes, fields: [...fields.values()], labels: [...labels.values()] }
  }

  private back(from: number, to: number): Passage<Content> {
    const changes: Passage<Content>['changes'][number][] = []
    const touched = new Map<number, Set<string>>()
    const labels = new Set<number>()
    for (let at = from; at > to; at--) {
      const moment = this.moments[at - this.first]!
      for (const change of moment.changes.toReversed()) changes.push({ change, undo: true })
      for (const { id, ...values } of moment.frame.fields) {
        const names = touched.get(id) ?? new Set()
        for (const name of Object.keys(values)) names.add(name)
        touched.set(id, names)
      }
      for (const { id } of moment.frame.labels) labels.add(id)
    }
    const { timeMs } = this.moments[to - this.first]!
    const fields = [...touched].flatMap(([id, names]) => this.fieldsAt(id, timeMs, names) ?? [])
    return { moment: to, changes, fields, labels: this.labelsAt(timeMs).filter(({ id }) => labels.has(id)) }
  }

  private fieldsAt(id: number, timeMs: number, only?: ReadonlySet<string>): NodeUpdate | undefined {
    const values: Record<string, NodeUpdate[string]> = {}
    for (const [field, track] of this.fields.get(id) ?? []) {
      if (only && !only.has(field)) continue
      const value = track.at(timeMs) ?? track.first
      if (value !== undefined) values[field] = value
    }
    return Object.keys(values).length > 0 ? { ...values, id } : undefined
  }

  private labelsAt(timeMs: number): LabelUpdate[] {
    return [...this.labels.values()].flatMap((track) => track.at(timeMs) ?? [])
  }

  private translationTrack(id: number): Track<Vector3> {
    return found(this.translations, id, () => this.base.pose(id)?.translation)
  }

  private rotationTrack(id: number): Track<Quaternion> {
    return found(this.rotations, id, () => this.base.pose(id)?.rotation)
  }

  private fieldTrack(id: number, field: string): Track<NodeUpdate[string]> {
    let tracks = this.fields.get(id)
    if (!tracks) {
      tracks = new Map()
      this.fields.set(id, tracks)
    }
    return found(tracks, field, () => this.base.field(id, field))
  }

  /** A label that does not exist yet is one without text. */
  private labelTrack(label: LabelUpdate): Track<LabelUpdate> {
    return found(this.labels, label.id, () => ({ ...label, text: '' }))
  }

  private momentAt(timeMs: number): number {
    let low = -1
    let high = this.moments.length
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (this.moments[middle]!.timeMs <= timeMs) low = middle
      else high = middle
    }
    return low
  }

  private forget(): void {
    const { durationMs, frames } = this.limits
    const over = 1 + SPARE_PART
    const span = this.endMs! - this.startMs!
    if (span <= durationMs * over && this.moments.length <= frames * over) return
    let gone = Math.max(this.moments.length - frames, 0)
    while (this.moments[gone + 1] && this.endMs! - this.moments[gone]!.timeMs > durationMs) gone++
    while (gone > 0 && this.moments[gone]!.timeMs > this.keptFromMs) gone--
    if (gone === 0) return
    // The first moment has all that was before it, for somebody who has not seen it yet.
    const changes = this.moments.slice(0, gone + 1).flatMap((moment) => moment.changes)
    const startMs = this.moments[gone]!.timeMs
    const frame = this.stateAt(startMs)
    this.moments = [{ timeMs: startMs, frame, changes }, ...this.moments.slice(gone + 1)]
    this.first += gone
    for (const track of this.translations.values()) track.dropBefore(startMs)
    for (const track of this.rotations.values()) track.dropBefore(startMs)
    for (const tracks of this.fields.values()) for (const track of tracks.values()) track.dropBefore(startMs)
    for (const track of this.labels.values()) track.dropBefore(startMs)
  }
}

function addPose<Value>(track: Track<Value>, timeMs: number, value: Value, frameBeforeMs: number | undefined): void {
  const { last } = track
  // It stood still until the frame before, which did not name it.
  if (last !== undefined && frameBeforeMs !== undefined && track.lastMs < frameBeforeMs) track.add(frameBeforeMs, last)
  track.add(timeMs, value)
}

/** The track, which begins with what was there before all frames. */
function found<Key, Value>(tracks: Map<Key, Track<Value>>, key: Key, base: () => Value | undefined): Track<Value> {
  let track = tracks.get(key)
  if (!track) {
    track = new Track()
    const first = base()
    if (first !== undefined) track.add(Number.NEGATIVE_INFINITY, first)
    tracks.set(key, track)
  }
  return track
}
