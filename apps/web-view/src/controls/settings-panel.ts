import { checkbox, field, heading, Panel, textButton } from './panel.js'

/** One thing that can be switched, of the picture or of what lies over it. */
export interface Setting {
  readonly group: string
  readonly label: string
  readonly note?: string
  get(): boolean
  set(on: boolean): void
}

/** Switches of the picture; more may be added by what the view can do. */
export class SettingsPanel extends Panel {
  private readonly settings: Setting[] = []
  private readonly controls: { readonly group: string; readonly make: () => HTMLElement }[] = []

  constructor(
    private readonly onResetCamera: () => void,
    onClose: () => void,
  ) {
    super('Settings', onClose)
  }

  /** What can be set is another picture's. */
  clear(): void {
    this.settings.length = 0
    this.controls.length = 0
  }

  add(...settings: Setting[]): void {
    this.settings.push(...settings)
  }

  /** A control of another kind; made anew each time the panel opens. */
  addControl(group: string, make: () => HTMLElement): void {
    this.controls.push({ group, make })
  }

  override show(): void {
    const groups = [...new Set([...this.settings, ...this.controls].map(({ group }) => group))]
    this.content.replaceChildren(
      textButton('Reset the camera', () => this.onResetCamera()),
      ...groups.flatMap((group) => [
        heading(group),
        ...this.controls.filter((one) => one.group === group).map(({ make }) => make()),
        ...this.settings
          .filter((one) => one.group === group)
          .map((one) =>
            field(
              one.label,
              checkbox(one.get(), (on) => one.set(on)),
              one.note,
            ),
          ),
      ]),
    )
    super.show()
  }
}
