import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ProjectStore } from '@simyard/projects'
import type { ProjectSource, SiteReference } from '@simyard/simulation-server'

/**
 * Projects of the site in the same process. Every origin counts as this site, since visitors reach it under names that
 * it cannot know (localhost, an address, a proxy's name); nothing is fetched from anywhere, so a foreign origin only
 * names a project of ours.
 */
export class StoreProjectSource implements ProjectSource {
  constructor(private readonly store: ProjectStore) {}

  serves(_reference: SiteReference): boolean {
    return true
  }

  async fetch({ project }: SiteReference, folder: string, signal: AbortSignal): Promise<void> {
    for (const file of await this.store.files(project)) {
      signal.throwIfAborted()
      const { content } = await this.store.readFile(project, file.path)
      await mkdir(dirname(join(folder, file.path)), { recursive: true })
      await writeFile(join(folder, file.path), content)
    }
  }
}
