import type { SimyardView } from '../element.js'

/** The view's own script lies beside the one that a page names. It is loaded once, with the first element. */
export async function makeView(beside: string): Promise<SimyardView> {
  await import(/* @vite-ignore */ new URL('simyard-view.js', beside).href)
  await customElements.whenDefined('simyard-view')
  return document.createElement('simyard-view') as SimyardView
}

/** Tools of the toolbar that a page of Webots leaves out by these names. */
export function hiddenTools(shown: Readonly<Record<string, boolean>>): string {
  const tools: Readonly<Record<string, string>> = {
    showQuit: 'quit',
    showReload: 'reload',
    showWorldSelection: 'worlds',
    showReset: 'reset',
    showStep: 'step',
    showPlay: 'run',
    showRun: 'fast',
    showTerminal: 'console',
    showRobotWindow: 'windows',
    showInfo: 'info',
  }
  return Object.entries(tools)
    .filter(([flag]) => shown[flag] === false)
    .map(([, tool]) => tool)
    .join(' ')
}
