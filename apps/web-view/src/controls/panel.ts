import { iconButton } from './icon.js'

/** Something that opens above the toolbar: one at a time, closed by Escape, its button or a click beside it. */
export class Panel {
  readonly element = document.createElement('section')
  readonly content = document.createElement('div')
  private readonly close: HTMLButtonElement

  constructor(
    readonly title: string,
    private readonly onClose: () => void,
  ) {
    this.element.className = 'panel'
    this.element.hidden = true
    this.element.setAttribute('role', 'group')
    this.element.setAttribute('aria-label', title)
    const head = document.createElement('header')
    const heading = document.createElement('h2')
    heading.textContent = title
    this.close = iconButton('close', `Close ${title.toLowerCase()}`, '', () => this.onClose())
    head.append(heading, this.close)
    this.content.className = 'content'
    this.element.append(head, this.content)
  }

  get open(): boolean {
    return !this.element.hidden
  }

  show(): void {
    this.element.hidden = false
    const first = this.content.querySelector<HTMLElement>('input, select, textarea, button:not(:disabled), a[href]')
    // What is longer than the panel can be read by the keyboard too.
    if (first) this.content.removeAttribute('tabindex')
    else this.content.tabIndex = 0
    ;(first ?? this.close).focus()
  }

  hide(): void {
    this.element.hidden = true
  }
}

/** A line of text with a control at its end. */
export function field(label: string, control: HTMLElement, note = ''): HTMLLabelElement {
  const line = document.createElement('label')
  line.className = 'field'
  const text = document.createElement('span')
  text.textContent = label
  if (note !== '') {
    const small = document.createElement('small')
    small.textContent = note
    text.append(small)
  }
  line.append(text, control)
  return line
}

export function checkbox(checked: boolean, onChange: (checked: boolean) => void): HTMLInputElement {
  const input = document.createElement('input')
  input.type = 'checkbox'
  input.checked = checked
  input.addEventListener('change', () => onChange(input.checked))
  return input
}

export function select<Value extends string>(
  options: readonly (readonly [value: Value, label: string])[],
  chosen: Value,
  onChange: (value: Value) => void,
): HTMLSelectElement {
  const element = document.createElement('select')
  element.append(...options.map(([value, label]) => new Option(label, value, false, value === chosen)))
  element.addEventListener('change', () => onChange(element.value as Value))
  return element
}

export function textButton(label: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'text'
  button.textContent = label
  button.addEventListener('click', onClick)
  return button
}

export function heading(text: string): HTMLElement {
  const element = document.createElement('h3')
  element.textContent = text
  return element
}

/** A text to be copied. */
export function linkRow(label: string, text: string): HTMLElement {
  const row = document.createElement('div')
  row.className = 'link'
  const box = document.createElement('textarea')
  box.readOnly = true
  box.rows = text.includes('\n') ? 3 : 1
  box.value = text
  box.setAttribute('aria-label', label)
  const copy = textButton('Copy', () => {
    box.select()
    navigator.clipboard?.writeText(text).then(
      () => (copy.textContent = 'Copied'),
      () => (copy.textContent = 'Press Ctrl+C'),
    )
  })
  row.append(heading(label), box, copy)
  return row
}
