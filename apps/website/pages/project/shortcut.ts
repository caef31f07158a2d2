export interface Shortcuts {
  toggleRun(): void
  step(): void
  reset(): void
  fullScreen(): void
  help(): void
  save(): void
}

const OFF = 'simyard:single-keys-off'

export function singleKeysOn(): boolean {
  return localStorage.getItem(OFF) === null
}

export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(OFF)
  else localStorage.setItem(OFF, '1')
}

/** Single keys act only when nobody is typing and no button would take them. */
export function listenForShortcuts(actions: Shortcuts): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.repeat) return
    const command = event.ctrlKey || event.metaKey
    if (command && event.key === 's') return act(event, actions.save)
    if (command && event.key === 'Enter') return act(event, actions.toggleRun)
    if (command || event.altKey || !singleKeysOn() || isTyping(event.composedPath()[0])) return
    if (document.querySelector('dialog[open]')) return
    if (event.key === ' ' && !isButton(event.composedPath()[0])) return act(event, actions.toggleRun)
    if (event.key === '.') return act(event, actions.step)
    if (event.key.toLowerCase() === 'r') return act(event, actions.reset)
    if (event.key.toLowerCase() === 'f') return act(event, actions.fullScreen)
    if (event.key === '?') return act(event, actions.help)
  })
}

function act(event: KeyboardEvent, action: () => void): void {
  event.preventDefault()
  action()
}

function isTyping(target: EventTarget | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)
}

function isButton(target: EventTarget | undefined): boolean {
  return target instanceof HTMLElement && target.closest('button, a, [role="tab"], summary') !== null
}
