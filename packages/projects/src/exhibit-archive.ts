import { Readable } from 'node:stream'
import { ZipFile } from 'yazl'
import type { Exhibit, ExhibitStore } from './exhibit.js'

/** All files of an exhibit as a ZIP archive, read one after the other while the archive is read. */
export function archiveExhibit(store: ExhibitStore, { number, files }: Exhibit): Readable {
  const archive = new ZipFile()
  const output = archive.outputStream as Readable
  // A file that cannot be read any more: the reader must see a broken archive, not a short one.
  archive.on('error', (error: Error) => output.destroy(error))
  for (const { path } of files) {
    archive.addReadStreamLazy(path, (give) => {
      store.openFile(number, path).then(
        ({ content }) => give(undefined, content),
        (error: unknown) => give(error, Readable.from([])),
      )
    })
  }
  archive.end()
  return output
}
