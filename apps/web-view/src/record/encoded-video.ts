import {
  BufferTarget,
  CanvasSource,
  Mp4OutputFormat,
  Output,
  type Quality,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny'
import { PICTURES_A_SECOND, type Video } from './video.js'

/** Each picture is encoded with its own time. */
export class EncodedVideo implements Video {
  private constructor(
    private readonly picture: OffscreenCanvas,
    private readonly source: CanvasSource,
    private readonly output: Output<Mp4OutputFormat | WebMOutputFormat, BufferTarget>,
  ) {}

  static async open(
    { width, height }: { readonly width: number; readonly height: number },
    codec: VideoCodec,
    quality: Quality,
  ): Promise<EncodedVideo> {
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
