import type { Project } from '../site/api.js'

export function fillAboutPanel(panel: HTMLElement, project: Project): void {
  const title = document.createElement('h2')
  title.textContent = project.title
  const description = document.createElement('p')
  description.textContent = project.description
  panel.replaceChildren(title, description)
  if (project.try.length > 0) {
    const heading = document.createElement('h2')
    heading.textContent = 'Try this'
    const list = document.createElement('ul')
    for (const idea of project.try) {
      const item = document.createElement('li')
      item.textContent = idea
      list.append(item)
    }
    panel.append(heading, list)
  }
  const facts = document.createElement('p')
  facts.className = 'facts'
  facts.textContent = [project.languages.join(', '), `Licence: ${project.licence}`].filter(Boolean).join(' · ')
  panel.append(facts)
}
