import { createCard } from '../gallery/card.js'
import type { RecordingEntry } from '../site/api.js'
import { durationText } from './duration-text.js'

export function recordingCard(entry: RecordingEntry, mine: boolean): HTMLElement {
  const { id, thumbnail, address, kind, version } = entry
  const chips = [kind, version, new Date(entry.createdAt).toLocaleDateString(), mine ? 'Yours' : ''].filter(Boolean)
  const description = entry.info[0] ?? ''
  const { element, picture } = createCard({ id, thumbnail, address, title: titleOf(entry), description, chips })
  if (kind !== 'scene') {
    const duration = document.createElement('span')
    duration.className = 'duration'
    duration.textContent = durationText(entry.durationMs)
    picture.append(duration)
  }
  return element
}

export function titleOf({ title, kind }: RecordingEntry): string {
  return title === '' ? `${kind[0]!.toUpperCase()}${kind.slice(1)} without a title` : title
}
