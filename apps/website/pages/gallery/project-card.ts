import type { Project } from '../site/api.js'
import type { OwnCopy } from '../site/copy-list.js'
import { createCard } from './card.js'

export function projectCard(project: Project, copy: OwnCopy | undefined): HTMLElement {
  const { id, thumbnail, title, description, languages } = project
  const chips = copy ? [linkToCopy(copy), ...languages] : languages
  return createCard({ id, thumbnail, address: projectAddress(id), title, description, chips }).element
}

function linkToCopy(copy: OwnCopy): HTMLElement {
  const mine = document.createElement('a')
  mine.className = 'chip mine'
  mine.href = projectAddress(copy.id)
  mine.textContent = 'Your copy'
  return mine
}

function projectAddress(id: string): string {
  return `/p/${encodeURIComponent(id)}`
}
