import { drawnPicture } from '../gallery/drawn-picture.js'
import type { RecordingEntry } from '../site/api.js'
import { durationText } from './duration-text.js'

export function recordingCard(entry: RecordingEntry, mine: boolean): HTMLElement {
  const card = document.createElement('article')
  card.className = 'card'
  const picture = document.createElement('div')
  picture.className = 'picture'
  if (entry.thumbnail) {
    const image = document.createElement('img')
    image.src = entry.thumbnail
    image.alt = ''
    image.loading = 'lazy'
    image.addEventListener('error', () => image.replaceWith(drawnPicture(entry.id)))
    picture.append(image)
  } else picture.append(drawnPicture(entry.id))
  if (entry.kind !== 'scene') {
    const duration = document.createElement('span')
    duration.className = 'duration'
    duration.textContent = durationText(entry.durationMs)
    picture.append(duration)
  }
  const text = document.createElement('div')
  text.className = 'text'
  const title = document.createElement('h2')
  const link = document.createElement('a')
  link.href = entry.address
  link.textContent = titleOf(entry)
  title.append(link)
  const description = document.createElement('p')
  description.textContent = entry.info[0] ?? ''
  const chips = document.createElement('div')
  chips.className = 'chips'
  const said = [entry.kind, entry.version, new Date(entry.createdAt).toLocaleDateString(), mine ? 'Yours' : '']
  for (const word of said.filter(Boolean)) {
    const chip = document.createElement('span')
    chip.className = 'chip'
    chip.textContent = word
    chips.append(chip)
  }
  text.append(title, description, chips)
  card.append(picture, text)
  return card
}

export function titleOf({ title, kind }: RecordingEntry): string {
  return title === '' ? `${kind[0]!.toUpperCase()}${kind.slice(1)} without a title` : title
}
