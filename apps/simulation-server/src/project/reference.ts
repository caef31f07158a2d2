import { posix } from 'node:path'
import {
  type ClientRequest,
  isRepositoryUrl,
  parseRepositoryUrl,
  type RepositoryAddress,
  SimyardError,
  setUpError,
  type Visitor,
} from '@simyard/protocol'
import { checkRelativePath } from './project-files.js'

/** Where the world of a start is. `project` is a short name for people and logs, `world` is `worlds/x.wbt`. */
export type WorldReference = SiteReference | HostReference | RepositoryReference | FolderReference

/** A project of a website like ours: `<origin>/projects/<project>/…`. */
export interface SiteReference {
  readonly kind: 'site'
  /** With the path that stands before `/projects`, without a slash at its end. */
  readonly origin: string
  readonly project: string
  readonly world: string
}

/** A project of a website host of the originals, named by `init`. */
export interface HostReference {
  readonly kind: 'host'
  /** Scheme, name and port; empty when the page did not tell. */
  readonly host: string
  readonly project: string
  readonly world: string
  readonly visitor: Visitor
}

export interface RepositoryReference {
  readonly kind: 'repository'
  /** As the visitor wrote it. */
  readonly url: string
  readonly address: RepositoryAddress
  readonly project: string
  readonly world: string
}

/** A project in a folder of this machine. */
export interface FolderReference {
  readonly kind: 'folder'
  /** Absolute path of the project; whether it may be read is for the operator's list of folders to say. */
  readonly folder: string
  readonly project: string
  readonly world: string
}

type StartRequest = Extract<ClientRequest, { type: 'start' | 'init' }>

/** What a visitor asks for. Throws START_URL_INVALID with the originals' words where they have some. */
export function referenceOf(request: StartRequest): WorldReference {
  return request.type === 'start' ? parseWorldUrl(request.url) : parseInit(request)
}

function parseWorldUrl(text: string): WorldReference {
  if (isRepositoryUrl(text)) {
    const address = parseRepositoryUrl(text)
    return {
      kind: 'repository',
      url: text,
      address,
      project: `${address.user}/${address.repository}`,
      world: address.world,
    }
  }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'file:') return parseFileUrl(url)
  const shown = JSON.stringify(text.slice(0, 200))
  const site = url && /^(.*)\/projects\/([^/]+)\/(worlds\/[^/]+)$/.exec(decoded(url.pathname))
  if (!site || !/^https?:$/.test(url.protocol) || url.username || url.search || url.hash) {
    throw new SimyardError(
      'START_URL_INVALID',
      `${shown} is not the address of a world. A world is <site>/projects/<project>/worlds/<world>.wbt or https://github.com/<user>/<repository>/blob/<branch>/…/worlds/<world>.wbt.`,
    )
  }
  return {
    kind: 'site',
    origin: url.origin + site[1]!,
    project: checkProjectName(site[2]!),
    world: checkWorld(site[3]!),
  }
}

function parseFileUrl(url: URL): FolderReference {
  const path = decoded(url.pathname)
  const match = /^(\/.+)\/(worlds\/[^/]+)$/.exec(path)
  if (url.hostname !== '' || url.search || url.hash || path.includes('\\') || path.includes('\0'))
    throw new SimyardError('START_URL_INVALID', setUpError.wrongUrl)
  if (!match) throw new SimyardError('START_URL_INVALID', setUpError.missingWorldsFolder)
  const folder = posix.normalize(match[1]!)
  return { kind: 'folder', folder, project: posix.basename(folder), world: checkWorld(match[2]!) }
}

function parseInit(request: Extract<StartRequest, { type: 'init' }>): HostReference {
  return {
    kind: 'host',
    host: request.host === '' ? '' : hostOrigin(request.host),
    project: checkProjectName(request.project),
    world: checkWorld(`worlds/${request.world}`),
    visitor: request.visitor,
  }
}

/** A page's origin as `init` tells it: `www.` does not count, and no path or password may hide in it. */
function hostOrigin(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash
  if (
    !plain ||
    !/^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])$/.test(url.hostname) ||
    url.hostname.includes('..')
  ) {
    throw new SimyardError(
      'START_URL_INVALID',
      `${JSON.stringify(text.slice(0, 200))} is not the address of a website.`,
    )
  }
  url.hostname = url.hostname.replace(/^www\./, '')
  return url.origin + decoded(url.pathname).replace(/\/+$/, '')
}

function checkProjectName(name: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(name)) return name
  throw new SimyardError('START_URL_INVALID', `${JSON.stringify(name.slice(0, 100))} is not the name of a project.`)
}

/** Names with `:` or `;` could not be told on the stream. */
function checkWorld(path: string): string {
  if (!path.endsWith('.wbt') || path === 'worlds/.wbt')
    throw new SimyardError('START_URL_INVALID', setUpError.missingWorldFile)
  if (!/^worlds\/[^/\\:;\u0000-\u001f\u007f]+$/.test(path))
    throw new SimyardError('START_URL_INVALID', `${JSON.stringify(path.slice(0, 200))} is not the name of a world.`)
  return checkRelativePath(path)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch (cause) {
    throw new SimyardError('START_URL_INVALID', setUpError.wrongUrl, { cause })
  }
}
