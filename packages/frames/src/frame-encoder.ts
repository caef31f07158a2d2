import { BINARY_MESSAGE, type LabelUpdate, type NodeUpdate } from '@simyard/protocol'
import { ByteWriter } from './byte-writer.js'
import {
  ABSOLUTE,
  FRAME_KIND,
  HAS_TEXT,
  ROTATION_SHIFT,
  TELLS_ROTATION,
  TELLS_TRANSLATION,
  WHOLE_MS,
} from './frame-layout.js'
import {
  carryOf,
  expectedRotation,
  expectedTranslation,
  type PoseHistory,
  quaternionOf,
  type RotationSteps,
  rotationSteps,
  rotationStepsNear,
  sameRotation,
  sameTranslation,
  type TranslationSteps,
  translationSteps,
} from './pose-steps.js'
import type { AxisAngle, SceneFrame, Vector } from './scene-frame.js'

type FieldValue = NodeUpdate[string]

interface EncodedNode {
  readonly id: number
  translation?: PoseHistory<TranslationSteps>
  rotation?: PoseHistory<RotationSteps>
  /** Other fields, each with the frame in which it changed last. */
  readonly fields: Map<string, { readonly value: FieldValue; readonly frame: number }>
}

interface Change {
  translation?: Vector
  rotation?: AxisAngle
  fields?: { [field: string]: FieldValue }
}

/**
 * Writes frames of a scene as bytes, for any number of readers: each frame once for those who have the one before, and
 * once for all who have the same older one. docs/protocol/stream-v1.md has the layout.
 */
export class FrameEncoder {
  private readonly nodes = new Map<number, EncodedNode>()
  private readonly labels = new Map<number, { readonly label: LabelUpdate; readonly frame: number }>()
  private number = 0
  /** No frame before this one counts any more. */
  private begunAt = 0
  private timeUs = 0
  private stepUs = 0
  private wallMs = 0
  private newest: Uint8Array<ArrayBuffer> | undefined
  private readonly merged = new Map<number, Uint8Array<ArrayBuffer>>()

  /** Number of the newest frame; 0 before the first. */
  get frame(): number {
    return this.number
  }

  /** The scene begins anew: whoever has an older frame gets the whole state. */
  restart(): void {
    this.nodes.clear()
    this.labels.clear()
    this.begunAt = this.number + 1
    this.newest = undefined
    this.merged.clear()
  }

  /** These nodes are gone. Their ids may come back with other nodes. */
  remove(ids: Iterable<number>): void {
    for (const id of ids) this.nodes.delete(id)
    this.merged.clear()
  }

  /** Takes the next frame; returns its number. `wallMs`: the clock of the server when this was the state. */
  add(frame: SceneFrame, wallMs: number): number {
    const number = ++this.number
    this.merged.clear()
    const timeUs = microseconds(frame.timeMs)
    const stepUs = timeUs - this.timeUs
    const carry = carryOf(this.stepUs, stepUs)
    const wall = Math.round(wallMs)
    const changes = changesOf(frame)
    const ids = [...changes.keys()].sort((a, b) => a - b)
    const poses = new ByteWriter()
    let count = 0
    let lastId = -1
    const fields: NodeUpdate[] = []
    for (const id of ids) {
      const change = changes.get(id)!
      const node = this.nodeOf(id)
      if (this.writeChange(poses, node, change, carry, id - lastId - 1)) {
        count++
        lastId = id
      }
      if (!change.fields) continue
      fields.push({ id, ...change.fields })
      for (const [field, value] of Object.entries(change.fields)) node.fields.set(field, { value, frame: number })
    }
    for (const label of frame.labels) this.labels.set(label.id, { label, frame: number })

    if (number <= this.begunAt || number === 1) this.newest = undefined
    else {
      const writer = new ByteWriter()
      const whole = stepUs % 1000 === 0
      head(writer, FRAME_KIND.next, whole, fields.length + frame.labels.length > 0)
      writer.unsigned(number)
      writer.signed(whole ? stepUs / 1000 : stepUs)
      writer.signed(wall - this.wallMs)
      writer.unsigned(count)
      writer.raw(poses.finish())
      writeText(writer, fields, frame.labels)
      this.newest = writer.finish()
    }
    this.timeUs = timeUs
    this.stepUs = stepUs
    this.wallMs = wall
    return number
  }

  /** The newest frame, for those who have `since` and none after it; the whole state for 0. */
  since(since: number): Uint8Array<ArrayBuffer> {
    if (since === this.number - 1 && this.newest) return this.newest
    const from = since < this.begunAt || since > this.number ? 0 : since
    let bytes = this.merged.get(from)
    if (!bytes) {
      bytes = this.encodeSince(from)
      this.merged.set(from, bytes)
    }
    return bytes
  }

  private encodeSince(since: number): Uint8Array<ArrayBuffer> {
    const nodes = [...this.nodes.values()].sort((a, b) => a.id - b.id)
    const fields: NodeUpdate[] = []
    const labels: LabelUpdate[] = []
    for (const node of nodes) {
      const changed = [...node.fields].filter(([, { frame }]) => frame > since)
      if (changed.length > 0)
        fields.push({ id: node.id, ...Object.fromEntries(changed.map(([field, { value }]) => [field, value])) })
    }
    for (const { label, frame } of this.labels.values()) if (frame > since) labels.push(label)
    const writer = new ByteWriter()
    const whole = this.timeUs % 1000 === 0 && this.stepUs % 1000 === 0
    const unit = whole ? 1000 : 1
    head(writer, since === 0 ? FRAME_KIND.full : FRAME_KIND.merged, whole, fields.length + labels.length > 0)
    writer.unsigned(this.number)
    if (since > 0) writer.unsigned(this.number - since)
    writer.signed(this.timeUs / unit)
    writer.signed(this.stepUs / unit)
    writer.signed(this.wallMs)
    const moved = nodes.filter(
      ({ translation, rotation }) => (translation?.frame ?? 0) > since || (rotation?.frame ?? 0) > since,
    )
    writer.unsigned(moved.length)
    let lastId = -1
    for (const node of moved) {
      const { translation, rotation } = node
      const told = { ...(translation && translation.frame > since ? { translation } : {}) }
      writer.flagged(node.id - lastId - 1, true)
      writeAbsolute(writer, told.translation, rotation && rotation.frame > since ? rotation : undefined, this.number)
      lastId = node.id
    }
    writeText(writer, fields, labels)
    return writer.finish()
  }

  private nodeOf(id: number): EncodedNode {
    let node = this.nodes.get(id)
    if (!node) {
      node = { id, fields: new Map() }
      this.nodes.set(id, node)
    }
    return node
  }

  /** Returns false when there is nothing to write of it. */
  private writeChange(writer: ByteWriter, node: EncodedNode, change: Change, carry: number, gap: number): boolean {
    const steps = change.translation && translationSteps(change.translation)
    const q = change.rotation && quaternionOf(change.rotation)
    if (change.translation) {
      // Too far away for steps: as text, like any other field.
      if (steps) node.fields.delete('translation')
      else {
        change.fields = { ...change.fields, translation: change.translation.join(' ') }
        delete node.translation
      }
    }
    if (!steps && !q) return false
    if (q) node.fields.delete('rotation')
    const { number } = this
    const carried = (track: PoseHistory<unknown>) => (track.frame === number - 1 ? carry : 0)
    const from = steps && node.translation && expectedTranslation(node.translation, carried(node.translation))
    const expected = q && node.rotation && expectedRotation(node.rotation, carried(node.rotation))
    const near = q && expected && rotationStepsNear(q, expected)
    const turned = q && (near ?? rotationSteps(q))
    const predicted = (!steps || from) && (!turned || near)
    // What stands for itself is taken for at rest.
    if (steps) node.translation = { now: steps, before: predicted ? node.translation!.now : steps, frame: number }
    if (turned) node.rotation = { now: turned, before: predicted ? node.rotation!.now : turned, frame: number }
    writer.flagged(gap, !predicted)
    if (!predicted) {
      writeAbsolute(writer, steps && node.translation, turned && node.rotation, number)
      return true
    }
    let mask = 0
    const residuals: number[] = []
    if (steps && from) {
      mask |= TELLS_TRANSLATION
      mask |= differences(steps, from, residuals)
    }
    if (turned && expected) {
      mask |= TELLS_ROTATION
      mask |= differences(turned.parts, rotationSteps(expected).parts, residuals) << ROTATION_SHIFT
    }
    writer.byte(mask)
    for (const residual of residuals) writer.signed(residual)
    return true
  }
}

/** Collects what differs, and says which components do. */
function differences(
  now: readonly [number, number, number],
  expected: readonly [number, number, number],
  residuals: number[],
): number {
  let bits = 0
  for (let i = 0; i < 3; i++) {
    const residual = now[i]! - expected[i]!
    if (residual === 0) continue
    bits |= 1 << i
    residuals.push(residual)
  }
  return bits
}

function writeAbsolute(
  writer: ByteWriter,
  translation: PoseHistory<TranslationSteps> | undefined,
  rotation: PoseHistory<RotationSteps> | undefined,
  newest: number,
): void {
  const moving = translation?.frame === newest && !sameTranslation(translation.now, translation.before)
  const turning = rotation?.frame === newest && !sameRotation(rotation.now, rotation.before)
  writer.byte(
    (translation ? ABSOLUTE.translation : 0) |
      (moving ? ABSOLUTE.translationStep : 0) |
      (rotation ? ABSOLUTE.rotation : 0) |
      (turning ? ABSOLUTE.rotationBefore : 0),
  )
  if (translation) {
    const { now, before } = translation
    for (const value of now) writer.signed(value)
    if (moving) for (let i = 0; i < 3; i++) writer.signed(now[i]! - before[i]!)
  }
  if (rotation) writeRotation(writer, rotation.now)
  if (rotation && turning) writeRotation(writer, rotation.before)
}

function writeRotation(writer: ByteWriter, { leftOut, parts }: RotationSteps): void {
  writer.byte(leftOut)
  for (const part of parts) writer.signed(part)
}

function head(writer: ByteWriter, kind: number, wholeMs: boolean, text: boolean): void {
  writer.byte(BINARY_MESSAGE.frame)
  writer.byte(kind | (wholeMs ? WHOLE_MS : 0) | (text ? HAS_TEXT : 0))
}

function writeText(writer: ByteWriter, fields: readonly NodeUpdate[], labels: readonly LabelUpdate[]): void {
  if (fields.length + labels.length > 0) writer.raw(new TextEncoder().encode(JSON.stringify([fields, labels])))
}

function microseconds(timeMs: number): number {
  return Math.round(timeMs * 1000) + 0
}

/** One change for each node. What cannot be written in steps stays text. */
function changesOf(frame: SceneFrame): Map<number, Change> {
  const changes = new Map<number, Change>()
  const changeOf = (id: number) => {
    let change = changes.get(id)
    if (!change) {
      change = {}
      changes.set(id, change)
    }
    return change
  }
  for (const { id, translation, rotation } of frame.poses) {
    const change = changeOf(id)
    const isId = Number.isSafeInteger(id) && id >= 0
    for (const [field, value] of Object.entries({ translation, rotation })) {
      if (value === undefined) continue
      if (isId && value.every(Number.isFinite)) Object.assign(change, { [field]: value })
      else change.fields = { ...change.fields, [field]: value.join(' ') }
    }
  }
  for (const { id, ...fields } of frame.fields) {
    const change = changeOf(id)
    change.fields = { ...change.fields, ...fields }
    // As text it is of another kind than a pose, and the text counts.
    if (fields.translation !== undefined) delete change.translation
    if (fields.rotation !== undefined) delete change.rotation
  }
  return changes
}
