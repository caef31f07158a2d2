import {
  BlobSource,
  BufferTarget,
  type EncodedPacket,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MATROSKA,
  MP4,
  Mp4OutputFormat,
  Output,
  WEBM,
  WebMOutputFormat,
} from 'mediabunny'
import { BITS_A_SECOND, PICTURES_A_SECOND, type Video, type VideoSize } from './video.js'

/**
 * What browsers record, in the order of preference: pictures that most players know come first, and of these the formats that
 * are written picture by picture.
 */
const TYPES = [
  'video/x-matroska;codecs=avc1',
  'video/mp4;codecs=avc1.42E01E',
  'video/webm;codecs=vp9',
  'video/webm;codecs=vp8',
  'video/webm',
]
/** Shorter pieces of what is recorded have no picture in them. */
const LEAST_BYTES = 16
const PICTURE_MS = 1000 / PICTURES_A_SECOND
/** How long it may take until the browser has recorded a picture. */
const START_MS = 5000
/** So long nothing is shown before the first picture of the run: that pause tells it from what was shown to wake the browser up. */
const MARK_MS = 500
/** A browser that has had nothing to tell for so long has recorded everything; what it has not yet it would throw away at its end. */
const QUIET_MS = 1000
const LONGEST_END_MS = 60_000
/** So long is waited for the word that pictures are recorded. */
const LONGEST_PICTURE_MS = 150
/** A browser may tell of a picture only when so many more are there. The last one is shown so often. */
const LAG_PICTURES = 6

/** Pictures are shown while the browser records them; afterwards each gets the time that it should have had. */
export class RecordedVideo implements Video {
  private readonly parts: Blob[] = []
  /** When which picture of the run was shown, by the wall clock. */
  private readonly shown: { readonly now: number; readonly at: number }[] = []
  private startedAt = 0
  private heardAt = 0

  private constructor(
    private readonly picture: HTMLCanvasElement,
    private readonly recorder: MediaRecorder,
  ) {
    recorder.addEventListener('dataavailable', ({ data }) => {
      this.parts.push(data)
      if (data.size >= LEAST_BYTES) this.heardAt = performance.now()
    })
  }

  /** Throws when this browser makes no videos. */
  static open(size: VideoSize): RecordedVideo {
    if (typeof MediaRecorder === 'undefined' || !('captureStream' in HTMLCanvasElement.prototype))
      throw new Error('This browser cannot make videos.')
    const picture = Object.assign(document.createElement('canvas'), size)
    picture.getContext('2d')
    const mimeType = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? ''
    const recorder = new MediaRecorder(picture.captureStream(), { mimeType, videoBitsPerSecond: BITS_A_SECOND })
    return new RecordedVideo(picture, recorder)
  }

  async add(canvas: HTMLCanvasElement, at: number): Promise<void> {
    const { width, height } = this.picture
    this.picture.getContext('2d')?.drawImage(canvas, 0, 0, width, height)
    if (at === 0) await this.begin()
    await this.show(at)
  }

  async finish(): Promise<Blob> {
    const last = this.shown.at(-1)!.at
    for (let time = 0; time < LAG_PICTURES; time++) {
      this.touch()
      await this.show(last)
    }
    const ended = performance.now()
    const quietSince = () => Math.max(this.heardAt, ended)
    while (performance.now() - quietSince() < QUIET_MS && performance.now() - ended < LONGEST_END_MS)
      await passed(PICTURE_MS)
    await this.close()
    return this.written(new Blob(this.parts, { type: this.recorder.mimeType }))
  }

  async close(): Promise<void> {
    if (this.recorder.state !== 'inactive') {
      const stopped = new Promise((resolve) => this.recorder.addEventListener('stop', resolve, { once: true }))
      this.recorder.stop()
      await stopped
    }
    for (const track of this.recorder.stream.getTracks()) track.stop()
  }

  /** The first picture, until the browser really records; then the pause that is found again in what it has recorded. */
  private async begin(): Promise<void> {
    this.startedAt = performance.now()
    this.recorder.start(1)
    while (this.heardAt === 0 && performance.now() - this.startedAt < START_MS) {
      this.touch()
      await passed(PICTURE_MS)
    }
    await passed(MARK_MS)
    this.touch()
  }

  /** What is drawn again is recorded again. */
  private touch(): void {
    this.picture.getContext('2d')?.drawImage(this.picture, 0, 0)
  }

  private async show(at: number): Promise<void> {
    const now = performance.now()
    const before = this.shown.at(-LAG_PICTURES)?.now ?? 0
    this.shown.push({ now, at })
    await passed(PICTURE_MS)
    // A browser that falls behind leaves out what it has not encoded.
    while (this.heardAt <= before && performance.now() - now < LONGEST_PICTURE_MS) await passed(PICTURE_MS / 4)
  }

  /** What a browser records tells neither its length nor where its pictures are, and its times are those of the wall clock. */
  private async written(recorded: Blob): Promise<Blob> {
    const input = new Input({ source: new BlobSource(recorded), formats: [MATROSKA, MP4, WEBM] })
    const track = await input.getPrimaryVideoTrack()
    const decoderConfig = await track?.getDecoderConfig()
    if (!track?.codec || !decoderConfig) throw new Error('This browser has recorded no pictures.')
    const mp4 = track.codec === 'avc'
    const target = new BufferTarget()
    const output = new Output({ format: mp4 ? new Mp4OutputFormat() : new WebMOutputFormat(), target })
    const source = new EncodedVideoPacketSource(track.codec)
    output.addVideoTrack(source)
    await output.start()
    const packets: EncodedPacket[] = []
    for await (const packet of new EncodedPacketSink(track).packets()) packets.push(packet)
    const beganMs = this.beginningIn(packets.map(({ timestamp }) => timestamp * 1000))
    let before = -1
    for (const packet of packets) {
      // What is there several times has no time of its own, but pictures after it are changes of it.
      const timestamp = Math.max(this.timeOf(packet.timestamp * 1000 - beganMs), before + 1e-3)
      await source.add(packet.clone({ timestamp, duration: 1 / PICTURES_A_SECOND }), { decoderConfig })
      before = timestamp
    }
    await output.finalize()
    if (!target.buffer) throw new Error('The video could not be written.')
    return new Blob([target.buffer], { type: mp4 ? 'video/mp4' : 'video/webm' })
  }

  /** When the run begins, among the times of what was recorded: after the longest pause of what may be before it. */
  private beginningIn(timesMs: readonly number[]): number {
    const [first = 0] = timesMs
    const latest = first + this.shown[0]!.now - this.startedAt + MARK_MS / 2
    let [beganMs, longest] = [first, MARK_MS / 2]
    for (const [i, timeMs] of timesMs.entries()) {
      const pause = timeMs - timesMs[Math.max(i - 1, 0)]!
      if (timeMs > latest || pause <= longest) continue
      beganMs = timeMs
      longest = pause
    }
    return beganMs
  }

  /** Seconds in the run, of what was shown so long after its first picture. */
  private timeOf(passedMs: number): number {
    const [first] = this.shown
    const distance = ({ now }: { readonly now: number }) => Math.abs(now - first!.now - passedMs)
    const nearest = this.shown.reduce((best, one) => (distance(one) < distance(best) ? one : best))
    return nearest.at / PICTURES_A_SECOND
  }
}

function passed(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
