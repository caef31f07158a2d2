import type { StreamRequest } from '@simyard/protocol'
import type { ControllerFiles } from './controller-files.js'
import type { StandingState } from './standing-state.js'
import type { StreamActions } from './stream-actions.js'
import type { Viewer } from './viewer.js'

export type RunRequest = Extract<
  StreamRequest,
  { type: 'pause' | 'step' | 'run' | 'timeout' | 'reset' | 'reload' | 'load' }
>

export interface RunControlParts {
  readonly state: StandingState
  readonly actions: StreamActions
  readonly controllers: ControllerFiles
  /** A viewer has chosen to run. */
  running(by: Viewer): void
  refuse(viewer: Viewer, message: string): void
}

/** How viewers run, pause and reset the simulation, and choose its world. */
export class RunControl {
  private readonly awaitingPause: Viewer[] = []

  constructor(private readonly parts: RunControlParts) {}

  perform(viewer: Viewer, request: RunRequest): void {
    const { state, actions, controllers } = this.parts
    switch (request.type) {
      case 'pause':
      case 'step':
        this.awaitingPause.push(viewer)
        return actions.toSimulator({ type: 'mode', mode: request.type })
      case 'run':
        state.mode = request.mode
        this.parts.running(viewer)
        return actions.toSimulator({ type: 'mode', mode: request.mode, ...this.limit(request.forMs) })
      case 'timeout':
        if (state.mode === 'pause') return
        return actions.toSimulator({ type: 'mode', mode: state.mode, ...this.limit(request.forMs) })
      case 'reset':
        return controllers.afterWrites(() => actions.toSimulator({ type: 'reset' }))
      case 'reload':
        viewer.dialect = request.dialect
        return controllers.afterWrites(() => {
          const { loaded, failure } = state
          if (loaded) actions.loadWorld(loaded.world)
          else if (failure) actions.loadWorld('')
        })
      case 'load':
        if (request.dialect) viewer.dialect = request.dialect
        return this.load(viewer, request.world)
    }
  }

  /** Those who have asked for the pause that has come. */
  takeRequesters(): ReadonlySet<Viewer> {
    return new Set(this.awaitingPause.splice(0))
  }

  /** Only the last part of the path counts, as in Webots: a world of this project. */
  private load(viewer: Viewer, path: string): void {
    const { actions, refuse } = this.parts
    const name = path.slice(path.lastIndexOf('/') + 1)
    const world = actions.worlds().find((one) => one.endsWith(`/${name}`))
    if (!world) return refuse(viewer, `The project has no world ${name}. It has: ${actions.worlds().join(', ')}.`)
    actions.loadWorld(world)
  }

  private limit(forMs: number): { untilMs?: number } {
    return forMs < 0 ? {} : { untilMs: this.parts.state.timeMs + forMs }
  }
}
