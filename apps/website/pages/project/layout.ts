const STORED = 'simyard:left-width'

/** The bar between editor and world: dragged, or moved with the arrow keys. */
export function manageDivider(divider: HTMLElement, bench: HTMLElement): void {
  const set = (percent: number) => {
    const width = Math.min(Math.max(percent, 20), 75)
    bench.style.setProperty('--left', `${width}%`)
    divider.setAttribute('aria-valuenow', width.toFixed(0))
    localStorage.setItem(STORED, String(width))
  }
  const stored = Number(localStorage.getItem(STORED))
  set(stored > 0 ? stored : 42)
  divider.setAttribute('aria-valuemin', '20')
  divider.setAttribute('aria-valuemax', '75')
  divider.addEventListener('pointerdown', (event) => divider.setPointerCapture(event.pointerId))
  divider.addEventListener('pointermove', (event) => {
    if (!divider.hasPointerCapture(event.pointerId)) return
    const box = bench.getBoundingClientRect()
    set(((event.clientX - box.left) / box.width) * 100)
  })
  divider.addEventListener('keydown', (event) => {
    const now = Number(divider.getAttribute('aria-valuenow'))
    if (event.key === 'ArrowLeft') set(now - 2)
    else if (event.key === 'ArrowRight') set(now + 2)
  })
}

/** On a phone one pane shows below the world. */
export function managePhoneTabs(): (pane: 'code' | 'console' | 'about') => void {
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('.phone-tabs button')]
  const show = (pane: string) => {
    document.body.dataset.tab = pane
    for (const button of buttons) button.setAttribute('aria-pressed', String(button.dataset.pane === pane))
  }
  for (const button of buttons) button.addEventListener('click', () => show(button.dataset.pane ?? 'code'))
  return show
}
