import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { copyFolder } from './folder-source.js'
import { Git, type Revision } from './git.js'
import { removeStrayLinks } from './links.js'
import { explainDisk, type ProjectLimits, requireSize } from './project-limits.js'
import { type Preparation, type PreparedProject, requireWorld } from './project-source.js'
import type { RepositoryReference } from './reference.js'
import { RepositoryCache } from './repository-cache.js'
import { SharedWork } from './shared-work.js'

export interface RepositorySourceOptions {
  readonly limits: ProjectLimits
  readonly mirror: string | undefined
  readonly cacheDir: string
  readonly cacheBytes: number
}

/** Projects of repositories, fetched by git. */
export class RepositorySource {
  private readonly git: Git
  private readonly limits: ProjectLimits
  private readonly cache: RepositoryCache
  private readonly resolving = new SharedWork<Revision>()

  constructor(options: RepositorySourceOptions) {
    this.limits = options.limits
    this.git = new Git(options.limits, options.mirror)
    this.cache = new RepositoryCache(options.cacheDir, options.cacheBytes)
  }

  async prepare({ address, world }: RepositoryReference, waiter: Preparation): Promise<PreparedProject> {
    const name = `${address.user}/${address.repository}`
    waiter.progress(`Fetching ${name} from GitHub`)
    const question = [name, address.revision, ...address.parts].join(' ')
    const revision = await this.resolving.join(question, waiter, (preparation) =>
      this.git.resolve(address, preparation),
    )
    const key = `${name.toLowerCase()} ${revision.commit} ${revision.folder}`
    const entry = await this.cache
      .take(key, waiter, (folder, preparation) => this.fetch(address, revision, folder, preparation))
      .catch((error: unknown) => {
        throw explainDisk(error)
      })
    const project = revision.folder === '' ? entry.filesDir : join(entry.filesDir, revision.folder)
    try {
      await requireWorld(project, world)
    } catch (error) {
      entry.release()
      throw error
    }
    return {
      fill: async (folder, signal) => {
        await copyFolder(project, folder, signal)
        // Once more: a link into another folder of the repository leads out of the project.
        await removeStrayLinks(folder)
        entry.release()
      },
      release: entry.release,
    }
  }

  private async fetch(
    address: RepositoryReference['address'],
    revision: Revision,
    folder: string,
    preparation: Preparation,
  ): Promise<void> {
    await this.git.fetch(address, revision, folder, preparation)
    await rm(join(folder, '.git'), { recursive: true, force: true })
    await requireSize(folder, this.limits)
    const removed = await removeStrayLinks(folder)
    for (const path of removed) preparation.progress(`Left out ${path}: a link that leads out of the repository`)
  }

  async close(): Promise<void> {
    await this.resolving.close()
    await this.cache.close()
  }
}
