import {
  BufferTarget,
  CanvasSource,
  getFirstEncodableVideoCodec,
  Mp4OutputFormat,
  Output,
  Quality,
  type VideoCodec,
  WebMOutputFormat,
} from 'mediabunny'

export const PICTURES_A_SECOND = 30
export const BITS_A_SECOND = 6_000_000

/** A video that is being made of pictures. */
export interface Video {
  /** The number `at` of the pictures, in order, as the canvas has it now. Resolves when the next one may come. */
  add(canvas: HTMLCanvasElement, at: number): Promise<void>
  finish(): Promise<Blob>
  /** Gives back what it holds, finished or not. */
  close(): Promise<void>
}

/** Of the size that the canvas has now. Throws when this browser makes no videos. */
export async function openVideo({ width, height }: HTMLCanvasElement): Promise<Video> {
  // Codecs take even sizes only.
  const size = { width: Math.max(width & ~1, 2), height: Math.max(height & ~1, 2) }
  const quality = new Quality({ bitrate: BITS_A_SECOND })
  // Browsers encode pictures for pages of safe addresses only; what they record is for all.
  if (typeof VideoEncoder !== 'undefined') {
    const codec = await getFirstEncodableVideoCodec(['avc', 'vp9', 'vp8', 'av1'], { ...size, quality })
    if (codec) return EncodedVideo.open(size, codec, quality)
  }
  const { RecordedVideo } = await import('./recorded-video.js')
  return RecordedVideo.open(size)
}

/** Each picture is encoded with its own time. */
class EncodedVideo implements Video {
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
