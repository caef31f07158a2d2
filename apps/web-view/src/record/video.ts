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

/** Formats in the order of preference; browsers make some of them. */
const TYPES = ['video/mp4;codecs=avc1.42E01E', 'video/webm;codecs=vp9', 'video/webm;codecs=vp8', 'video/webm']
const FRAMES_A_SECOND = 30
const BITS_A_SECOND = 6_000_000

export interface VideoSource {
  readonly canvas: HTMLCanvasElement
  /** Plays from the beginning; resolves at the end, or when the signal is aborted. */
  play(signal: AbortSignal, onProgress: (part: number) => void): Promise<void>
}

/** Why no video can be made here; undefined when it can. */
export function videoProblem(): string | undefined {
  if (typeof MediaRecorder === 'undefined' || !('captureStream' in HTMLCanvasElement.prototype))
    return 'This browser cannot make videos.'
  return undefined
}

/** Films what is played, as the browser draws it. */
export async function makeVideo(
  source: VideoSource,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<Blob | undefined> {
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one)) ?? ''
  const stream = source.canvas.captureStream(FRAMES_A_SECOND)
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS_A_SECOND })
  const parts: Blob[] = []
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data))
  const stopped = new Promise((resolve) => recorder.addEventListener('stop', resolve, { once: true }))
  recorder.start(1000)
  try {
    await source.play(signal, onProgress)
  } finally {
    recorder.stop()
    await stopped
    for (const track of stream.getTracks()) track.stop()
  }
  return signal.aborted ? undefined : withIndex(new Blob(parts, { type: recorder.mimeType }))
}

/** What a browser records tells neither its length nor where its pictures are: players could not jump in it. */
async function withIndex(recorded: Blob): Promise<Blob> {
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
  for await (const packet of new EncodedPacketSink(track).packets()) await source.add(packet, { decoderConfig })
  await output.finalize()
  if (!target.buffer) throw new Error('The video could not be written.')
  return new Blob([target.buffer], { type: mp4 ? 'video/mp4' : 'video/webm' })
}
