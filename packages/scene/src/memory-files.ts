import { SimyardError } from '@simyard/protocol'
import type { FileSource } from './files.js'

/** Files kept in memory by URL: for tests, and for worlds that come out of an editor. */
export function memoryFiles(files: Readonly<Record<string, string | Uint8Array>>): FileSource {
  return {
    async read(url) {
      const file = files[url]
      if (file === undefined) throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
      return typeof file === 'string' ? new TextEncoder().encode(file) : file
    },
  }
}
