import { Readable } from 'node:stream'
import { SimyardError } from '@simyard/protocol'
import type { ExhibitContent, ExhibitStore } from './exhibit.js'
import type { ExhibitRecord, ExhibitShelf } from './exhibit-shelf.js'
import { type ExhibitStoreOptions, ShelfExhibits } from './shelf-exhibits.js'

/** Exhibits that are gone when the process ends. */
export function createMemoryExhibits(options: ExhibitStoreOptions = {}): ExhibitStore {
  return new ShelfExhibits(new MemoryShelf(), options)
}

class MemoryShelf implements ExhibitShelf {
  private readonly files = new Map<number, Map<string, Buffer>>()

  async load(): Promise<readonly ExhibitRecord[]> {
    return []
  }

  async put(number: number, path: string, content: AsyncIterable<Uint8Array>): Promise<number> {
    const chunks: Uint8Array[] = []
    for await (const chunk of content) chunks.push(chunk)
    const bytes = Buffer.concat(chunks)
    const folder = this.files.get(number) ?? new Map<string, Buffer>()
    this.files.set(number, folder.set(path, bytes))
    return bytes.length
  }

  async save(): Promise<void> {
    // The list of what there is is all that is kept of records.
  }

  async open(number: number, path: string): Promise<ExhibitContent> {
    const bytes = this.files.get(number)?.get(path)
    if (!bytes) throw new SimyardError('FILE_NOT_FOUND', `There is no file ${JSON.stringify(path)} in it.`)
    return { size: bytes.length, content: Readable.from([bytes]) }
  }

  async remove(number: number): Promise<void> {
    this.files.delete(number)
  }
}
