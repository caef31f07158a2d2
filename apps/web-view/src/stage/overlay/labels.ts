import type { LabelUpdate } from '@simyard/protocol'

/** Texts of supervisors over the picture, at fractions of its width and height. */
export class LabelOverlay {
  readonly element = document.createElement('div')
  private readonly labels = new Map<number, HTMLElement>()

  constructor() {
    this.element.className = 'labels'
    this.element.setAttribute('aria-live', 'off')
    // Sizes of texts are fractions of the picture's height: cqh.
    this.element.style.cssText = 'position:absolute;inset:0;overflow:hidden;pointer-events:none;container-type:size'
  }

  show(labels: readonly LabelUpdate[]): void {
    for (const label of labels) {
      let one = this.labels.get(label.id)
      if (label.text === '') {
        one?.remove()
        this.labels.delete(label.id)
        continue
      }
      if (!one) {
        one = document.createElement('div')
        one.style.cssText = 'position:absolute;white-space:pre;line-height:1.2'
        this.labels.set(label.id, one)
        this.element.append(one)
      }
      one.textContent = label.text
      one.style.left = `${label.x * 100}%`
      one.style.top = `${label.y * 100}%`
      one.style.color = `rgba(${label.rgba})`
      one.style.fontSize = `${(label.size / 2.25) * 100}cqh`
      one.style.fontFamily = `${JSON.stringify(label.font.replace(/^.*\/|\.ttf$/gi, ''))}, sans-serif`
    }
  }

  clear(): void {
    this.labels.clear()
    this.element.replaceChildren()
  }
}
