import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Where the parts of a checkout are, from the built file `apps/simyard/dist/layout.js`. */
const root = fileURLToPath(new URL('../../../', import.meta.url))

export const layout = {
  root,
  version: (JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { version: string }).version,
  simulatorDir: `${root}apps/simulator/dist/bundle`,
  pythonDir: `${root}python`,
  javascriptDir: `${root}javascript/controller`,
  /** Its `protos/` is what worlds may read. */
  assetsDir: root.replace(/\/$/, ''),
  galleryDir: `${root}projects`,
  pagesDir: `${root}apps/website/dist/pages`,
  workerDir: `${root}apps/simulator/dist/worker`,
  scriptsDir: `${root}packages/client/dist/pages`,
  pagePythonDir: `${root}apps/website/dist/python`,
  viewDir: `${root}apps/web-view/dist`,
} as const

/** Parts that a build makes, with what is missing when it did not run. */
export function missingBuilds(): string[] {
  return [layout.simulatorDir, layout.workerDir, layout.pagesDir].filter((path) => !existsSync(path))
}
