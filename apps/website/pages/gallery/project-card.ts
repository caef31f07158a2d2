import type { Project } from '../site/api.js'
import type { OwnCopy } from '../site/copy-list.js'
import { drawnPicture } from './drawn-picture.js'

export function projectCard(project: Project, copy: OwnCopy | undefined): HTMLElement {
  const card = document.createElement('article')
  card.className = 'card'
  const picture = document.createElement('div')
  picture.className = 'picture'
  if (project.thumbnail) {
    const image = document.createElement('img')
    image.src = project.thumbnail
    image.alt = ''
    image.loading = 'lazy'
    image.addEventListener('error', () => picture.replaceChildren(drawnPicture(project.id)))
    picture.append(image)
  } else picture.append(drawnPicture(project.id))

  const text = document.createElement('div')
  text.className = 'text'
  const title = document.createElement('h2')
  const link = document.createElement('a')
  link.href = `/p/${encodeURIComponent(project.id)}`
  link.textContent = project.title
  title.append(link)
  const description = document.createElement('p')
  description.textContent = project.description
  const chips = document.createElement('div')
  chips.className = 'chips'
  if (copy) {
    const mine = document.createElement('a')
    mine.className = 'chip mine'
    mine.href = `/p/${encodeURIComponent(copy.id)}`
    mine.textContent = 'Your copy'
    chips.append(mine)
  }
  for (const language of project.languages) {
    const chip = document.createElement('span')
    chip.className = 'chip'
    chip.textContent = language
    chips.append(chip)
  }
  text.append(title, description, chips)
  card.append(picture, text)
  return card
}
