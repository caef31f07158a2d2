import { drawnPicture } from './drawn-picture.js'

export interface CardContent {
  readonly id: string
  /** Address of a picture; one is drawn when there is none. */
  readonly thumbnail: string | null
  readonly address: string
  readonly title: string
  readonly description: string
  /** Short facts: a word, or an element. */
  readonly chips: readonly (string | HTMLElement)[]
}

/** What can be opened, in a list. */
export interface Card {
  readonly element: HTMLElement
  readonly picture: HTMLElement
}

export function createCard(content: CardContent): Card {
  const element = document.createElement('article')
  element.className = 'card'
  const picture = document.createElement('div')
  picture.className = 'picture'
  if (content.thumbnail) {
    const image = document.createElement('img')
    image.src = content.thumbnail
    image.alt = ''
    image.loading = 'lazy'
    image.addEventListener('error', () => image.replaceWith(drawnPicture(content.id)))
    picture.append(image)
  } else picture.append(drawnPicture(content.id))
  const text = document.createElement('div')
  text.className = 'text'
  const title = document.createElement('h2')
  const link = document.createElement('a')
  link.href = content.address
  link.textContent = content.title
  title.append(link)
  const description = document.createElement('p')
  description.textContent = content.description
  const chips = document.createElement('div')
  chips.className = 'chips'
  chips.append(...content.chips.map((chip) => (typeof chip === 'string' ? chipOf(chip) : chip)))
  text.append(title, description, chips)
  element.append(picture, text)
  return { element, picture }
}

function chipOf(word: string): HTMLElement {
  const chip = document.createElement('span')
  chip.className = 'chip'
  chip.textContent = word
  return chip
}
