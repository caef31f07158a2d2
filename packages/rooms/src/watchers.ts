/** Somebody who sees the stream of a room, and is no member. */
interface Watcher {
  readonly username: string
  readonly tokenId: string | undefined
}

/** Who watches a room. */
export class Watchers {
  private readonly byId = new Map<string, Watcher>()

  get count(): number {
    return this.byId.size
  }

  get(id: string): Watcher | undefined {
    return this.byId.get(id)
  }

  add(id: string, watcher: Watcher): void {
    this.byId.set(id, watcher)
  }

  /** False when nobody with this id watches. */
  remove(id: string): boolean {
    return this.byId.delete(id)
  }

  list(): { readonly user_id: string; readonly username: string }[] {
    return [...this.byId].map(([user_id, { username }]) => ({ user_id, username }))
  }

  /** Everybody is gone; returns who that was. */
  clear(): string[] {
    const ids = [...this.byId.keys()]
    this.byId.clear()
    return ids
  }
}
