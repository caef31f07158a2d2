import { SimyardError } from '@simyard/protocol'
import type { FileSource } from '@simyard/scene'
import { type HarnessResult, type HarnessRun, repositoryPath, runWorld } from './harness.js'

/** The harness in a page: files and the engine come over HTTP from where the page came. */
export function runInPage(run: HarnessRun): Promise<HarnessResult> {
  const files: FileSource = {
    async read(url) {
      const response = await fetch(`/${repositoryPath(run.world, url)}`)
      if (!response.ok) throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`)
      return new Uint8Array(await response.arrayBuffer())
    },
  }
  return runWorld(run, files, { locateFile: (name) => `/engine/${name}` })
}
