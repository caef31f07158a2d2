import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { checkRelativePath } from './project-files.js'

export interface WorldReference {
  readonly origin: string
  readonly project: string
  /** Project-relative: `worlds/x.wbt`. */
  readonly world: string
}

/** Fills a folder with a project's files. */
export interface ProjectSource {
  /** Whether this source is responsible for the reference's origin. */
  serves(reference: WorldReference): boolean
  fetch(reference: WorldReference, folder: string, signal: AbortSignal): Promise<void>
}

/** `<origin>/projects/<id>/worlds/<world>.wbt`, the address of a world on a website host. */
export function parseWorldUrl(text: string): WorldReference {
  let url: URL
  try {
    url = new URL(text)
  } catch (cause) {
    throw new SimyardError(
      'START_URL_INVALID',
      `${JSON.stringify(text.slice(0, 200))} is not the address of a world.`,
      { cause },
    )
  }
  const match = /^(.*)\/projects\/([A-Za-z0-9][A-Za-z0-9._-]{0,99})\/(worlds\/[^/]+\.wbt)$/.exec(
    decodeURIComponent(url.pathname),
  )
  if (!match || !['http:', 'https:'].includes(url.protocol) || url.username || url.search || url.hash) {
    throw new SimyardError(
      'START_URL_INVALID',
      'Wrong simulation URL: a world on a website host is <origin>/projects/<id>/worlds/<world>.wbt.',
    )
  }
  return { origin: url.origin + match[1]!, project: match[2]!, world: checkRelativePath(match[3]!) }
}

interface FileEntry {
  readonly path: string
  readonly size: number
}

const MAX_PROJECT_BYTES = 200 * 1024 * 1024

/** Projects of website hosts that the operator has named, through their HTTP API. */
export class HttpProjectSource implements ProjectSource {
  constructor(private readonly allowedOrigins: readonly string[]) {}

  serves(reference: WorldReference): boolean {
    return this.allowedOrigins.includes(reference.origin)
  }

  async fetch({ origin, project }: WorldReference, folder: string, signal: AbortSignal): Promise<void> {
    const listing = await this.get(`${origin}/api/v1/projects/${encodeURIComponent(project)}/files`, signal)
    const { files } = (await listing.json()) as { files?: FileEntry[] }
    if (!Array.isArray(files))
      throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `${origin} did not list the files of ${project}.`)
    const total = files.reduce((sum, file) => sum + Number(file.size), 0)
    if (!(total <= MAX_PROJECT_BYTES)) {
      throw new SimyardError(
        'PROJECT_DOWNLOAD_FAILED',
        `Project ${project} has ${total} bytes; at most ${MAX_PROJECT_BYTES} are downloaded.`,
      )
    }
    let received = 0
    for (const file of files) {
      const path = checkRelativePath(String(file.path))
      const address = `${origin}/projects/${encodeURIComponent(project)}/${path.split('/').map(encodeURIComponent).join('/')}`
      const bytes = Buffer.from(await (await this.get(address, signal)).arrayBuffer())
      received += bytes.length
      if (received > MAX_PROJECT_BYTES)
        throw new SimyardError('PROJECT_DOWNLOAD_FAILED', `Project ${project} is larger than it said.`)
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
