import type { Failure } from '../connection/message.js'
import type { Progress } from '../connection/session.js'
import type { Controls } from '../controls/controls.js'
import type { ShowKind } from '../controls/toolbar.js'
import { emit, type ViewState } from '../view-event.js'
import { StartChecklist } from './start-checklist.js'

export interface StatusEvents {
  onRetry(): void
  /** `running` and the like have changed. */
  onState(): void
  /** Nothing goes on after this. */
  onFailed(): void
}

const SPOKEN: Partial<Record<ViewState, string>> = { running: 'Running', fast: 'Running fast', paused: 'Paused' }

/** How the view is doing, from its start to its end: told to the page, to style sheets, and on the screen. */
export class Status {
  readonly checklist: StartChecklist
  private shownKind: ShowKind = 'live'
  private current: ViewState = 'idle'
  private beforeLoss: ViewState = 'paused'
  private picture = false

  constructor(
    private readonly view: HTMLElement,
    private readonly controls: Controls,
    private readonly events: StatusEvents,
  ) {
    this.checklist = new StartChecklist(events.onRetry)
  }

  get kind(): ShowKind {
    return this.shownKind
  }

  get state(): ViewState {
    return this.current
  }

  get running(): boolean {
    return this.current === 'running' || this.current === 'fast'
  }

  /** Whether the world has been seen. */
  get pictureShown(): boolean {
    return this.picture
  }

  /** `steps`: which of them lie before the first picture. */
  begin(kind: ShowKind, steps: 'all' | 'stream'): void {
    this.shownKind = kind
    this.worldGone(steps)
    delete this.view.dataset.picture
    this.set('connecting')
  }

  worldGone(steps: 'all' | 'stream'): void {
    this.picture = false
    this.checklist.begin(steps)
  }

  set(state: ViewState): void {
    if (this.current === state) return
    this.current = state
    this.view.dataset.state = state
    this.events.onState()
    const spoken = SPOKEN[state]
    if (spoken && this.kind === 'live') this.controls.announce(spoken)
    this.controls.update()
    emit(this.view, 'simyard-state', { state })
  }

  report(progress: Progress): void {
    this.checklist.report(progress)
    emit(this.view, 'simyard-progress', progress)
  }

  firstPicture(): void {
    this.picture = true
    this.view.dataset.picture = 'shown'
    this.report({ step: 'frame', state: 'done' })
    this.checklist.finish()
  }

  /** `step`: what was under way. */
  fail(failure: Failure, step: Progress['step'] | undefined): void {
    this.set('failed')
    this.events.onFailed()
    this.controls.notice.hide()
    this.checklist.fail(failure, step, this.picture ? 'The simulation has stopped' : 'The simulation did not start')
    if (step) emit(this.view, 'simyard-progress', { step, state: 'failed', error: failure })
    emit(this.view, 'simyard-error', { error: failure })
  }

  reconnecting(): void {
    if (this.current !== 'reconnecting') this.beforeLoss = this.current
    this.set('reconnecting')
    this.controls.notice.show('The connection was lost. Trying again …')
  }

  reconnected(): void {
    this.controls.notice.hide()
    this.set(this.beforeLoss)
  }

  close(): void {
    this.checklist.finish()
    this.controls.notice.hide()
    this.set('closed')
  }
}
