import type { Player } from '../player/player.js'
import type { PlayheadRange } from '../player/playhead.js'
import type { Stage } from '../stage/stage.js'
import { EncodedVideo } from './encoded-video.js'
import { RecordedVideo } from './recorded-video.js'
import { PICTURES_A_SECOND } from './video.js'

/**
 * A video of a run: picture by picture, each drawn at its own simulated time, however long that takes. Resolves to undefined
 * when the signal is aborted; then, and afterwards, the view shows what it showed before.
 */
export async function film(
  player: Player,
  stage: Stage,
  { startMs, endMs }: PlayheadRange,
  signal: AbortSignal,
  onProgress: (part: number) => void,
): Promise<Blob | undefined> {
  const { playhead, timeline } = player
  const { live, playing, shownMs } = playhead
  const { width, height } = stage.canvas
  // Codecs take even sizes only.
  const size = { width: Math.max(width & ~1, 2), height: Math.max(height & ~1, 2) }
  const video = (await EncodedVideo.open(size)) ?? RecordedVideo.open(size)
  const release = stage.hold()
  const began = performance.now()
  const last = Math.max(Math.round(((endMs - startMs) * PICTURES_A_SECOND) / 1000), 1)
  try {
    for (let at = 0; at <= last; at++) {
      if (signal.aborted) return undefined
      if (player.timeline !== timeline)
        throw new Error('Another run began while this one was being filmed. Save the video again.')
      const passed = at === last ? endMs - startMs : (at * 1000) / PICTURES_A_SECOND
      player.seek(startMs + passed)
      // The camera that goes with something moves as much as it would in this time.
      stage.drawNow(began + passed)
      await video.add(stage.canvas, at)
      onProgress(at / last)
      await turn()
    }
    return await video.finish()
  } finally {
    await video.close()
    release()
    if (live) player.goLive()
    else {
      player.seek(shownMs)
      if (playing) player.play()
    }
  }
}

/** Lets everything else have its turn; unlike timers this is not slowed down in a tab that is out of sight. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(undefined)
  })
}
