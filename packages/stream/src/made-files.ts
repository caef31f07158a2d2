/** Files that came about in a run, such as pictures of floors: in memory, the newest ones. */
export class MadeFiles {
  private readonly files = new Map<string, Uint8Array>()
  private bytes = 0

  constructor(
    private readonly maxFiles = 32,
    private readonly maxBytes = 64 * 1024 * 1024,
  ) {}

  keep(path: string, content: Uint8Array): void {
    this.forget(path)
    this.files.set(path, content)
    this.bytes += content.length
    for (const oldest of this.files.keys()) {
      if (this.files.size <= this.maxFiles && this.bytes <= this.maxBytes) return
      this.forget(oldest)
    }
  }

  read(path: string): Uint8Array | undefined {
    return this.files.get(path)
  }

  get byteCount(): number {
    return this.bytes
  }

  /** The oldest first. */
  list(): Iterable<readonly [path: string, content: Uint8Array]> {
    return this.files
  }

  clear(): void {
    this.files.clear()
    this.bytes = 0
  }

  private forget(path: string): void {
    this.bytes -= this.files.get(path)?.length ?? 0
    this.files.delete(path)
  }
}
