import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { measureFolder } from './project-limits.js'
import type { Preparation } from './project-source.js'
import { SharedWork } from './shared-work.js'

/** Files of a project that stay where they are until they are given back. */
export interface CacheEntry {
  readonly filesDir: string
  /** May be called twice. */
  release(): void
}

const UNFINISHED = /^unfinished-(\d+)-/

/**
 * Fetched projects by what they are: each is fetched once, also when several want it at the same moment. What was not
 * used for the longest time goes when the folder is full.
 *
 * `<dir>/<hash>/files/…`, `<dir>/<hash>/entry.json`; the time of `entry.json` is that of the last use.
 */
export class RepositoryCache {
  private readonly making = new SharedWork<void>()
  private readonly users = new Map<string, number>()
  private opened: Promise<void> | undefined
  private tidying: Promise<void> = Promise.resolve()
  private serial = 0

  constructor(
    private readonly dir: string,
    private readonly maxBytes: number,
  ) {}

  /** The entry of a key; `make` fills an empty folder when there is none. */
  async take(
    key: string,
    waiter: Preparation,
    make: (folder: string, preparation: Preparation) => Promise<void>,
  ): Promise<CacheEntry> {
    this.opened ??= this.open()
    await this.opened
    const name = createHash('sha256').update(key).digest('hex').slice(0, 40)
    const entry = join(this.dir, name)
    this.hold(name, 1)
    let held = true
    const release = () => {
      if (held) this.hold(name, -1)
      held = false
    }
    try {
      if (!existsSync(join(entry, 'entry.json'))) {
        await this.making.join(name, waiter, (preparation) => this.make(name, key, preparation, make))
      }
      const now = new Date()
      await utimes(join(entry, 'entry.json'), now, now)
      return { filesDir: join(entry, 'files'), release }
    } catch (error) {
      release()
      throw error
    }
  }

  private async open(): Promise<void> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 })
    for (const name of await readdir(this.dir)) {
      const pid = UNFINISHED.exec(name)?.[1]
      // A server that was killed could not remove what it had begun.
      if (pid && Number(pid) !== process.pid && existsSync('/proc') && !existsSync(`/proc/${pid}`))
        await rm(join(this.dir, name), { recursive: true, force: true })
    }
  }

  private async make(
    name: string,
    key: string,
    preparation: Preparation,
    make: (folder: string, preparation: Preparation) => Promise<void>,
  ): Promise<void> {
    const unfinished = join(this.dir, `unfinished-${process.pid}-${this.serial++}`)
    const files = join(unfinished, 'files')
    try {
      await mkdir(files, { recursive: true })
      await make(files, preparation)
      const { bytes } = await measureFolder(files)
      await writeFile(join(unfinished, 'entry.json'), JSON.stringify({ key, bytes }))
      await rename(unfinished, join(this.dir, name)).catch((error: NodeJS.ErrnoException) => {
        // Another server with the same folder was faster.
        if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
      })
    } finally {
      await rm(unfinished, { recursive: true, force: true })
    }
    this.tidying = this.tidying.then(() => this.tidy()).catch(() => undefined)
    await this.tidying
  }

  /** Removes what was not used for the longest time until the rest fits. */
  private async tidy(): Promise<void> {
    const entries: { name: string; bytes: number; usedMs: number }[] = []
    for (const name of await readdir(this.dir)) {
      if (UNFINISHED.test(name)) continue
      const file = join(this.dir, name, 'entry.json')
      try {
        const { bytes } = JSON.parse(await readFile(file, 'utf8')) as { bytes: number }
        entries.push({ name, bytes, usedMs: (await stat(file)).mtimeMs })
      } catch {
        if (!this.users.has(name)) await rm(join(this.dir, name), { recursive: true, force: true })
      }
    }
    let total = entries.reduce((sum, { bytes }) => sum + bytes, 0)
    for (const { name, bytes } of entries.sort((a, b) => a.usedMs - b.usedMs)) {
      if (total <= this.maxBytes) return
      if (this.users.has(name)) continue
      await rm(join(this.dir, name), { recursive: true, force: true })
      total -= bytes
    }
  }

  private hold(name: string, change: 1 | -1): void {
    const count = (this.users.get(name) ?? 0) + change
    if (count === 0) this.users.delete(name)
    else this.users.set(name, count)
  }

  close(): Promise<void> {
    return this.making.close()
  }
}
