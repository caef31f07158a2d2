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

const MAX_LISTING_BYTES = 16 * 1024 * 1024

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
    const listing = await this.get(
      `${origin}/api/v1/projects/${encodeURIComponent(project)}/files`,
      MAX_LISTING_BYTES,
      signal,
    )
    const files = filesOf(listing)
    if (!files) throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${origin} did not list the files of ${project}.`)
    const total = files.reduce((sum, file) => sum + Number(file.size), 0)
    if (!(total <= this.limits.bytes) || files.length > this.limits.files) throw projectTooLarge(this.limits)
    let left = this.limits.bytes
    for (const file of files) {
      const path = checkRelativePath(String(file.path))
      const address = `${origin}/projects/${encodeURIComponent(project)}/${path.split('/').map(encodeURIComponent).join('/')}`
      const bytes = await this.get(address, left, signal)
      left -= bytes.length
      await mkdir(dirname(join(folder, path)), { recursive: true })
      await writeFile(join(folder, path), bytes)
    }
  }

  /** The content at an address, of at most so many bytes. */
  private async get(url: string, mostBytes: number, signal: AbortSignal): Promise<Buffer> {
    let response: Response
    const chunks: Uint8Array[] = []
    try {
      response = await fetch(url, { signal, redirect: 'error' })
      let received = 0
      for await (const chunk of response.body ?? []) {
        received += chunk.length
        if (received > mostBytes) throw projectTooLarge(this.limits)
        chunks.push(chunk)
      }
    } catch (cause) {
      if (cause instanceof SimyardError) throw cause
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${url} cannot be reached: ${(cause as Error).message}.`, {
        cause,
      })
    }
    if (response.status === 404) throw new SimyardError('PROJECT_NOT_FOUND', `${url} does not exist.`)
    if (!response.ok)
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${url} answered with status ${response.status}.`)
    return Buffer.concat(chunks)
  }
}

/** The entries of a site's answer, or undefined when it is another one. */
function filesOf(listing: Buffer): readonly FileEntry[] | undefined {
  try {
    const { files } = JSON.parse(listing.toString()) as { files?: FileEntry[] }
    return Array.isArray(files) ? files : undefined
  } catch {
    return undefined
  }
}
