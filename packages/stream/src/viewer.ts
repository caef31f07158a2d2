import type { FrameEncoder, SceneFrame } from '@simyard/frames'
import type { LabelUpdate, NodeUpdate, StreamDialect } from '@simyard/protocol'
import { Line } from './line.js'
import { MissedStates } from './missed-states.js'

/** One connected page, whatever carries its messages. */
export interface ViewerLink {
  send(text: string): void
  /** Left out where only text can be carried. */
  sendBytes?(bytes: Uint8Array): void
  /** Where no bytes lie between hub and viewer: states as they are. They are then never sent as text or bytes. */
  sendFrame?(frame: SceneFrame): void
  /** Bytes that are queued and not yet on the wire. */
  readonly queuedBytes: number
  close(code: number, reason: string): void
}

/** A viewer with more than this queued gets no new frames until it has caught up; then it gets the newest state. */
const BEHIND_BYTES = 256 * 1024
/** A viewer with more than this queued is not reading at all. */
const LOST_BYTES = 16 * 1024 * 1024

/** Whose bytes are counted, by the form in which they went out. */
export type StreamForm = 'binary' | 'json' | 'text'

export interface StreamMeter {
  sent(form: StreamForm, bytes: number): void
  /** A picture was so old when its viewer had acknowledged it. */
  age(ageMs: number): void
}

/** How often a page is told how old its picture is. */
const LINE_EVENT_MS = 1000

export class Viewer {
  subscribed = false
  /** Has the scene that frames refer to; until then they would come before it. */
  hasScene = false
  /** May not change the run. */
  broadcast: boolean
  /** Understands our own messages. */
  own = false
  private readonly missed = new MissedStates()
  missedFrames = 0
  /** There while the viewer takes binary frames. */
  private line: Line | undefined
  /** The newest binary frame that was sent; 0 for none of this scene. */
  private has = 0
  private lastFrameBytes = 0
  private lineToldMs = Number.NEGATIVE_INFINITY

  constructor(
    readonly link: ViewerLink,
    public dialect: StreamDialect,
    private readonly now: () => number,
    private readonly meter: StreamMeter | undefined,
    /** Not by its own choice, as a broadcast is. */
    readonly watchesOnly = false,
  ) {
    this.broadcast = watchesOnly
  }

  send(text: string, form: StreamForm = 'text'): void {
    if (this.link.queuedBytes > LOST_BYTES) return this.link.close(1008, 'the viewer does not read')
    this.line?.tellText(text.length)
    this.meter?.sent(form, text.length)
    this.link.send(text)
  }

  /** Other bytes than frames. They count towards what is under way. */
  sendBytes(bytes: Uint8Array): void {
    this.line?.tellText(bytes.length)
    this.meter?.sent('binary', bytes.length)
    this.link.sendBytes?.(bytes)
  }

  /** Whether states go to it as bytes. */
  get binary(): boolean {
    return this.line !== undefined
  }

  /** From now on states come in this form, beginning with the whole state. */
  chooseFrames(form: 'json' | 'binary'): void {
    this.has = 0
    this.line = form === 'binary' && this.link.sendBytes ? (this.line ?? new Line()) : undefined
  }

  /** What it has is of another scene. */
  startOver(): void {
    this.has = 0
    this.missed.clear()
  }

  get behind(): boolean {
    return (
      this.link.queuedBytes > BEHIND_BYTES ||
      (this.line !== undefined && !this.line.isFree(this.now(), this.lastFrameBytes))
    )
  }

  /** How much older its picture is than the newest one; known of viewers that acknowledge. */
  get ageMs(): number | undefined {
    return this.line?.ageMs(this.now())
  }

  /** The newest frame, as far as the line has room for it; what is left out comes with a later one. */
  sendNewest(encoder: FrameEncoder): void {
    const { line } = this
    if (!line || this.has === encoder.frame) return
    const now = this.now()
    if (line.isDead(now)) return this.link.close(1008, 'the viewer acknowledges nothing')
    // The first one belongs to the scene, however much of that is still queued: a run that stands has no later ones.
    const first = this.has === 0
    if (!first && (this.link.queuedBytes > BEHIND_BYTES || !line.isFree(now, this.lastFrameBytes))) {
      this.missedFrames++
      return line.tellSkipped(now)
    }
    const bytes = encoder.since(this.has)
    this.has = encoder.frame
    this.lastFrameBytes = bytes.length
    line.tellSent(this.has, bytes.length, now)
    this.meter?.sent('binary', bytes.length)
    this.link.sendBytes?.(bytes)
  }

  /** Returns what the page is to be told of its line, now and then. */
  acknowledge(frame: number): number | undefined {
    const now = this.now()
    const ageMs = this.line?.acknowledge(frame, now)
    if (ageMs === undefined) return undefined
    this.meter?.age(ageMs)
    if (now - this.lineToldMs < LINE_EVENT_MS) return undefined
    this.lineToldMs = now
    return ageMs
  }

  /** Remembers a frame that was not sent, newest value of each field wins. */
  miss(updates: readonly NodeUpdate[], labels?: readonly LabelUpdate[]): void {
    this.missedFrames++
    this.missed.add(updates, labels)
  }

  /** These nodes are gone; nothing is to be said of them. */
  forget(ids: Iterable<number>): void {
    this.missed.forget(ids)
  }

  /** What was missed, together with the newest frame; forgets it. */
  catchUp(
    updates: readonly NodeUpdate[],
    labels?: readonly LabelUpdate[],
  ): { updates: readonly NodeUpdate[]; labels: readonly LabelUpdate[] } | undefined {
    if (this.missed.isEmpty) return undefined
    this.missed.add(updates, labels)
    return this.missed.take()
  }
}
