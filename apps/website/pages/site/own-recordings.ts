const STORED = 'simyard:recordings'

/** Keys of what this browser has uploaded, by its id. They are nowhere else. */
export class OwnRecordings {
  constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'>) {}

  key(id: string): string | undefined {
    const key = this.read()[id]
    return typeof key === 'string' ? key : undefined
  }

  add(id: string, key: string): void {
    this.storage.setItem(STORED, JSON.stringify({ ...this.read(), [id]: key }))
  }

  remove(id: string): void {
    const { [id]: _, ...rest } = this.read()
    this.storage.setItem(STORED, JSON.stringify(rest))
  }

  private read(): Record<string, unknown> {
    try {
      const data: unknown = JSON.parse(this.storage.getItem(STORED) ?? '{}')
      return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {}
    } catch {
      return {}
    }
  }
}
