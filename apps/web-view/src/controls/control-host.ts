import type { RobotSummary } from '@simyard/protocol'
import type { FollowMode } from '../stage/camera-rig.js'
import type { CameraMode } from '../stage/stage.js'
import type { ViewState } from '../view-event.js'
import type { ShowKind } from './toolbar.js'

/** What the controls need of the view that they belong to. */
export interface ControlHost {
  readonly kind: ShowKind
  readonly state: ViewState
  readonly broadcast: boolean
  /** Simulated time that is on the screen, and what can be looked at. */
  readonly timeMs: number
  readonly range: { readonly startMs: number; readonly endMs: number }
  readonly live: boolean
  readonly playing: boolean
  readonly recording: boolean
  readonly worldTitle: string
  readonly worldInfo: readonly string[]
  readonly robots: readonly RobotSummary[]
  readonly worlds: { readonly current: string; readonly all: readonly string[] }
  /** How old the picture is; undefined when nobody can tell. */
  readonly ageMs: number | undefined
  run(): void
  pause(): void
  step(): void
  fast(): void
  reset(): void
  reload(): void
  close(): void
  loadWorld(world: string): void
  seek(timeMs: number): void
  stepFrames(frames: number): void
  goLive(): void
  setPlayback(change: { speed?: number; loop?: boolean }): void
  look(camera: CameraMode, robot?: string): void
  follow(id: string | undefined, mode: FollowMode, smoothness: number): void
  resetCamera(): void
  toggleFullScreen(): void
  /** A link to what is shown; at the time that is shown, when there is one. */
  link(withTime: boolean): string
  /** HTML that shows the same on another page. */
  embedding(): string
}
