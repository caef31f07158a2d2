import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { checkRelativePath } from './project-files.js'
import { type ProjectLimits, projectTooLarge } from './project-limits.js'
import type { ProjectSource } from './project-source.js'
import type { SiteReference } from './reference.js'

interface FileEntry {
  readonly path: string
  readonly size: number
}

/** Projects of website hosts that the operator has named, through their HTTP API. */
export class HttpProjectSource implements ProjectSource {
  constructor(
    private readonly allowedOrigins: readonly string[],
    private readonly limits: ProjectLimits,
  ) {}

  serves(reference: SiteReference): boolean {
    return this.allowedOrigins.includes(reference.origin)
  }

  async fetch({ origin, project }: SiteReference, folder: string, visitor: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([visitor, AbortSignal.timeout(this.limits.timeoutMs)])
    const listing = await this.get(`${origin}/api/v1/projects/${encodeURIComponent(project)}/files`, signal)
    const { files } = (await listing.json()) as { files?: FileEntry[] }
    if (!Array.isArray(files))
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${origin} did not list the files of ${project}.`)
    const total = files.reduce((sum, file) => sum + Number(file.size), 0)
    if (!(total <= this.limits.bytes) || files.length > this.limits.files) throw projectTooLarge(this.limits)
    let received = 0
    for (const file of files) {
      const path = checkRelativePath(String(file.path))
      const address = `${origin}/projects/${encodeURIComponent(project)}/${path.split('/').map(encodeURIComponent).join('/')}`
      const bytes = Buffer.from(await (await this.get(address, signal)).arrayBuffer())
      received += bytes.length
      if (received > this.limits.bytes) throw projectTooLarge(this.limits)
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), bytes)
    }
  }

  private async get(url: string, signal: AbortSignal): Promise<Response> {
    let response: Response
    try {
      response = await fetch(url, { signal, redirect: 'error' })
    } catch (cause) {
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${url} cannot be reached: ${(cause as Error).message}.`, {
        cause,
      })
    }
    if (response.status === 404) throw new SimyardError('PROJECT_NOT_FOUND', `${url} does not exist.`)
    if (!response.ok)
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${url} answered with status ${response.status}.`)
    return response
  }
}
