import type { Failure } from '../connection/message.js'
import type { Progress, StepName } from '../connection/session.js'

const labels: readonly (readonly [StepName | 'page', string])[] = [
  ['page', 'Page'],
  ['seat', 'Seat on a server'],
  ['process', 'Simulator'],
  ['world', 'World'],
  ['frame', 'First picture'],
]
/** A start that is quicker than this needs no explanation. */
const QUIET_MS = 400

/** The wait, step by step, and what went wrong: never an empty box. */
export class StartChecklist {
  readonly element = document.createElement('section')
  private readonly rows = new Map<string, HTMLElement>()
  private readonly title = document.createElement('h2')
  private readonly bar = document.createElement('progress')
  private readonly problem = document.createElement('div')
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(private readonly onRetry: () => void) {
    this.element.className = 'start'
    this.element.hidden = true
    const list = document.createElement('ol')
    for (const [name, label] of labels) {
      const row = document.createElement('li')
      row.innerHTML = '<i aria-hidden="true"></i><b></b><span></span>'
      row.querySelector('b')!.textContent = label
      this.rows.set(name, row)
      list.append(row)
    }
    this.bar.max = 100
    this.problem.setAttribute('role', 'alert')
    const card = document.createElement('div')
    card.className = 'card'
    card.append(this.title, list, this.bar, this.problem)
    this.element.append(card)
  }

  begin(steps: 'all' | 'stream'): void {
    clearTimeout(this.timer)
    this.title.textContent = 'Starting the simulation'
    this.problem.replaceChildren()
    this.bar.hidden = true
    for (const [name, row] of this.rows) {
      row.dataset.state = name === 'page' ? 'done' : 'waiting'
      row.querySelector('span')!.textContent = ''
      row.hidden = steps === 'stream' && (name === 'seat' || name === 'process')
    }
    if (this.element.hidden) this.timer = setTimeout(() => this.show(), QUIET_MS)
  }

  report(progress: Progress): void {
    const row = this.rows.get(progress.step)!
    row.dataset.state = progress.state
    // A server need not report every step: what comes before this one is over.
    for (const [name, earlier] of this.rows) {
      if (name === progress.step) break
      if (!earlier.hidden) this.mark(earlier, 'done')
    }
    row.querySelector('span')!.textContent = progress.state === 'active' ? (progress.text ?? '…') : ''
    if (progress.percent !== undefined) {
      this.bar.hidden = false
      this.bar.value = progress.percent
    }
  }

  fail(failure: Failure, step: StepName | undefined, title: string): void {
    clearTimeout(this.timer)
    if (step) this.report({ step, state: 'failed' })
    this.title.textContent = title
    this.bar.hidden = true
    const text = document.createElement('p')
    const place = failure.location ? `${failure.location.file}:${failure.location.line}` : ''
    text.textContent = failure.message.startsWith(place) ? failure.message : `${place}: ${failure.message}`
    const code = document.createElement('code')
    code.textContent = failure.code
    const retry = document.createElement('button')
    retry.type = 'button'
    retry.textContent = 'Try again'
    retry.addEventListener('click', () => this.onRetry())
    this.problem.replaceChildren(text, code, retry)
    this.show()
  }

  finish(): void {
    clearTimeout(this.timer)
    this.element.hidden = true
  }

  private mark(row: HTMLElement, state: string): void {
    row.dataset.state = state
    row.querySelector('span')!.textContent = ''
  }

  private show(): void {
    this.element.hidden = false
  }
}
