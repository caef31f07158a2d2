import '../style/exhibit.css'
import { durationText, sizeText } from '../recordings/duration-text.js'
import { titleOf } from '../recordings/recording-card.js'
import { getRecording, type RecordingEntry } from '../site/api.js'
import { showBanner } from '../site/banner.js'
import { dressButton } from '../site/icon.js'
import { OwnRecordings } from '../site/own-recordings.js'
import { createView, type SimyardView } from '../site/simyard-view.js'
import { currentTheme, manageTheme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { fillRemovalSheet } from './removal-sheet.js'
import { fillShareSheet } from './share-sheet.js'

const find = <E extends HTMLElement>(selector: string): E => document.querySelector<E>(selector)!
const notice = find('#notice')
const own = new OwnRecordings(localStorage)
/** The same as the view reads. */
const TIME_IN_ADDRESS = /[#&]t=([\d.]+)/

async function start(): Promise<void> {
  placeWordmark()
  let view: SimyardView | undefined
  manageTheme(find('#theme'), (theme) => view?.setAttribute('theme', theme))
  let entry: RecordingEntry
  try {
    // The id is the last of /A…, /S… and /r/….
    entry = await getRecording(location.pathname.replace(/^\/(A|S|r\/)/, ''))
  } catch (error) {
    explainMissing(error)
    return
  }
  describe(entry)
  view = await createView()
  if (!view) {
    showBanner(notice, 'The 3D view could not be loaded. Reload the page to try again.', 'bad')
    return
  }
  showIn(view, entry)
  const share = find<HTMLDialogElement>('#share')
  const button = find('#share-button')
  dressButton(button, 'share', 'Share')
  button.hidden = false
  button.addEventListener('click', () => {
    fillShareSheet(share, view, entry.kind !== 'scene')
    share.showModal()
  })
}

function showIn(view: SimyardView, entry: RecordingEntry): void {
  view.setAttribute('theme', currentTheme())
  view.setAttribute('controls', '')
  // This page has its own places for these.
  view.setAttribute('hide', 'quit reload worlds share info')
  // Who follows a link to a moment wants to see that moment.
  if (entry.kind !== 'scene' && !TIME_IN_ADDRESS.test(location.hash)) view.setAttribute('autoplay', '')
  if (entry.recording) view.setAttribute('recording', entry.recording)
  else {
    if (entry.animation) view.setAttribute('animation', entry.animation)
    if (entry.scene) view.setAttribute('scene', entry.scene)
  }
  addEventListener('hashchange', () => {
    const at = TIME_IN_ADDRESS.exec(location.hash)?.[1]
    if (at === undefined) return
    view.pause()
    view.seek(Number(at) * 1000)
  })
  find('#view-box').append(view)
}

function describe(entry: RecordingEntry): void {
  const title = titleOf(entry)
  document.title = `${title} · Simyard`
  find('#title').textContent = title
  const facts = [
    entry.kind === 'scene' ? 'scene' : durationText(entry.durationMs),
    entry.version,
    `${entry.views} ${entry.views === 1 ? 'view' : 'views'}`,
  ]
  find('#facts').textContent = facts.filter(Boolean).join(' · ')
  const download = document.createElement('a')
  download.className = 'icon-button'
  dressButton(download, 'download', 'Download')
  download.href = entry.recording ?? entry.archive
  // The site names its archives itself.
  download.download = entry.recording ? `${entry.id}.simyard` : ''
  find('#download').replaceWith(download)
  fillAbout(entry, title)
  const key = own.key(entry.id)
  if (key === undefined) return
  const remove = find('#remove')
  const sheet = find<HTMLDialogElement>('#removal')
  dressButton(remove, 'trash', 'Delete')
  remove.hidden = false
  fillRemovalSheet(sheet, title, entry.id, key, () => {
    own.remove(entry.id)
    location.assign('/recordings')
  })
  remove.addEventListener('click', () => sheet.showModal())
}

function fillAbout(entry: RecordingEntry, title: string): void {
  const about = find('#about')
  const heading = document.createElement('h2')
  heading.textContent = title
  const lines = entry.info.map((text) => Object.assign(document.createElement('p'), { textContent: text }))
  const facts = document.createElement('p')
  facts.className = 'facts'
  facts.textContent = `Saved on ${new Date(entry.createdAt).toLocaleString()}, ${sizeText(entry.bytes)}.`
  about.replaceChildren(heading, ...lines, facts)
  const button = find('#about-button')
  dressButton(button, 'info', 'About')
  button.hidden = false
  button.addEventListener('click', () => {
    const open = document.body.dataset.about !== 'open'
    document.body.dataset.about = open ? 'open' : ''
    button.setAttribute('aria-expanded', String(open))
  })
}

function explainMissing(error: unknown): void {
  find('#title').textContent = 'Not found'
  document.title = 'Not found · Simyard'
  const back = document.createElement('a')
  back.href = '/recordings'
  back.textContent = 'All recordings'
  showBanner(notice, error instanceof Error ? error.message : String(error), 'bad', back)
}

void start()
