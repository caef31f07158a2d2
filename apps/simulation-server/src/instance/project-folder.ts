import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { OriginalFiles } from '../project/original-files.js'
import { openForReading } from '../project/project-files.js'
import type { PreparedProject } from '../project/project-source.js'
import type { Stage } from '../stage.js'

/** The folder of one instance: its own copy of the project, removed with it. */
export class ProjectFolder {
  readonly path: string
  private readonly abort = new AbortController()
  private originals: OriginalFiles | undefined

  constructor(
    stage: Stage,
    port: number,
    private readonly project: Promise<PreparedProject>,
  ) {
    this.path = join(stage.instancesDir, `${port}-${Date.now().toString(36)}`)
    mkdirSync(this.path, { mode: 0o755 })
  }

  /** Rejects with what the visitor should know; ends at once when the folder is removed. */
  async fill(): Promise<void> {
    const project = await this.project
    try {
      await project.fill(this.path, this.abort.signal)
      await openForReading(this.path)
      this.originals = new OriginalFiles(this.path, project.baseDir)
      await this.originals.keep()
    } finally {
      // What was being written while the visitor left.
      if (this.abort.signal.aborted) this.removeFiles()
    }
  }

  /** `<controller>/<file>` as the project came with it. */
  async restore(path: string): Promise<void> {
    await this.originals?.restore(path)
  }

  remove(): void {
    this.abort.abort()
    this.removeFiles()
    this.project.then(
      (project) => project.release(),
      // There was none.
      () => undefined,
    )
  }

  private removeFiles(): void {
    this.originals?.remove()
    rmSync(this.path, { recursive: true, force: true })
  }
}
