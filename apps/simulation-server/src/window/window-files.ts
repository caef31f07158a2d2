import { posix } from 'node:path'
import { isWindowFile, redirectWindowScript, SimyardError, windowPath } from '@simyard/protocol'
import { readInside } from '../project/project-files.js'

/** Where the windows that ship with Simyard are, below the folder of its assets. */
const SHIPPED = 'javascript/robot-window/'
const SCRIPT = /^wwi\/(?:[A-Za-z0-9.]+\/)?RobotWindow\.js$/

/** Files of robot windows: those of the project, then those that ship with Simyard. */
export class WindowFiles {
  constructor(
    private readonly projectDir: string,
    private readonly assetsDir: string,
  ) {}

  /** Undefined for a path that is not a window's. Rejects with FILE_NOT_FOUND. */
  read(asked: string): Promise<Buffer> | undefined {
    const path = posix.normalize(asked)
    if (SCRIPT.test(path)) return readInside(this.assetsDir, `${SHIPPED}RobotWindow.js`)
    return isWindowFile(path) ? this.readWindow(path) : undefined
  }

  private async readWindow(path: string): Promise<Buffer> {
    const bytes = await this.find(path)
    if (!/\.(html?|m?js)$/i.test(path)) return bytes
    return Buffer.from(redirectWindowScript(path, bytes.toString('utf8')))
  }

  private async find(path: string): Promise<Buffer> {
    const inProject = path.startsWith(windowPath.served)
      ? path.replace(windowPath.served, windowPath.inProject)
      : undefined
    const places = [
      () => readInside(this.projectDir, path),
      ...(inProject ? [() => readInside(this.projectDir, inProject)] : []),
      ...(path.startsWith(`${windowPath.served}generic/`)
        ? [() => readInside(this.assetsDir, SHIPPED + path.slice(windowPath.served.length))]
        : []),
    ]
    for (const place of places) {
      try {
        return await place()
      } catch (error) {
        if (!(error instanceof SimyardError && error.code === 'FILE_NOT_FOUND')) throw error
      }
    }
    throw new SimyardError('FILE_NOT_FOUND', `There is no file ${path}.`)
  }
}
