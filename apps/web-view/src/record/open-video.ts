import { getFirstEncodableVideoCodec, Quality } from 'mediabunny'
import { EncodedVideo } from './encoded-video.js'
import { BITS_A_SECOND, type Video } from './video.js'

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
