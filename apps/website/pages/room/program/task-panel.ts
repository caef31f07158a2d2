import type { ProjectTask } from './project-task.js'

const STORED_STATE = 'simyard:task'
/** There the text would leave too little of the editor. */
const NARROW = '(max-width: 760px)'

/** What there is to do, above the editor, until somebody folds it. */
export function fillTaskPanel(
  button: HTMLButtonElement,
  panel: HTMLElement,
  { project, solutions }: ProjectTask,
): void {
  const title = document.createElement('h2')
  title.textContent = project.title
  const description = document.createElement('p')
  description.textContent = project.description
  panel.replaceChildren(title, description)
  // Keys scroll it, also where it has no links.
  panel.tabIndex = 0
  if (project.try.length > 0) {
    const list = document.createElement('ul')
    for (const idea of project.try) {
      const item = document.createElement('li')
      item.textContent = idea
      list.append(item)
    }
    panel.append(list)
  }
  if (solutions.length > 0) {
    const line = document.createElement('p')
    line.className = 'quiet'
    line.append('Programs that do it: ')
    solutions.forEach(({ name, url }, index) => {
      const link = document.createElement('a')
      link.href = url
      link.target = '_blank'
      link.textContent = name
      line.append(index > 0 ? ', ' : '', link)
    })
    panel.append(line)
  }
  const unfold = (open: boolean) => {
    button.setAttribute('aria-expanded', String(open))
    panel.hidden = !open
  }
  const stored = localStorage.getItem(STORED_STATE)
  unfold(stored ? stored === 'open' : !matchMedia(NARROW).matches)
  button.addEventListener('click', () => {
    const open = button.getAttribute('aria-expanded') === 'false'
    unfold(open)
    localStorage.setItem(STORED_STATE, open ? 'open' : 'closed')
  })
}
