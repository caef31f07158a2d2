import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { reportError, SimyardError } from '@simyard/protocol'
import type { ExhibitContent, ExhibitStore } from './exhibit.js'
import { ExhibitRecord, type ExhibitShelf } from './exhibit-shelf.js'
import { isAbsent, replaceFile, syncFolder } from './file-tree.js'
import { randomSuffix } from './secret.js'
import { type ExhibitStoreOptions, ShelfExhibits } from './shelf-exhibits.js'

export interface FolderExhibitsOptions extends ExhibitStoreOptions {
  /** Exhibits live in `<dataDir>/exhibits/<number>/`; created when absent. */
  readonly dataDir: string
  /** Told of a folder that is left out because its record cannot be read. */
  readonly onProblem?: (folder: string, message: string) => void
}

const RECORD = 'exhibit.json'
const TEMPORARY = 'exhibit-'

/** Exhibits that last, one folder each. */
export function createFolderExhibits(options: FolderExhibitsOptions): ExhibitStore {
  return new ShelfExhibits(new FolderShelf(options), options)
}

class FolderShelf implements ExhibitShelf {
  private readonly root: string
  private readonly temporary: string

  constructor(private readonly options: FolderExhibitsOptions) {
    this.root = join(options.dataDir, 'exhibits')
    this.temporary = join(options.dataDir, 'tmp')
  }

  async load(): Promise<readonly ExhibitRecord[]> {
    await this.clearTemporary()
    const found: ExhibitRecord[] = []
    for (const name of await this.folders()) {
      try {
        found.push(ExhibitRecord.parse(JSON.parse(await readFile(join(this.root, name, RECORD), 'utf8'))))
      } catch (error) {
        // No record: its upload was cut off by the end of the process before.
        if (isAbsent(error)) await rm(join(this.root, name), { recursive: true, force: true })
        else this.options.onProblem?.(name, reportError(error).message)
      }
    }
    return found
  }

  async put(number: number, path: string, content: AsyncIterable<Uint8Array>): Promise<number> {
    const target = join(this.folder(number), 'files', path)
    await Promise.all([mkdir(dirname(target), { recursive: true }), mkdir(this.temporary, { recursive: true })])
    const temporary = join(this.temporary, `${TEMPORARY}${randomSuffix(12)}`)
    let size = 0
    try {
      const file = await open(temporary, 'wx', 0o644)
      try {
        for await (const chunk of content) {
          await file.writeFile(chunk)
          size += chunk.length
        }
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    await syncFolder(dirname(target))
    return size
  }

  async save(record: ExhibitRecord): Promise<void> {
    const folder = this.folder(record.number)
    await Promise.all([mkdir(folder, { recursive: true }), mkdir(this.temporary, { recursive: true })])
    await replaceFile(join(folder, RECORD), JSON.stringify(record), this.temporary)
    await syncFolder(this.root)
  }

  async open(number: number, path: string): Promise<ExhibitContent> {
    try {
      const file = await open(join(this.folder(number), 'files', path), 'r')
      const { size } = await file.stat()
      return { size, content: file.createReadStream() }
    } catch (cause) {
      if (!isAbsent(cause)) throw cause
      throw new SimyardError('FILE_NOT_FOUND', `The file ${JSON.stringify(path)} is not there any more.`, { cause })
    }
  }

  async remove(number: number): Promise<void> {
    // The record first: a folder without one is cleared away at the next start.
    await rm(join(this.folder(number), RECORD), { force: true })
    await rm(this.folder(number), { recursive: true, force: true })
  }

  /** Files whose upload was cut off by the end of the process before. */
  private async clearTemporary(): Promise<void> {
    const left = (await entriesOf(this.temporary)).filter(({ name }) => name.startsWith(TEMPORARY))
    await Promise.all(left.map(({ name }) => rm(join(this.temporary, name), { force: true })))
  }

  private async folders(): Promise<string[]> {
    const entries = await entriesOf(this.root)
    return entries.filter((entry) => entry.isDirectory() && /^\d+$/.test(entry.name)).map(({ name }) => name)
  }

  private folder(number: number): string {
    return join(this.root, String(number))
  }
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  try {
    return await readdir(folder, { withFileTypes: true })
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}
