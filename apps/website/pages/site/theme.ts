import { dressButton } from './icon.js'

const STORED = 'simyard:theme'
const scheme = matchMedia('(prefers-color-scheme: dark)')

export type Theme = 'light' | 'dark'

export function currentTheme(): Theme {
  const stored = localStorage.getItem(STORED)
  if (stored === 'light' || stored === 'dark') return stored
  return scheme.matches ? 'dark' : 'light'
}

/** Applies the theme now and whenever it changes, by the button or by the system. */
export function manageTheme(button: HTMLElement, onTheme: (theme: Theme) => void = () => undefined): void {
  const apply = () => {
    const theme = currentTheme()
    document.documentElement.dataset.theme = theme
    dressButton(button, theme === 'dark' ? 'sun' : 'moon', theme === 'dark' ? 'Light colours' : 'Dark colours')
    button.querySelector('.label')?.remove()
    onTheme(theme)
  }
  button.addEventListener('click', () => {
    localStorage.setItem(STORED, currentTheme() === 'dark' ? 'light' : 'dark')
    apply()
  })
  scheme.addEventListener('change', apply)
  apply()
}
