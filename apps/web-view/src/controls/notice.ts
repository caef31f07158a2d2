import { textButton } from './panel.js'

/** A short text over the picture, with at most one thing to do about it. */
export class Notice {
  readonly element = document.createElement('div')

  constructor() {
    this.element.className = 'notice'
    this.element.setAttribute('role', 'status')
    this.element.hidden = true
  }

  get shown(): boolean {
    return !this.element.hidden
  }

  show(text: string, action?: { readonly label: string; run(): void }): void {
    const line = document.createElement('span')
    line.textContent = text
    this.element.replaceChildren(line)
    if (action) {
      this.element.append(
        textButton(action.label, () => {
          this.hide()
          action.run()
        }),
      )
    }
    this.element.hidden = false
  }

  hide(): void {
    this.element.hidden = true
  }
}
