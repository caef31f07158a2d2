const paths = {
  play: '<path d="M7 4.5v15l12-7.5z" fill="currentColor" stroke="none"/>',
  pause: '<path d="M7 5h3.5v14H7zM13.5 5H17v14h-3.5z" fill="currentColor" stroke="none"/>',
  step: '<path d="M5 5v14l9-7z" fill="currentColor" stroke="none"/><path d="M17.5 5v14"/>',
  back: '<path d="M19 5v14l-9-7z" fill="currentColor" stroke="none"/><path d="M6.5 5v14"/>',
  reset: '<path d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7"/><path d="M4 4v4.5h4.5"/>',
  fast: '<path d="M4 5.5v13l8-6.5zM12.5 5.5v13l8-6.5z" fill="currentColor" stroke="none"/>',
  reload: '<path d="M19.5 12a7.5 7.5 0 1 1-2.2-5.3"/><path d="M20 3.5v5h-5"/>',
  quit: '<path d="M14 4.5H5.5v15H14M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>',
  worlds:
    '<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c-5.5 5.5-5.5 11.5 0 17M12 3.5c5.5 5.5 5.5 11.5 0 17"/>',
  history: '<path d="M4.5 12a7.5 7.5 0 1 0 2.6-5.7"/><path d="M4 4v4.5h4.5M12 8v4.5l3 2"/>',
  record: '<circle cx="12" cy="12" r="8.5"/><circle cx="12" cy="12" r="4" fill="currentColor" stroke="none"/>',
  console: '<rect x="3.5" y="5" width="17" height="14" rx="2"/><path d="m7.5 9.5 3 2.5-3 2.5M12.5 15h4"/>',
  robot:
    '<rect x="5" y="8.5" width="14" height="10" rx="2.5"/><path d="M12 5v3.5M9.5 13v.1M14.5 13v.1" stroke-width="2.4"/><path d="M2.8 12v4M21.2 12v4"/>',
  camera: '<path d="M3.5 12s3-6 8.5-6 8.5 6 8.5 6-3 6-8.5 6-8.5-6-8.5-6z"/><circle cx="12" cy="12" r="2.6"/>',
  inspect: '<circle cx="10.5" cy="10.5" r="6"/><path d="m15 15 5 5"/>',
  info: '<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5.5M12 7.6v.1" stroke-width="2"/>',
  settings:
    '<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.2 2.2M16.2 16.2l2.2 2.2M5.6 18.4l2.2-2.2M16.2 7.8l2.2-2.2"/>',
  share:
    '<path d="M10 14a4.2 4.2 0 0 0 6 0l3-3a4.2 4.2 0 0 0-6-6l-1 1"/><path d="M14 10a4.2 4.2 0 0 0-6 0l-3 3a4.2 4.2 0 0 0 6 6l1-1"/>',
  full: '<path d="M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"/>',
  loop: '<path d="M17 3.5 20 6.5l-3 3M7 14.5l-3 3 3 3"/><path d="M20 6.5H8a4 4 0 0 0-4 4M4 17.5h12a4 4 0 0 0 4-4"/>',
  close: '<path d="m6 6 12 12M18 6 6 18"/>',
  more: '<path d="M5 12v.1M12 12v.1M19 12v.1" stroke-width="3"/>',
} as const

export type IconName = keyof typeof paths

export function icon(name: IconName): string {
  return `<svg width="22" height="22" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths[name]}</svg>`
}

/** An icon, its name for ears and on hover, with the key that does the same. */
export function dressButton(button: HTMLButtonElement, name: IconName, label: string, key = ''): void {
  if (button.dataset.icon !== name) {
    button.dataset.icon = name
    button.innerHTML = `${icon(name)}<span class="label"></span>`
  }
  button.querySelector('.label')!.textContent = label
  button.setAttribute('aria-label', label)
  if (key !== '') button.setAttribute('aria-keyshortcuts', key)
  button.title = key === '' ? label : `${label} (${key})`
}

export function iconButton(name: IconName, label: string, key: string, onClick: () => void): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'tool'
  dressButton(button, name, label, key)
  button.addEventListener('click', onClick)
  return button
}
