import { FrameDecoder, type SceneFrame } from '@simyard/frames'
import { SimyardError } from '@simyard/protocol'
import { deflateSync, inflateSync } from 'fflate'
import type { RecordedChange, RecordedEvent, RecordedScene } from './recorded-scene.js'
import { type FrameSource, Recording } from './recording.js'

/** Both ends of a file, with the version. */
const MARK = new TextEncoder().encode('SYR1')
/** No block, scene or index is larger. */
const MOST_PLAIN_BYTES = 256 * 1024 * 1024
/** Blocks whose frames are at hand. */
const BLOCKS_KEPT = 4

export interface Block {
  readonly times: readonly number[]
  /** Of each frame, in bytes. */
  readonly sizes: readonly number[]
  readonly plainBytes: number
  readonly bytes: Uint8Array
}

interface Surroundings {
  readonly scene: RecordedScene
  readonly changes: readonly RecordedChange[]
  readonly events: readonly RecordedEvent[]
}

interface Part {
  readonly at: number
  readonly bytes: number
  readonly plainBytes: number
}

interface Index {
  readonly blocks: readonly (Part & { readonly times: readonly number[]; readonly sizes: readonly number[] })[]
  readonly surroundings: Part
}

export function writeFile(surroundings: Surroundings, blocks: readonly Block[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [MARK]
  let at = MARK.length
  const put = (bytes: Uint8Array, plainBytes: number): Part => {
    parts.push(bytes)
    at += bytes.length
    return { at: at - bytes.length, bytes: bytes.length, plainBytes }
  }
  const putJson = (value: unknown) => {
    const plain = new TextEncoder().encode(JSON.stringify(value))
    return put(deflateSync(plain), plain.length)
  }
  const index: Index = {
    blocks: blocks.map(({ times, sizes, bytes, plainBytes }) => ({ ...put(bytes, plainBytes), times, sizes })),
    surroundings: putJson(surroundings),
  }
  const { bytes, plainBytes } = putJson(index)
  const end = new Uint8Array(8)
  const view = new DataView(end.buffer)
  view.setUint32(0, bytes, true)
  view.setUint32(4, plainBytes, true)
  parts.push(end, MARK)
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let written = 0
  for (const part of parts) {
    file.set(part, written)
    written += part.length
  }
  return file
}

/**
 * Throws RECORDING_INVALID and nothing else. Frames are read when they are asked for. `mostPlainBytes` bounds what each
 * part may unpack to, for those who read files of strangers.
 */
export function readRecording(file: Uint8Array, mostPlainBytes = MOST_PLAIN_BYTES): Recording {
  const bodyEnd = file.length - MARK.length - 8
  if (bodyEnd < MARK.length || !hasMark(file, 0) || !hasMark(file, file.length - MARK.length))
    throw invalid('it does not begin and end like one')
  const view = new DataView(file.buffer, file.byteOffset + bodyEnd, 8)
  const bytes = view.getUint32(0, true)
  const index = readJson(file, { at: bodyEnd - bytes, bytes, plainBytes: view.getUint32(4, true) }, mostPlainBytes)
  if (!isIndex(index)) throw invalid('its index has another form')
  const surroundings = readJson(file, index.surroundings, mostPlainBytes)
  if (!isSurroundings(surroundings)) throw invalid('its scene has another form')
  const { scene, changes, events } = surroundings
  return new Recording(scene, new BlockFrames(file, index, mostPlainBytes), changes, events)
}

/** Frames of a file, a block at a time. */
class BlockFrames implements FrameSource {
  readonly count: number
  private readonly times: readonly number[]
  /** Index of each block's first frame, and the end of the last. */
  private readonly firsts: readonly number[]
  private readonly decoded = new Map<number, readonly SceneFrame[]>()

  constructor(
    private readonly file: Uint8Array,
    private readonly index: Index,
    private readonly mostPlainBytes: number,
  ) {
    this.times = index.blocks.flatMap(({ times }) => times)
    this.count = this.times.length
    let first = 0
    this.firsts = index.blocks.map(({ times }) => {
      first += times.length
      return first - times.length
    })
  }

  timeMs(index: number): number {
    return this.times[index]!
  }

  frame(index: number): SceneFrame {
    const block = this.blockOf(index)
    const frame = this.framesOf(block)[index - this.firsts[block]!]
    if (!frame) throw invalid(`frame ${index} is not in it`)
    return frame
  }

  wholeBefore(index: number): number {
    return this.firsts[this.blockOf(index)]!
  }

  private blockOf(index: number): number {
    let low = 0
    let high = this.firsts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (this.firsts[middle]! <= index) low = middle
      else high = middle - 1
    }
    return low
  }

  private framesOf(number: number): readonly SceneFrame[] {
    const known = this.decoded.get(number)
    if (known) return known
    const block = this.index.blocks[number]!
    const plain = inflate(this.file, block, this.mostPlainBytes)
    const decoder = new FrameDecoder()
    let at = 0
    const frames = block.sizes.map((size) => {
      at += size
      try {
        return decoder.decode(plain.subarray(at - size, at)).frame
      } catch (cause) {
        throw invalid('a frame in it is damaged', cause)
      }
    })
    this.decoded.set(number, frames)
    const [oldest] = this.decoded.keys()
    if (this.decoded.size > BLOCKS_KEPT && oldest !== undefined) this.decoded.delete(oldest)
    return frames
  }
}

function hasMark(file: Uint8Array, at: number): boolean {
  return MARK.every((byte, i) => file[at + i] === byte)
}

function inflate(file: Uint8Array, { at, bytes, plainBytes }: Part, mostPlainBytes: number): Uint8Array {
  if (at < MARK.length || bytes < 0 || at + bytes > file.length || plainBytes < 0)
    throw invalid('a part of it lies outside')
  if (plainBytes > mostPlainBytes) throw invalid(`a part of it has more than ${mostPlainBytes} bytes`)
  let plain: Uint8Array
  try {
    plain = inflateSync(file.subarray(at, at + bytes), { out: new Uint8Array(plainBytes) })
  } catch (cause) {
    throw invalid('a part of it is damaged', cause)
  }
  if (plain.length !== plainBytes) throw invalid('a part of it is damaged')
  return plain
}

function readJson(file: Uint8Array, part: Part, mostPlainBytes: number): unknown {
  const plain = inflate(file, part, mostPlainBytes)
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain))
  } catch (cause) {
    throw invalid('a part of it is damaged', cause)
  }
}

function invalid(reason: string, cause?: unknown): SimyardError {
  return new SimyardError('RECORDING_INVALID', `This file is no recording that can be read: ${reason}.`, { cause })
}

function isIndex(value: unknown): value is Index {
  if (!isRecord(value) || !isPart(value.surroundings) || !Array.isArray(value.blocks)) return false
  let last = Number.NEGATIVE_INFINITY
  return value.blocks.every((block) => {
    if (!isPart(block)) return false
    const { times, sizes } = block as { times?: unknown; sizes?: unknown }
    if (!isNumbers(times) || !isNumbers(sizes) || times.length !== sizes.length || times.length === 0) return false
    return times.every((time) => {
      const inOrder = time >= last
      last = time
      return inOrder
    })
  })
}

function isPart(value: unknown): value is Part {
  return isRecord(value) && [value.at, value.bytes, value.plainBytes].every((one) => Number.isSafeInteger(one))
}

function isSurroundings(value: unknown): value is Surroundings {
  return (
    isRecord(value) &&
    isRecord(value.scene) &&
    typeof value.scene.basicTimeStepMs === 'number' &&
    isRecord(value.scene.xml) &&
    Array.isArray(value.scene.robots) &&
    Array.isArray(value.changes) &&
    Array.isArray(value.events)
  )
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
