import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { ProjectSource, WorldReference } from '../project/project-source.js'
import { makeReadable, type Stage } from '../stage.js'

/** The folder of one instance: its own copy of the project, removed with it. */
export class ProjectFolder {
  readonly path: string
  private readonly abort = new AbortController()

  constructor(stage: Stage, port: number) {
    this.path = join(stage.instancesDir, `${port}-${Date.now().toString(36)}`)
    mkdirSync(this.path, { mode: 0o755 })
  }

  get removed(): boolean {
    return this.abort.signal.aborted
  }

  /** Fills the folder. Rejects with what the visitor should know; ends at once when the folder is removed. */
  async fill(source: ProjectSource, reference: WorldReference): Promise<void> {
    await source.fetch(reference, this.path, this.abort.signal)
    makeReadable(this.path)
  }

  remove(): void {
    this.abort.abort()
    rmSync(this.path, { recursive: true, force: true })
  }
}
