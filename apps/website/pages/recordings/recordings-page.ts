import '../style/gallery.css'
import { listRecordings } from '../site/api.js'
import { OwnRecordings } from '../site/own-recordings.js'
import { manageTheme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { recordingCard } from './recording-card.js'

const cards = document.querySelector<HTMLElement>('#recordings')!
const more = document.querySelector<HTMLButtonElement>('#more')!
const words = document.querySelector<HTMLInputElement>('#words')!
const own = new OwnRecordings(localStorage)
const AT_ONCE = 24
const TYPING_MS = 250

let shown = 0
/** Counts what was asked for, so that a late answer does not replace a newer one. */
let round = 0

async function show(from: number): Promise<void> {
  const mine = ++round
  try {
    const search = words.value.trim()
    const { recordings, total } = await listRecordings(from, AT_ONCE, search)
    if (mine !== round) return
    const made = recordings.map((entry) => recordingCard(entry, own.key(entry.id) !== undefined))
    if (from === 0) cards.replaceChildren(...made)
    else cards.append(...made)
    shown = from + made.length
    more.hidden = shown >= total
    if (total === 0)
      message(
        search === ''
          ? 'Nothing is saved here yet. Run a project, then “Record” and “Save on this site”.'
          : 'Nothing has this title.',
      )
  } catch (error) {
    if (mine === round) message(error instanceof Error ? error.message : String(error), true)
  }
}

function message(text: string, retry = false): void {
  const box = document.createElement('div')
  box.className = 'empty'
  box.textContent = text
  if (retry) {
    const button = document.createElement('button')
    button.className = 'text-button'
    button.type = 'button'
    button.textContent = 'Try again'
    button.addEventListener('click', () => void show(0))
    box.append(document.createElement('br'), button)
  }
  cards.replaceChildren(box)
  more.hidden = true
}

placeWordmark()
manageTheme(document.querySelector<HTMLElement>('#theme')!)
more.addEventListener('click', () => void show(shown))
let typing: ReturnType<typeof setTimeout> | undefined
words.addEventListener('input', () => {
  clearTimeout(typing)
  typing = setTimeout(() => void show(0), TYPING_MS)
})
document.querySelector('#search')!.addEventListener('submit', (event) => {
  event.preventDefault()
  clearTimeout(typing)
  void show(0)
})
void show(0)
