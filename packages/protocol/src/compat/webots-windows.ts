/**
 * Robot windows: pages of a project that talk with a robot's controller. Webots keeps them in `plugins/robot_windows/` of
 * the project and serves them at `robot_windows/<name>/<name>.html?name=<robot>`.
 */
export const windowPath = {
  /** Where the stream's HTTP side has windows. */
  served: 'robot_windows/',
  inProject: 'plugins/robot_windows/',
  /** Where the stream's HTTP side has the script that windows import. */
  script: 'wwi/RobotWindow.js',
} as const

const SCRIPT_ADDRESS = /https?:\/\/(?:www\.)?cyberbotics\.com\/wwi\/[A-Za-z0-9.]+\/RobotWindow\.js/g

/** Project-relative path of the page of a window; `<generic>` is the window that shows every device. */
export function windowPage(window: string): string | undefined {
  if (window === '<none>' || window === '') return undefined
  const name = window === '<generic>' ? 'generic' : window
  return `${windowPath.served}${encodeURIComponent(name)}/${encodeURIComponent(name)}.html`
}

/** Whether a served path is a file of a robot window. */
export const isWindowFile = (path: string): boolean =>
  path.startsWith(windowPath.served) || path.startsWith(windowPath.inProject)

/**
 * A page or script of a window with the script it imports taken from here, so that it works without the internet.
 * @param path of the file on the stream's HTTP side; addresses are written relative to it.
 */
export function redirectWindowScript(path: string, text: string): string {
  const up = '../'.repeat(path.split('/').length - 1)
  return text.replace(SCRIPT_ADDRESS, `${up}${windowPath.script}`)
}
