/** The copies this browser has made, by the gallery project they come from. Their keys are nowhere else. */
export interface OwnCopy {
  readonly id: string
  readonly key: string
}

const STORED = 'simyard:copies'

export class CopyList {
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {}

  of(original: string): OwnCopy | undefined {
    return this.read()[original]
  }

  byId(id: string): OwnCopy | undefined {
    return Object.values(this.read()).find((copy) => copy.id === id)
  }

  add(original: string, copy: OwnCopy): void {
    this.storage.setItem(STORED, JSON.stringify({ ...this.read(), [original]: copy }))
  }

  remove(id: string): void {
    const rest = Object.entries(this.read()).filter(([, copy]) => copy.id !== id)
    this.storage.setItem(STORED, JSON.stringify(Object.fromEntries(rest)))
  }

  private read(): Record<string, OwnCopy> {
    try {
      const data: unknown = JSON.parse(this.storage.getItem(STORED) ?? '{}')
      return typeof data === 'object' && data !== null ? (data as Record<string, OwnCopy>) : {}
    } catch {
      return {}
    }
  }
}
