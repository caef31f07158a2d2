import '../style/gallery.css'
import { listProjects } from '../site/api.js'
import { warnWithoutSandbox } from '../site/banner.js'
import { CopyList } from '../site/copy-list.js'
import { manageTheme } from '../site/theme.js'
import { placeWordmark } from '../site/wordmark.js'
import { projectCard } from './project-card.js'

const cards = document.querySelector<HTMLElement>('#projects')!
const copies = new CopyList(localStorage)

async function show(): Promise<void> {
  cards.replaceChildren(...Array.from({ length: 3 }, waitingCard))
  try {
    const projects = await listProjects()
    if (projects.length === 0) message('There are no projects here yet.')
    else cards.replaceChildren(...projects.map((project) => projectCard(project, copies.of(project.id))))
  } catch (error) {
    message(error instanceof Error ? error.message : String(error), true)
  }
}

function waitingCard(): HTMLElement {
  const card = document.createElement('div')
  card.className = 'card waiting'
  card.setAttribute('aria-hidden', 'true')
  return card
}

function message(text: string, retry = false): void {
  const box = document.createElement('div')
  box.className = 'empty'
  box.textContent = text
  if (retry) {
    const button = document.createElement('button')
    button.className = 'text-button'
    button.textContent = 'Try again'
    button.addEventListener('click', () => void show())
    box.append(document.createElement('br'), button)
  }
  cards.replaceChildren(box)
}

placeWordmark()
manageTheme(document.querySelector<HTMLElement>('#theme')!)
void warnWithoutSandbox(document.querySelector<HTMLElement>('#notice')!)
void show()
