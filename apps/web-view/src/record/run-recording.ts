import { type RecordedScene, type Recording, RecordingWriter } from '@simyard/recording'
import type { Player, Take } from '../player/player.js'

/** What a saved run says of its world beside the scene's text. */
type RecordedWorld = Omit<RecordedScene, 'xml'>

const EVERYTHING = { fromMs: 0, untilMs: Number.POSITIVE_INFINITY }
const LIMITS = { durationMs: 3_600_000, bytes: 256 * 1024 * 1024, events: 10_000 }

/** The bytes of a recording of what a take holds, or of a part of it. */
export function recordTake(
  xml: string,
  world: RecordedWorld,
  take: Take,
  { fromMs, untilMs }: { readonly fromMs: number; readonly untilMs: number } = EVERYTHING,
): Uint8Array<ArrayBuffer> {
  const writer = new RecordingWriter({ ...world, xml: { x3d: xml } }, LIMITS)
  const changes = [...take.changes()]
  const startMs = Math.max(take.startMs ?? 0, fromMs)
  let next = 0
  const changesUntil = (timeMs: number) => {
    for (; next < changes.length && changes[next]!.timeMs <= timeMs; next++) {
      const { type, content } = changes[next]!
      if (type === 'added' && content.node) {
        const { parentId, xml: added } = content.node
        writer.nodeAdded(Number(parentId.replace(/^n/, '')), { x3d: added })
      } else if (type === 'removed') for (const id of content.ids) writer.nodeRemoved(Number(id.replace(/^n/, '')))
    }
  }
  writer.add({ ...take.stateAt(startMs), timeMs: startMs })
  changesUntil(startMs)
  for (const frame of take.frames()) {
    if (frame.timeMs <= startMs) continue
    if (frame.timeMs > untilMs) break
    writer.add(frame)
    changesUntil(frame.timeMs)
  }
  return writer.file()
}

/** Puts a recording on the stage, from its beginning. */
export function showRecording(recording: Recording, player: Player): void {
  const changes = [...recording.changes]
  let next = 0
  const changesUntil = (timeMs: number) => {
    for (; next < changes.length && changes[next]!.timeMs <= timeMs; next++) {
      const change = changes[next]!
      if (change.type === 'node-removed') player.removeNode(`n${change.id}`)
      else player.addNode(`n${change.parentId}`, change.xml.x3d ?? change.xml['x3d-2019'] ?? '')
    }
  }
  for (const frame of recording.frames()) {
    player.addFrame(frame, 0)
    changesUntil(frame.timeMs)
  }
  player.pause()
  player.seek(recording.startMs)
}
