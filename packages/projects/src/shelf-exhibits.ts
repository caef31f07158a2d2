import { randomInt } from 'node:crypto'
import { LARGEST_NEW_ANIMATION_NUMBER, SimyardError } from '@simyard/protocol'
import {
  type Exhibit,
  type ExhibitContent,
  type ExhibitDescription,
  type ExhibitDraft,
  type ExhibitFile,
  type ExhibitStore,
  exhibitLimits,
} from './exhibit.js'
import type { ExhibitRecord, ExhibitShelf } from './exhibit-shelf.js'
import { isDiskFull } from './file-tree.js'
import { checkFilePath } from './path.js'
import { hashKey, keyMatches, newKey } from './secret.js'

export interface ExhibitStoreOptions {
  /** Bytes that all exhibits together may have. */
  readonly siteBytes?: number
  /** How long a sealed draft waits to be finished. */
  readonly draftAgeMs?: number
  readonly now?: () => number
}

const GIB = 1024 ** 3
const DEFAULT_SITE_BYTES = 4 * GIB
const DEFAULT_DRAFT_AGE_MS = 15 * 60_000

/** Limits, keys and the list of what there is, over a shelf. */
export class ShelfExhibits implements ExhibitStore {
  private records: Promise<Map<number, ExhibitRecord>> | undefined
  /** Bytes of uploads that are under way. */
  private readonly underWay = new Map<number, number>()
  /** Changes of one exhibit wait for each other, so that none is lost. */
  private readonly turns = new Map<number, Promise<unknown>>()
  private readonly siteBytes: number
  private readonly draftAgeMs: number
  private readonly now: () => number

  constructor(
    private readonly shelf: ExhibitShelf,
    options: ExhibitStoreOptions,
  ) {
    this.siteBytes = options.siteBytes ?? DEFAULT_SITE_BYTES
    this.draftAgeMs = options.draftAgeMs ?? DEFAULT_DRAFT_AGE_MS
    this.now = options.now ?? Date.now
  }

  async begin(): Promise<ExhibitDraft> {
    const records = await this.all()
    const waiting = [...records.values()].filter(({ shown }) => !shown).length
    if (waiting + this.underWay.size >= exhibitLimits.drafts) {
      const message = 'Too many uploads wait to be finished; try again in a few minutes.'
      throw new SimyardError('EXHIBIT_QUOTA_EXCEEDED', message)
    }
    let number: number
    do number = randomInt(1, LARGEST_NEW_ANIMATION_NUMBER + 1)
    while (records.has(number) || this.underWay.has(number))
    this.underWay.set(number, 0)
    const key = newKey()
    const files: ExhibitFile[] = []
    const put = async (path: string, content: AsyncIterable<Uint8Array>, mostBytes: number): Promise<number> => {
      checkAnother(files, path)
      const size = await this.onDisk(
        this.shelf.put(number, path, this.counted(number, path, content, mostBytes, records)),
      )
      files.push({ path, size })
      return size
    }
    const seal = async (description: ExhibitDescription): Promise<Exhibit> => {
      const record: ExhibitRecord = {
        number,
        ...description,
        info: [...description.info],
        files,
        views: 0,
        createdAt: new Date(this.now()).toISOString(),
        keyHash: hashKey(key),
        shown: false,
      }
      await this.onDisk(this.shelf.save(record))
      records.set(number, record)
      this.underWay.delete(number)
      return present(record)
    }
    const discard = async (): Promise<void> => {
      this.underWay.delete(number)
      records.delete(number)
      await this.shelf.remove(number)
    }
    return { number, key, put, seal, discard }
  }

  async finish(number: number): Promise<Exhibit> {
    return this.inTurn(number, async () => {
      const record = (await this.all()).get(number)
      if (!record) throw notFound()
      return record.shown ? present(record) : this.change({ ...record, shown: true })
    })
  }

  async list(): Promise<readonly Exhibit[]> {
    const shown = [...(await this.all()).values()].filter((record) => record.shown)
    shown.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0))
    return shown.map(present)
  }

  async get(number: number): Promise<Exhibit> {
    return present(await this.shown(number))
  }

  async openFile(number: number, path: string): Promise<ExhibitContent> {
    const { files } = await this.shown(number)
    // Only what was written down is opened: a path from outside never reaches the disk.
    const file = files.find((one) => one.path === path)
    if (!file) throw new SimyardError('FILE_NOT_FOUND', `There is no file ${JSON.stringify(path.slice(0, 120))} in it.`)
    return this.shelf.open(number, file.path)
  }

  async replaceFile(number: number, path: string, content: Uint8Array, key: string): Promise<Exhibit> {
    return this.inTurn(number, async () => {
      const record = await this.owned(number, key)
      const others = record.files.filter((file) => file.path !== path)
      checkAnother(others, path)
      if (bytesOf(others) + content.length > exhibitLimits.exhibitBytes) throw tooLarge()
      this.checkRoom(await this.all(), content.length)
      const size = await this.onDisk(this.shelf.put(number, path, once(content)))
      return this.change({ ...record, files: [...others, { path, size }] })
    })
  }

  async remove(number: number, key: string): Promise<void> {
    await this.inTurn(number, async () => {
      await this.owned(number, key)
      ;(await this.all()).delete(number)
      await this.shelf.remove(number)
    })
  }

  async countView(number: number): Promise<void> {
    await this.inTurn(number, async () => {
      const record = await this.shown(number)
      await this.change({ ...record, views: record.views + 1 })
    })
  }

  async sweep(): Promise<number> {
    const records = await this.all()
    const oldest = new Date(this.now() - this.draftAgeMs).toISOString()
    const late = [...records.values()].filter(({ shown, createdAt }) => !shown && createdAt < oldest)
    let removed = 0
    for (const { number } of late) {
      await this.inTurn(number, async () => {
        if (records.get(number)?.shown !== false) return
        records.delete(number)
        await this.shelf.remove(number)
        removed++
      })
    }
    return removed
  }

  private async *counted(
    number: number,
    path: string,
    content: AsyncIterable<Uint8Array>,
    mostBytes: number,
    records: ReadonlyMap<number, ExhibitRecord>,
  ): AsyncGenerator<Uint8Array> {
    let size = 0
    for await (const chunk of content) {
      size += chunk.length
      const all = (this.underWay.get(number) ?? 0) + chunk.length
      if (size > mostBytes) throw new SimyardError('FILE_TOO_LARGE', `${path} has more than ${mostBytes} bytes.`)
      if (all > exhibitLimits.exhibitBytes) throw tooLarge()
      this.checkRoom(records, chunk.length)
      this.underWay.set(number, all)
      yield chunk
    }
  }

  private checkRoom(records: ReadonlyMap<number, ExhibitRecord>, more: number): void {
    let used = more
    for (const { files } of records.values()) used += bytesOf(files)
    for (const bytes of this.underWay.values()) used += bytes
    if (used > this.siteBytes) {
      const message = 'This site has no room for more uploads. Its operator can delete some, or give them more room.'
      throw new SimyardError('EXHIBIT_QUOTA_EXCEEDED', message)
    }
  }

  private async change(record: ExhibitRecord): Promise<Exhibit> {
    await this.onDisk(this.shelf.save(record))
    ;(await this.all()).set(record.number, record)
    return present(record)
  }

  private async shown(number: number): Promise<ExhibitRecord> {
    const record = (await this.all()).get(number)
    if (!record?.shown) throw notFound()
    return record
  }

  private async owned(number: number, key: string): Promise<ExhibitRecord> {
    const record = await this.shown(number)
    if (!keyMatches(key, record.keyHash)) {
      const message = 'The key is not the one that the upload returned; only who uploaded this can change or delete it.'
      throw new SimyardError('EXHIBIT_WRONG_KEY', message)
    }
    return record
  }

  private all(): Promise<Map<number, ExhibitRecord>> {
    this.records ??= this.shelf.load().then(
      (found) => new Map(found.map((record) => [record.number, record])),
      (error: unknown) => {
        this.records = undefined
        throw error
      },
    )
    return this.records
  }

  private async onDisk<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (cause) {
      if (!isDiskFull(cause)) throw cause
      throw new SimyardError('DISK_FULL', 'The disk of this site is full; try again later.', { cause })
    }
  }

  private async inTurn<T>(number: number, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(number) ?? Promise.resolve()
    const mine = before.then(work, work)
    this.turns.set(number, mine)
    try {
      return await mine
    } finally {
      if (this.turns.get(number) === mine) this.turns.delete(number)
    }
  }
}

/** What an exhibit may have beside its textures and meshes: a scene, an animation or recording, a picture. */
const OWN_FILES = 3

/** Whether a file may be added to others: no path may be another's in other letters, or its folder. */
function checkAnother(others: readonly ExhibitFile[], path: string): void {
  const key = checkFilePath(path).toLowerCase()
  for (const other of others) {
    const known = other.path.toLowerCase()
    if (known === key || known.startsWith(`${key}/`) || key.startsWith(`${known}/`)) {
      const message = `The upload has ${JSON.stringify(other.path)} and cannot have ${JSON.stringify(path)} too.`
      throw new SimyardError('FILE_PATH_INVALID', message)
    }
  }
  if (others.length >= exhibitLimits.assets + OWN_FILES)
    throw new SimyardError('FILE_TOO_LARGE', `An upload may have ${exhibitLimits.assets} textures and meshes.`)
}

function tooLarge(): SimyardError {
  return new SimyardError('FILE_TOO_LARGE', `The upload has more than ${exhibitLimits.exhibitBytes} bytes.`)
}

function present({ keyHash, shown, ...rest }: ExhibitRecord): Exhibit {
  return { ...rest, bytes: bytesOf(rest.files) }
}

function bytesOf(files: readonly ExhibitFile[]): number {
  return files.reduce((sum, { size }) => sum + size, 0)
}

function notFound(): SimyardError {
  return new SimyardError('EXHIBIT_NOT_FOUND', 'There is nothing here to look at: check the link, or it was deleted.')
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content
}
