/** Text that is not saved yet survives a reload, a crash and an empty battery. */
export class DraftStore {
  constructor(
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>,
    private readonly project: () => string,
  ) {}

  get(path: string): string | undefined {
    return this.storage.getItem(this.name(path)) ?? undefined
  }

  /** False when the browser did not keep it. */
  put(path: string, text: string): boolean {
    try {
      this.storage.setItem(this.name(path), text)
      return true
    } catch {
      return false
    }
  }

  remove(path: string): void {
    this.storage.removeItem(this.name(path))
  }

  private name(path: string): string {
    return `simyard:draft:${this.project()}:${path}`
  }
}
