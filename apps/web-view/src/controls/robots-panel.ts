import type { RobotSummary } from '@simyard/protocol'
import { heading, Panel, textButton } from './panel.js'

export interface RobotWindows {
  /** Every device with its live value. */
  openDevices(robot: string): void
  /** The project's own page for this robot. */
  openWindow(robot: RobotSummary): void
}

/** The robots of the world, and the windows that look into them. */
export class RobotsPanel extends Panel {
  constructor(
    private readonly robots: () => readonly RobotSummary[],
    private readonly windows: RobotWindows,
    private readonly done: () => void,
  ) {
    super('Robots', done)
  }

  override show(): void {
    const open = (label: string, action: () => void) =>
      textButton(label, () => {
        this.done()
        action()
      })
    const robots = this.robots()
    const rows = robots.flatMap((robot) => [
      heading(robot.name),
      ...(hasOwnWindow(robot) ? [open(`Window ${robot.window}`, () => this.windows.openWindow(robot))] : []),
      open('Devices', () => this.windows.openDevices(robot.name)),
    ])
    const none = Object.assign(document.createElement('p'), { textContent: 'This world has no robots.' })
    this.content.replaceChildren(...(robots.length === 0 ? [none] : rows))
    super.show()
  }
}

/** `<none>` is no window, and `<generic>` or nothing the one that every robot has. */
export function hasOwnWindow({ window }: RobotSummary): boolean {
  return window !== '' && window !== '<none>' && window !== '<generic>'
}
