import {
  BlobSource,
  BufferTarget,
  EncodedPacketSink,
  EncodedVideoPacketSource,
  Input,
  MP4,
  Mp4OutputFormat,
  Output,
  WEBM,
  WebMOutputFormat,
} from 'mediabunny'
import { BITS_A_SECOND, PICTURES_A_SECOND, type Video } from './video.js'

/** Formats in the order of preference; browsers make some of them. */
const TYPES = ['video/mp4;codecs=avc1.42E01E', 'video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm']
/** The first and the last picture are shown so often, because browsers begin late and end early. */
const REPEATED = 10
const PICTURE_MS = 1000 / PICTURES_A_SECOND

/** Pictures are shown at their pace while the browser records them; afterwards each gets the time that it should have had. */
export class RecordedVideo implements Video {
  private readonly parts: Blob[] = []
  /** When which picture was shown, by the wall clock. */
  private readonly shown: { readonly now: number; readonly at: number }[] = []

  private constructor(
    private readonly picture: HTMLCanvasElement,
    private readonly recorder: MediaRecorder,
  ) {
    recorder.addEventListener('dataavailable', ({ data }) => this.parts.push(data))
  }

  static open(size: { readonly width: number; readonly height: number }): RecordedVideo {
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
    if (at > 0) return this.show(at)
    this.recorder.start(1000)
    await this.repeat(0)
  }

  async finish(): Promise<Blob> {
    await this.repeat(this.shown.at(-1)!.at)
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

  private async repeat(at: number): Promise<void> {
    for (let time = 0; time < REPEATED; time++) {
      this.picture.getContext('2d')?.drawImage(this.picture, 0, 0)
      await this.show(at)
    }
  }

  private async show(at: number): Promise<void> {
    const now = performance.now()
    this.shown.push({ now, at })
    const due = this.shown[0]!.now + this.shown.length * PICTURE_MS
    await new Promise((resolve) => setTimeout(resolve, Math.max(due - now, PICTURE_MS / 2)))
  }

  /** What a browser records tells neither its length nor where its pictures are, and its times are those of the wall clock. */
  private async written(recorded: Blob): Promise<Blob> {
    const mp4 = recorded.type.startsWith('video/mp4')
    const input = new Input({ source: new BlobSource(recorded), formats: [mp4 ? MP4 : WEBM] })
    const track = await input.getPrimaryVideoTrack()
    const decoderConfig = await track?.getDecoderConfig()
    if (!track?.codec || !decoderConfig) throw new Error('This browser has recorded no pictures.')
    const target = new BufferTarget()
    const output = new Output({ format: mp4 ? new Mp4OutputFormat() : new WebMOutputFormat(), target })
    const source = new EncodedVideoPacketSource(track.codec)
    output.addVideoTrack(source)
    await output.start()
    let before = -1
    let began: number | undefined
    for await (const packet of new EncodedPacketSink(track).packets()) {
      began ??= packet.timestamp
      // What a picture shows again has no time of its own, but pictures after it are changes of it.
      const timestamp = Math.max(this.timeOf((packet.timestamp - began) * 1000), before + 1e-3)
      await source.add(packet.clone({ timestamp, duration: 1 / PICTURES_A_SECOND }), { decoderConfig })
      before = timestamp
    }
    await output.finalize()
    if (!target.buffer) throw new Error('The video could not be written.')
    return new Blob([target.buffer], { type: mp4 ? 'video/mp4' : 'video/webm' })
  }

  /** Seconds in the run, of what was shown so long after the first picture. */
  private timeOf(passedMs: number): number {
    const [first] = this.shown
    const distance = ({ now }: { readonly now: number }) => Math.abs(now - first!.now - passedMs)
    const nearest = this.shown.reduce((best, one) => (distance(one) < distance(best) ? one : best))
    return nearest.at / PICTURES_A_SECOND
  }
}
