import type { Controls } from './controls/controls.js'
import type { ShownWorld } from './scene/shown-world.js'
import type { Status } from './status/status.js'
import type { RobotWindows } from './window/robot-windows.js'

/** What a view has all its life, whatever it shows. */
export interface ViewParts {
  /** Has the attributes, and tells the page of events. */
  readonly view: HTMLElement
  readonly controls: Controls
  readonly status: Status
  readonly windows: RobotWindows
  readonly world: ShownWorld
}
