import { BINARY_MESSAGE, type LabelUpdate, type NodeUpdate, SimyardError } from '@simyard/protocol'
import { ByteReader, invalidFrame } from './byte-reader.js'
import {
  ABSOLUTE,
  FRAME_KIND,
  HAS_TEXT,
  KIND_BITS,
  ROTATION_SHIFT,
  TELLS_ROTATION,
  TELLS_TRANSLATION,
  WHOLE_MS,
} from './frame-layout.js'
import {
  carryOf,
  expectedRotation,
  expectedSteps,
  expectedTranslation,
  isRotation,
  type PoseHistory,
  type RotationSteps,
  rotationOf,
  type TranslationSteps,
  translationOf,
} from './pose-steps.js'
import type { PoseUpdate, SceneFrame } from './scene-frame.js'

export interface DecodedFrame {
  readonly frame: SceneFrame
  /** To be acknowledged. */
  readonly number: number
  /** The clock of the server when this was the state. */
  readonly wallMs: number
  /** The whole state, not changes. */
  readonly full: boolean
  /** The one right after the frame before: the server left nothing out. */
  readonly next: boolean
}

interface DecodedNode {
  readonly translation?: PoseHistory<TranslationSteps>
  readonly rotation?: PoseHistory<RotationSteps>
}

/** No position that an encoder writes is further away, in steps. */
const MOST_STEPS = 2 ** 48
const MOST_TIME = 2 ** 51

/** Reads frames that a FrameEncoder wrote, in their order. Throws nothing but FRAME_INVALID, and then forgets nothing. */
export class FrameDecoder {
  private nodes = new Map<number, DecodedNode>()
  private number = 0
  private timeUs = 0
  private stepUs = 0
  private wallMs = 0

  decode(bytes: Uint8Array): DecodedFrame {
    const reader = new ByteReader(bytes)
    if (reader.byte() !== BINARY_MESSAGE.frame) throw invalidFrame('it begins with another byte')
    const flags = reader.byte()
    const kind = flags & KIND_BITS
    if (kind > FRAME_KIND.full || flags > (KIND_BITS | WHOLE_MS | HAS_TEXT)) throw invalidFrame('its kind is unknown')
    const unit = flags & WHOLE_MS ? 1000 : 1
    const number = reader.unsigned()
    if (kind === FRAME_KIND.next && number !== this.number + 1) throw invalidFrame('a frame before it is missing')
    if (kind === FRAME_KIND.merged && number - reader.unsigned() !== this.number)
      throw invalidFrame('it follows another frame')
    const next = kind === FRAME_KIND.next
    const time = bounded(reader.signed() * unit, MOST_TIME)
    const timeUs = next ? bounded(this.timeUs + time, MOST_TIME) : time
    const stepUs = next ? time : bounded(reader.signed() * unit, MOST_TIME)
    const wallMs = bounded((next ? this.wallMs : 0) + reader.signed(), MOST_TIME)
    const carry = next ? carryOf(this.stepUs, stepUs) : 0
    const count = reader.unsigned()
    if (count > reader.left / 2) throw invalidFrame('it ends too early')
    const changes = new Map<number, DecodedNode>()
    const poses: PoseUpdate[] = []
    const known = kind === FRAME_KIND.full ? new Map<number, DecodedNode>() : this.nodes
    let id = -1
    for (let i = 0; i < count; i++) {
      const { value, flag } = reader.flagged()
      id += value + 1
      if (id > Number.MAX_SAFE_INTEGER) throw invalidFrame('an id in it is too large')
      if (!next && !flag) throw invalidFrame('a node in it stands not for itself')
      const told = flag ? readAbsolute(reader, number) : this.readPredicted(reader, this.nodes.get(id), carry, number)
      changes.set(id, { ...known.get(id), ...told })
      poses.push({
        id,
        ...(told.translation ? { translation: translationOf(told.translation.now) } : {}),
        ...(told.rotation ? { rotation: rotationOf(told.rotation.now) } : {}),
      })
    }
    const { fields, labels } = flags & HAS_TEXT ? readText(reader) : { fields: [], labels: [] }
    if (!(flags & HAS_TEXT) && reader.left > 0) throw invalidFrame('something follows it')

    // Nothing has been changed so far, so that a broken frame changes nothing.
    if (kind === FRAME_KIND.full) this.nodes = changes
    else for (const [changed, node] of changes) this.nodes.set(changed, node)
    this.number = number
    this.timeUs = timeUs
    this.stepUs = stepUs
    this.wallMs = wallMs
    return {
      frame: { timeMs: timeUs / 1000, poses, fields, labels },
      number,
      wallMs,
      full: kind === FRAME_KIND.full,
      next,
    }
  }

  /** These nodes are gone. */
  remove(ids: Iterable<number>): void {
    for (const id of ids) this.nodes.delete(id)
  }

  private readPredicted(reader: ByteReader, node: DecodedNode | undefined, carry: number, number: number): DecodedNode {
    const mask = reader.byte()
    const carried = (track: PoseHistory<unknown>) => (track.frame === number - 1 ? carry : 0)
    let told: DecodedNode = {}
    if (mask & TELLS_TRANSLATION) {
      const track = node?.translation
      if (!track) throw invalidFrame('it changes a node that it has not told of')
      const now = withResiduals(reader, expectedTranslation(track, carried(track)), mask)
      for (const value of now) bounded(value, MOST_STEPS)
      told = { translation: { now, before: track.now, frame: number } }
    }
    if (mask & TELLS_ROTATION) {
      const track = node?.rotation
      if (!track) throw invalidFrame('it changes a node that it has not told of')
      const { leftOut, parts } = expectedSteps(expectedRotation(track, carried(track)))
      const now = rotation(leftOut, withResiduals(reader, parts, mask >> ROTATION_SHIFT))
      told = { ...told, rotation: { now, before: track.now, frame: number } }
    }
    return told
  }
}

function readAbsolute(reader: ByteReader, frame: number): DecodedNode {
  const mask = reader.byte()
  let told: DecodedNode = {}
  if (mask & ABSOLUTE.translation) {
    const now = readThree(reader)
    const step = mask & ABSOLUTE.translationStep ? readThree(reader) : ([0, 0, 0] as const)
    const before = [now[0] - step[0], now[1] - step[1], now[2] - step[2]] as const
    for (const value of before) bounded(value, MOST_STEPS)
    told = { translation: { now, before, frame } }
  }
  if (mask & ABSOLUTE.rotation) {
    const now = readRotation(reader)
    const before = mask & ABSOLUTE.rotationBefore ? readRotation(reader) : now
    told = { ...told, rotation: { now, before, frame } }
  }
  return told
}

function readThree(reader: ByteReader): TranslationSteps {
  return [
    bounded(reader.signed(), MOST_STEPS),
    bounded(reader.signed(), MOST_STEPS),
    bounded(reader.signed(), MOST_STEPS),
  ]
}

function readRotation(reader: ByteReader): RotationSteps {
  const leftOut = reader.byte()
  if (leftOut > 3) throw invalidFrame('a rotation in it is none')
  return rotation(leftOut, readThree(reader))
}

function rotation(leftOut: number, parts: TranslationSteps): RotationSteps {
  const steps = { leftOut, parts }
  if (!isRotation(steps)) throw invalidFrame('a rotation in it is none')
  return steps
}

function withResiduals(
  reader: ByteReader,
  expected: readonly [number, number, number],
  mask: number,
): TranslationSteps {
  const part = (i: 0 | 1 | 2) => expected[i] + (mask & (1 << i) ? reader.signed() : 0)
  return [part(0), part(1), part(2)]
}

function bounded(value: number, most: number): number {
  if (Math.abs(value) > most) throw invalidFrame('a number in it is too large')
  return value
}

function readText(reader: ByteReader): { fields: NodeUpdate[]; labels: LabelUpdate[] } {
  let said: unknown
  try {
    said = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(reader.rest()))
  } catch (cause) {
    throw new SimyardError('FRAME_INVALID', invalidFrame('its text is not well formed').message, { cause })
  }
  const [fields, labels] = Array.isArray(said) ? (said as unknown[]) : []
  if (!Array.isArray(fields) || !Array.isArray(labels) || !fields.every(isUpdate) || !labels.every(isLabel))
    throw invalidFrame('its text has another form')
  return { fields, labels }
}

function isUpdate(said: unknown): said is NodeUpdate {
  if (!isRecord(said) || typeof said.id !== 'number') return false
  return Object.values(said).every(
    (value) =>
      typeof value === 'string' ||
      typeof value === 'number' ||
      (Array.isArray(value) && value.every((one) => typeof one === 'string')),
  )
}

function isLabel(said: unknown): said is LabelUpdate {
  return (
    isRecord(said) &&
    [said.id, said.size, said.x, said.y].every((value) => typeof value === 'number') &&
    [said.font, said.rgba, said.text].every((value) => typeof value === 'string')
  )
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
