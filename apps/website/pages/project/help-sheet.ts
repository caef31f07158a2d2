import { setSingleKeys, singleKeysOn } from './shortcut.js'

const rows: readonly (readonly [readonly string[], string])[] = [
  [['Space'], 'Run or pause'],
  [['Ctrl', 'Enter'], 'Run or pause, also while typing'],
  [['.'], 'One step'],
  [['R'], 'Reset: back to the start, with the saved program'],
  [['Ctrl', 'S'], 'Save the program'],
  [['F'], 'Full screen'],
  [['?'], 'This sheet'],
]

export function fillHelpSheet(dialog: HTMLDialogElement): void {
  dialog.innerHTML = `<h2 id="help-title">Keys and mouse</h2><dl></dl>
    <p>Drag turns the view, right drag or two fingers move it, the wheel zooms. Double-click a robot to follow it.</p>
    <label class="switch"><input type="checkbox"> Single-key shortcuts</label>
    <form method="dialog"><button class="text-button primary">Close</button></form>`
  const list = dialog.querySelector('dl')!
  for (const [keys, meaning] of rows) {
    const term = document.createElement('dt')
    for (const key of keys) {
      const cap = document.createElement('kbd')
      cap.textContent = key
      term.append(cap, ' ')
    }
    const text = document.createElement('dd')
    text.textContent = meaning
    list.append(term, text)
  }
  const single = dialog.querySelector('input')!
  single.checked = singleKeysOn()
  single.addEventListener('change', () => setSingleKeys(single.checked))
}
