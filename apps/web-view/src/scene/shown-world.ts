import type { RobotSummary } from '@simyard/protocol'
import { number, strings } from './attribute.js'

/** What is known of the world that is shown. */
export class ShownWorld {
  /** The worlds of the project. */
  list: { readonly current: string; readonly all: readonly string[] } = { current: '', all: [] }
  robots: readonly RobotSummary[] = []

  /** `settings`: the nodes of the scene that set up its picture. */
  constructor(private readonly settings: () => readonly Element[]) {}

  get title(): string {
    return this.info?.getAttribute('title') ?? ''
  }

  /** What the world says of itself. */
  get sentences(): readonly string[] {
    const { info } = this
    return info ? strings(info, 'info') : []
  }

  get basicTimeStepMs(): number {
    return this.figure('basicTimeStep', 32)
  }

  get fps(): number {
    return this.figure('FPS', 30)
  }

  private get info(): Element | undefined {
    return this.settings().find(({ tagName }) => tagName === 'WorldInfo')
  }

  private figure(name: string, otherwise: number): number {
    const { info } = this
    return (info && number(info, name, otherwise)) || otherwise
  }
}
