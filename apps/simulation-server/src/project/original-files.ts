import { existsSync, rmSync } from 'node:fs'
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { checkRelativePath, readInside } from './project-files.js'

const FOLDER = 'controllers'

/** The controllers of a project as they came, so that a changed one can be restored. */
export class OriginalFiles {
  private readonly kept: string

  /** @param baseDir the project whose files count as the original ones; absent: those that came first. */
  constructor(
    private readonly projectDir: string,
    private readonly baseDir: string | undefined,
  ) {
    this.kept = `${projectDir}-original`
  }

  /** To be called when the files have come, and before anything changes them. */
  async keep(): Promise<void> {
    const from = join(this.projectDir, FOLDER)
    if (this.baseDir !== undefined || !existsSync(from)) return
    // For the server only: programs are shown their own folder and must not find a second one.
    await mkdir(this.kept, { mode: 0o700, recursive: true })
    await cp(from, join(this.kept, FOLDER), { recursive: true, verbatimSymlinks: true })
  }

  /** Puts `<controller>/<file>` back. Throws FILE_PATH_INVALID or FILE_NOT_FOUND, and then nothing has changed. */
  async restore(path: string): Promise<void> {
    const normal = checkRelativePath(path)
    if (normal !== path || !/^[^/]+\/[^/]+(\/[^/]+)*$/.test(path)) {
      throw new SimyardError(
        'FILE_PATH_INVALID',
        `${JSON.stringify(path.slice(0, 200))} is not <controller>/<file>, as reset controller names it.`,
      )
    }
    const relative = `${FOLDER}/${path}`
    const content = await readInside(this.baseDir ?? this.kept, relative)
    const target = join(this.projectDir, relative)
    // A link on the way could lead the writing elsewhere: what is there must be a file of the project, or nothing.
    if (existsSync(target)) await readInside(this.projectDir, relative)
    else await mkdir(dirname(target), { recursive: true })
    await writeFile(target, content)
  }

  remove(): void {
    rmSync(this.kept, { recursive: true, force: true })
  }
}
