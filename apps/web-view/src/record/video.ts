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
  return signal.aborted ? undefined : new Blob(parts, { type: recorder.mimeType })
}
