export interface KeyActions {
  run(): void
  step(): void
  back(): void
  reset(): void
  full(): void
  history(): void
  live(): void
  windows(): void
  camera(): void
  inspect(): void
  /** Returns whether there was anything to close. */
  close(): boolean
}

const letters: Record<string, keyof Omit<KeyActions, 'close'>> = {
  ' ': 'run',
  k: 'run',
  '.': 'step',
  ',': 'back',
  r: 'reset',
  f: 'full',
  b: 'history',
  l: 'live',
  w: 'windows',
  c: 'camera',
  i: 'inspect',
}

/** Single keys act only while the view has the focus, nobody is typing, and no button would take them. */
export function listenForKeys(view: HTMLElement, actions: KeyActions): void {
  view.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return
    const target = event.composedPath()[0]
    if (event.key === 'Escape') {
      if (actions.close()) event.preventDefault()
      return
    }
    if (isTyping(target)) return
    if (event.key === ' ' && isButton(target)) return
    const action = letters[event.key.toLowerCase()]
    if (!action) return
    event.preventDefault()
    actions[action]()
  })
}

function isTyping(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'range', 'button'].includes(target.type)
  return target.isContentEditable || /^(TEXTAREA|SELECT)$/.test(target.tagName)
}

function isButton(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && target.closest('button, a, summary, input') !== null
}
