import type { RobotSummary } from '@simyard/protocol'
import type { AssetBase } from '../scene/asset-url.js'
import { assetUrl } from '../scene/asset-url.js'
import { GenericWindow } from './generic-window.js'
import { WindowFrame } from './window-frame.js'
import { WatchedStream } from './window-host.js'

export interface RobotWindowsOptions {
  readonly container: HTMLElement
  send(text: string): void
  /** Where the project's files are. */
  assetBase(): AssetBase
  theme(): 'light' | 'dark'
  mayDrive(): boolean
}

interface OpenWindow {
  focus(): void
  close(): void
}

/** The windows that are open over one view: one of each kind for each robot. */
export class RobotWindows {
  readonly stream: WatchedStream
  private readonly open = new Map<string, OpenWindow>()

  constructor(private readonly options: RobotWindowsOptions) {
    this.stream = new WatchedStream((text) => options.send(text))
  }

  openDevices(robot: string): void {
    this.show(`devices ${robot}`, (onClose) => {
      const { container, mayDrive } = this.options
      return new GenericWindow({ container, robot, host: this.stream.host(), mayDrive: mayDrive(), onClose })
    })
  }

  openWindow({ name, window }: RobotSummary): void {
    this.show(`window ${name}`, (onClose) => {
      const { container, assetBase, theme } = this.options
      const address = assetUrl(`robot_windows/${window}/${window}.html`, assetBase())
      return new WindowFrame({ container, robot: name, address, theme: theme(), host: this.stream.host(), onClose })
    })
  }

  /** Robots that have gone take their windows with them. */
  keepOnly(robots: readonly RobotSummary[]): void {
    for (const [key, one] of [...this.open]) {
      if (!robots.some(({ name }) => key.endsWith(` ${name}`))) one.close()
    }
  }

  closeAll(): void {
    for (const one of [...this.open.values()]) one.close()
  }

  private show(key: string, make: (onClose: () => void) => OpenWindow): void {
    let one = this.open.get(key)
    if (!one) {
      one = make(() => this.open.delete(key))
      this.open.set(key, one)
    }
    one.focus()
  }
}
