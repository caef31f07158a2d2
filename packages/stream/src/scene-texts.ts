import type { ServerToSimulator } from '@simyard/protocol'

export type SceneForm = 'x3d' | 'x3d-2019'

/** The scene as XML in both forms, asked of the simulator once for all who wait, and kept while it is the same. */
export class SceneTexts<Waiting> {
  private readonly texts = new Map<SceneForm, string>()
  private readonly requests = new Map<number, { readonly form: SceneForm; readonly waiting: Waiting[] }>()
  private nextRequest = 1

  constructor(private readonly toSimulator: (message: ServerToSimulator) => void) {}

  /** Undefined when it has been asked for, and `who` waits. */
  get(form: SceneForm, who: Waiting): string | undefined {
    const text = this.texts.get(form)
    if (text !== undefined) return text
    for (const request of this.requests.values()) {
      if (request.form === form) {
        request.waiting.push(who)
        return undefined
      }
    }
    const request = this.nextRequest++
    this.requests.set(request, { form, waiting: [who] })
    this.toSimulator({ type: 'export-scene', request, dialect: form })
    return undefined
  }

  /** Returns who waited for it: nobody when nobody has asked, or the world is another one by now. */
  answer(request: number, text: string): readonly Waiting[] {
    const asked = this.requests.get(request)
    if (!asked) return []
    this.requests.delete(request)
    this.texts.set(asked.form, text)
    return asked.waiting
  }

  /** The scene has changed; what is on its way is of now. */
  change(): void {
    this.texts.clear()
  }

  /** Another world: what is on its way is of the old one. */
  leave(): void {
    this.texts.clear()
    this.requests.clear()
  }
}
