import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { ProjectStore } from './store.js'

/**
 * A project as a ZIP archive whose root is the project's root. Files are read one after the other while the archive is
 * read, so that a large project does not fill the memory.
 */
export async function archiveProject(store: ProjectStore, id: string): Promise<Readable> {
  const files = await store.files(id)
  const archive = new ZipFile()
  const output = archive.outputStream as Readable
  // A file that cannot be read any more: the reader must see a broken archive, not a short one.
  archive.on('error', (error: Error) => output.destroy(error))
  for (const { path } of files) {
    archive.addReadStreamLazy(path, (give) => {
      store.readFile(id, path).then(
        ({ content }) => give(undefined, Readable.from([Buffer.from(content)])),
        (error: unknown) => give(error, Readable.from([])),
      )
    })
  }
  archive.end()
  return output
}
