import { join } from 'node:path'
import { type ClientRequest, SimyardError } from '@simyard/protocol'
import { localProject, prepareFolder } from './folder-source.js'
import { HostKeys } from './host-keys.js'
import { prepareHostProject } from './host-source.js'
import type { ProjectConfig } from './project-config.js'
import { explainDisk, type ProjectLimits } from './project-limits.js'
import type { Preparation, PreparedProject, ProjectSource } from './project-source.js'
import { type HostReference, referenceOf, type SiteReference, type WorldReference } from './reference.js'
import { checkRepository, type RepositoryRules } from './repository-rules.js'
import { RepositorySource } from './repository-source.js'
import { writeSessionFiles } from './session-file.js'
import { HttpProjectSource } from './site-source.js'

export interface ProjectLibraryOptions {
  readonly config: ProjectConfig & { readonly websites: readonly string[] }
  /** Sites beside the websites of the configuration, asked first. */
  readonly sites: readonly ProjectSource[]
  /** Folder of this server for what is being fetched. */
  readonly workDir: string
  /** Whether programs are confined: others' repositories run only then. */
  readonly confined: boolean
  /** Percent, now. */
  load(): number
}

/** A project that somebody wants and that may run here. */
export interface WantedProject {
  readonly reference: WorldReference
  prepare(preparation: Preparation): Promise<PreparedProject>
}

type StartRequest = Extract<ClientRequest, { type: 'start' | 'init' }>
type Prepare = WantedProject['prepare']

/** Every place that projects come from, behind one question. */
export class ProjectLibrary {
  private readonly limits: ProjectLimits
  private readonly sites: readonly ProjectSource[]
  private readonly ownSites: readonly ProjectSource[]
  private readonly keys: HostKeys
  private readonly repositories: RepositorySource
  private readonly rules: RepositoryRules

  constructor(private readonly options: ProjectLibraryOptions) {
    const { config } = options
    this.limits = {
      bytes: config.projectMiB * 1024 * 1024,
      files: config.projectFiles,
      timeoutMs: config.projectTimeout * 1000,
    }
    this.ownSites = options.sites
    this.sites = [...options.sites, new HttpProjectSource(config.websites, this.limits)]
    this.keys = new HostKeys(config.keyDir)
    this.repositories = new RepositorySource({
      limits: this.limits,
      mirror: config.repositoryMirror,
      cacheDir: config.repositoryCache ?? join(options.workDir, 'repositories'),
      cacheBytes: config.repositoryCacheMiB * 1024 * 1024,
    })
    this.rules = { ...config, confined: options.confined, load: () => options.load() }
  }

  /** What a start asks for, if it may run here; nothing is fetched yet. */
  async find(request: StartRequest): Promise<WantedProject> {
    const reference = referenceOf(request)
    const { prepare, found = reference } = await this.locate(reference)
    const session = {
      host: request.type === 'init' ? request.host : undefined,
      project: found.project,
      world: found.world,
    }
    return {
      reference: found,
      prepare: async (preparation) => {
        const project = await prepare(preparation)
        return {
          ...project,
          fill: async (folder, signal) => {
            try {
              await project.fill(folder, signal)
              await writeSessionFiles(folder, session, request.visitor)
            } catch (error) {
              throw explainDisk(error)
            }
          },
        }
      },
    }
  }

  private async locate(reference: WorldReference): Promise<{ prepare: Prepare; found?: WorldReference }> {
    switch (reference.kind) {
      case 'site':
        return { prepare: this.siteProject(reference) }
      case 'folder':
        return {
          prepare: () =>
            prepareFolder(reference, { allowedFolders: this.options.config.allowedFolders, limits: this.limits }),
        }
      case 'repository':
        checkRepository(reference, this.rules)
        return { prepare: (preparation) => this.repositories.prepare(reference, preparation) }
      case 'host':
        return this.locateHost(reference)
    }
  }

  /**
   * `init` names a host that the visitor chose. It is contacted only when the operator has put its key into keyDir or
   * listed it in websites, and on another port than the usual one only when it is listed with that port.
   */
  private async locateHost(reference: HostReference): Promise<{ prepare: Prepare; found?: WorldReference }> {
    const { host, project, world, visitor } = reference
    const site: SiteReference = { kind: 'site', origin: host, project, world }
    if (this.ownSites.some((one) => one.serves(site))) return { prepare: this.siteProject(site), found: site }
    const { config, workDir } = this.options
    const listed = config.websites.includes(host)
    const baseDir = await localProject(config.projectsDir, project)
    const key = await this.keys.find(host)
    const contact = visitor.user1Id !== '' && key !== undefined
    if (contact && !listed && new URL(host).port !== '') {
      throw new SimyardError(
        'START_ORIGIN_REFUSED',
        `This simulation server does not contact ${host} on that port. Its operator can allow it with "websites".`,
      )
    }
    if (visitor.user1Id !== '' && !contact && (baseDir !== undefined || !listed)) {
      throw new SimyardError(
        'HOST_KEY_MISSING',
        `This simulation server has no key of ${host || 'the website host'}, so it cannot fetch the visitor's project. Its operator can put the key into "keyDir".`,
      )
    }
    if (!contact && baseDir === undefined) {
      if (key !== undefined && !listed)
        throw new SimyardError(
          'PROJECT_NOT_FOUND',
          `There is no project ${JSON.stringify(project)} on this simulation server.`,
        )
      return { prepare: this.siteProject(site), found: site }
    }
    return {
      prepare: (preparation) =>
        prepareHostProject(
          reference,
          { limits: this.limits, incomingDir: join(workDir, 'incoming'), baseDir, key: contact ? key : undefined },
          preparation,
        ),
    }
  }

  private siteProject(reference: SiteReference): Prepare {
    const source = this.sites.find((candidate) => candidate.serves(reference))
    if (!source) {
      throw new SimyardError(
        'START_ORIGIN_REFUSED',
        `This simulation server does not run projects of ${reference.origin || 'an unknown site'}. Its operator can allow it with "websites".`,
      )
    }
    return async () => ({
      fill: (folder, signal) => source.fetch(reference, folder, signal),
      release: () => undefined,
    })
  }

  /** Ends what is being fetched. */
  close(): Promise<void> {
    return this.repositories.close()
  }
}
