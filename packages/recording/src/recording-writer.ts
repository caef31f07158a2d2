import { FrameEncoder, type SceneFrame } from '@simyard/frames'
import { deflateSync } from 'fflate'
import type { RecordedChange, RecordedEvent, RecordedScene } from './recorded-scene.js'
import { type Block, writeFile } from './recording-file.js'

export interface RecordingLimits {
  /** Simulated time that is kept at least; what is older goes, a block at a time. */
  readonly durationMs: number
  /** Compressed frames, in all. */
  readonly bytes: number
  /** Events, newest kept. */
  readonly events: number
}

/** Simulated time between two whole states. */
const BLOCK_MS = 2000
/** A block of many frames in little time ends, too. */
const BLOCK_FRAMES = 250

/** Takes frames as they come. It always holds the last minutes, within its limits, ready to be written as a file. */
export class RecordingWriter {
  private encoder = new FrameEncoder()
  private blocks: Block[] = []
  private open: { readonly times: number[]; readonly frames: Uint8Array[] } | undefined
  private changes: RecordedChange[] = []
  private events: RecordedEvent[] = []
  private keptBytes = 0
  private timeMs = 0

  constructor(
    private readonly scene: RecordedScene,
    private readonly limits: RecordingLimits,
  ) {}

  get startMs(): number {
    return this.blocks[0]?.times[0] ?? this.open?.times[0] ?? 0
  }

  get endMs(): number {
    return this.timeMs
  }

  /** Compressed frames so far. */
  get byteLength(): number {
    return this.keptBytes
  }

  /** Time that goes back is a reset: the recording begins anew. */
  add(frame: SceneFrame): void {
    if (frame.timeMs < this.timeMs) this.restart()
    this.timeMs = frame.timeMs
    this.encoder.add(frame, 0)
    const first = this.open?.times[0]
    if (this.open && (frame.timeMs - first! >= BLOCK_MS || this.open.frames.length >= BLOCK_FRAMES)) this.closeBlock()
    this.open ??= { times: [], frames: [] }
    this.open.frames.push(this.encoder.since(this.open.frames.length === 0 ? 0 : this.encoder.frame - 1))
    this.open.times.push(frame.timeMs)
  }

  nodeAdded(parentId: number, xml: Extract<RecordedChange, { type: 'node-added' }>['xml']): void {
    this.changes.push({ type: 'node-added', timeMs: this.timeMs, parentId, xml })
  }

  /** `inside`: all that went with it. */
  nodeRemoved(id: number, inside: readonly number[] = []): void {
    this.changes.push({ type: 'node-removed', timeMs: this.timeMs, id })
    this.encoder.remove([id, ...inside])
  }

  event(type: string, detail: Readonly<Record<string, unknown>>): void {
    this.events.push({ ...detail, type, timeMs: this.timeMs })
    if (this.events.length > this.limits.events) this.events.shift()
  }

  /** The file as it is now; recording goes on. */
  file(): Uint8Array<ArrayBuffer> {
    const blocks = this.open ? [...this.blocks, compress(this.open)] : this.blocks
    return writeFile({ scene: this.scene, changes: this.changes, events: this.events }, blocks)
  }

  private restart(): void {
    this.encoder = new FrameEncoder()
    this.blocks = []
    this.open = undefined
    this.changes = []
    this.events = []
    this.keptBytes = 0
  }

  private closeBlock(): void {
    if (!this.open) return
    const block = compress(this.open)
    this.open = undefined
    this.blocks.push(block)
    this.keptBytes += block.bytes.length
    while (this.blocks.length > 1 && this.hasTooMuch()) this.keptBytes -= this.blocks.shift()!.bytes.length
  }

  private hasTooMuch(): boolean {
    return this.keptBytes > this.limits.bytes || this.timeMs - this.blocks[1]!.times[0]! >= this.limits.durationMs
  }
}

function compress({ times, frames }: { times: readonly number[]; frames: readonly Uint8Array[] }): Block {
  const plain = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0))
  const sizes: number[] = []
  let at = 0
  for (const frame of frames) {
    plain.set(frame, at)
    sizes.push(frame.length)
    at += frame.length
  }
  return { times: [...times], sizes, plainBytes: at, bytes: deflateSync(plain, { level: 6 }) }
}
