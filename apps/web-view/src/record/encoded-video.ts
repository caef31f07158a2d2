import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  WebMOutputFormat,
} from 'mediabunny'
import { BITS_A_SECOND, PICTURES_A_SECOND, type Video, type VideoSize } from './video.js'

const quality = new Quality({ bitrate: BITS_A_SECOND })

/** Each picture is encoded with its own time. */
export class EncodedVideo implements Video {
  private constructor(
    private readonly picture: OffscreenCanvas,
    private readonly source: CanvasSource,
    private readonly output: Output<Mp4OutputFormat | WebMOutputFormat, BufferTarget>,
  ) {}

  /** Undefined where browsers encode nothing: pages of addresses that are not safe, for one. */
  static async open({ width, height }: VideoSize): Promise<EncodedVideo | undefined> {
    if (typeof VideoEncoder === 'undefined') return undefined
    const codec = await getFirstEncodableVideoCodec(['avc', 'vp9', 'vp8', 'av1'], { width, height, quality })
    if (!codec) return undefined
    const picture = new OffscreenCanvas(width, height)
    const source = new CanvasSource(picture, { codec, quality })
    const format = codec === 'avc' ? new Mp4OutputFormat() : new WebMOutputFormat()
    const output = new Output({ format, target: new BufferTarget() })
    output.addVideoTrack(source, { frameRate: PICTURES_A_SECOND })
    await output.start()
    return new EncodedVideo(picture, source, output)
  }

  add(canvas: HTMLCanvasElement, at: number): Promise<void> {
    const { width, height } = this.picture
    this.picture.getContext('2d')?.drawImage(canvas, 0, 0, width, height)
    return this.source.add(at / PICTURES_A_SECOND, 1 / PICTURES_A_SECOND)
  }

  async finish(): Promise<Blob> {
    await this.output.finalize()
    const { buffer } = this.output.target
    if (!buffer) throw new Error('The video could not be written.')
    return new Blob([buffer], { type: this.output.format instanceof Mp4OutputFormat ? 'video/mp4' : 'video/webm' })
  }

  async close(): Promise<void> {
    if (this.output.state === 'started') await this.output.cancel()
  }
}
