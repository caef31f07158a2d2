/** The scene in which a recording begins. */
export interface RecordedScene {
  readonly world: string
  readonly title: string
  readonly basicTimeStepMs: number
  /** Wall-clock frames a second that the world asks for. */
  readonly fps: number
  readonly robots: readonly { readonly nodeId: number; readonly name: string }[]
  /** The scene's text, in the forms that are known. */
  readonly xml: Readonly<Partial<Record<'x3d' | 'x3d-2019', string>>>
}

/** Nodes that came or went. */
export type RecordedChange =
  | {
      readonly type: 'node-added'
      readonly timeMs: number
      readonly parentId: number
      readonly xml: Readonly<Partial<Record<'x3d' | 'x3d-2019', string>>>
    }
  | { readonly type: 'node-removed'; readonly timeMs: number; readonly id: number }

/** What was told beside the picture: a line of the console, the end of a controller. */
export interface RecordedEvent {
  readonly timeMs: number
  readonly type: string
  readonly [detail: string]: unknown
}
