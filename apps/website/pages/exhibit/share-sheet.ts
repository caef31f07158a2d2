import type { SimyardView } from '../site/simyard-view.js'

/** Links to what is shown, to the moment that is shown, and HTML for other pages. */
export function fillShareSheet(dialog: HTMLDialogElement, view: SimyardView, moves: boolean): void {
  dialog.innerHTML = `<h2 id="share-title">Share</h2><div class="links"></div>
    <form method="dialog"><button class="text-button">Close</button></form>`
  const rows = [
    row('Link', view.link(false)),
    ...(moves ? [row('Link to this moment', view.link(true))] : []),
    row('For your own page', view.embedding()),
  ]
  dialog.querySelector('.links')!.replaceChildren(...rows)
}

function row(label: string, text: string): HTMLElement {
  const element = document.createElement('div')
  element.className = 'link-row'
  const name = document.createElement('span')
  name.textContent = label
  const box = document.createElement('input')
  box.readOnly = true
  box.value = text
  box.setAttribute('aria-label', label)
  const copy = document.createElement('button')
  copy.type = 'button'
  copy.className = 'text-button'
  copy.textContent = 'Copy'
  copy.setAttribute('aria-label', `Copy: ${label}`)
  copy.addEventListener('click', () => {
    box.select()
    // Pages without TLS have no clipboard.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'))
    copied.then(
      () => (copy.textContent = 'Copied'),
      () => (copy.textContent = 'Ctrl+C'),
    )
  })
  element.append(name, box, copy)
  return element
}
