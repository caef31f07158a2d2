import type { DeviceDescription, DeviceReading } from '@simyard/protocol'
import { DeviceRow, type MotorWish } from './device-row.js'
import { FloatingPanel } from './floating-panel.js'
import { SightPicture } from './sight-picture.js'
import type { WindowHost } from './window-host.js'

export interface GenericWindowOptions {
  readonly container: HTMLElement
  readonly robot: string
  readonly host: WindowHost
  /** Whether this viewer may move motors. */
  readonly mayDrive: boolean
  onClose?(): void
}

const SEEING = new Set(['Camera', 'Lidar', 'RangeFinder', 'Display'])
/** Pictures that one window shows. */
const MOST_PICTURES = 4

/** Every device of a robot with its live value, its motors with sliders, its cameras with what they see. */
export class GenericWindow {
  private readonly panel: FloatingPanel
  private readonly list = document.createElement('ul')
  private readonly state = document.createElement('p')
  private readonly all = document.createElement('input')
  private readonly rows = new Map<string, DeviceRow>()
  private readonly pictures = new Map<string, SightPicture>()
  private readonly stop: (() => void)[] = []

  constructor(private readonly options: GenericWindowOptions) {
    const { container, robot, host, onClose } = options
    this.panel = new FloatingPanel({
      container,
      title: `Devices of ${robot}`,
      width: 340,
      height: 420,
      onClose: () => {
        for (const end of this.stop) end()
        host.watch({})
        onClose?.()
      },
    })
    this.build()
    this.stop.push(
      host.onDevices((of, devices) => {
        if (of === robot) this.showDevices(devices)
      }),
      host.onReadings((_, robots) => {
        for (const reading of robots.find((one) => one.robot === robot)?.devices ?? []) this.showReading(reading)
      }),
      host.onPicture((header, bytes) => {
        if (header.robot === robot) this.pictures.get(header.device)?.show(header, bytes)
      }),
    )
    this.watch()
  }

  focus(): void {
    this.panel.focus()
  }

  close(): void {
    this.panel.close()
  }

  private build(): void {
    const { state, list, all } = this
    const { robot, mayDrive } = this.options
    state.setAttribute('role', 'status')
    state.textContent = `Waiting for the devices of ${robot} …`
    const choice = document.createElement('label')
    choice.className = 'choice'
    all.type = 'checkbox'
    all.addEventListener('change', () => this.watch())
    choice.append(all, 'Measure also what the controller has not enabled')
    const note = document.createElement('p')
    note.className = 'note'
    note.textContent = mayDrive
      ? 'You move motors from the next step on. The robot’s controller may override it.'
      : 'This page only watches: motors cannot be moved here.'
    list.className = 'devices'
    this.panel.body.append(state, choice, note, list)
    // What scrolls can be reached without a mouse.
    this.panel.body.tabIndex = 0
    this.panel.body.setAttribute('role', 'region')
    this.panel.body.setAttribute('aria-label', `Devices of ${robot}`)
  }

  private watch(): void {
    const { robot, host } = this.options
    host.watch({
      robots: [robot],
      ...(this.all.checked ? { sampled: [robot] } : {}),
      pictures: [...this.pictures.keys()].map((device) => ({ robot, device })),
    })
  }

  private showDevices(devices: readonly DeviceDescription[]): void {
    this.rows.clear()
    this.pictures.clear()
    this.list.replaceChildren(...devices.map((device) => this.rowOf(device)))
    this.state.textContent = devices.length === 0 ? 'This robot has no devices.' : ''
    this.watch()
  }

  private rowOf(device: DeviceDescription): HTMLElement {
    const row = new DeviceRow(device, (wish) => this.drive(device.name, wish))
    this.rows.set(device.name, row)
    if (!this.options.mayDrive) for (const input of row.element.querySelectorAll('input')) input.disabled = true
    if (SEEING.has(device.type) && this.pictures.size < MOST_PICTURES) {
      const picture = new SightPicture(device.name)
      this.pictures.set(device.name, picture)
      row.element.append(picture.element)
    }
    return row.element
  }

  private drive(device: string, wish: MotorWish): void {
    const { host, robot } = this.options
    host.send(`simyard:${JSON.stringify({ type: 'drive', robot, device, ...wish })}`)
  }

  private showReading(reading: DeviceReading): void {
    this.rows.get(reading.device)?.show(reading)
  }
}
