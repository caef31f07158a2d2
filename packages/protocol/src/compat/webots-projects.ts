/**
 * Where Webots' simulation servers take projects from: addresses of repositories, and the words for what is wrong with
 * them. See docs/protocol/compat/webots-website.md.
 */
import { SimyardError } from '../errors.js'
import { type Visitor, visitorFields } from './webots-client.js'

/** The originals' texts, told after `loading: Error: `. */
export const setUpError = {
  wrongUrl: 'Wrong Webots simulation URL',
  missingBlob: (found: string) => `Missing blob in Webots simulation URL, founds ${found}`,
  missingWorldsFolder: 'Missing worlds folder in Webots simulation URL',
  missingWorldFile: 'Missing world file in Webots simulation URL',
  missingWorld: (world: string) => `${world} does not exist.`,
  notConfined: 'Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
  idleTimeNotShared: 'This simulation server is not configured to share idle time.',
  loadAboveThreshold: (load: string) => `Cannot share idle time when current load is above threshold: ${load}.`,
  blockedRepository: (url: string) => `Cannot run simulation from blocked repository: ${url}`,
} as const

/** A world in a repository on GitHub. */
export interface RepositoryAddress {
  readonly user: string
  /** Without `.git`. */
  readonly repository: string
  readonly revision: 'tag' | 'branch' | 'either'
  /**
   * What stands before `worlds`: the name of a tag or branch and the project's folder. Names may contain slashes, so
   * only the repository knows where the one ends and the other begins.
   */
  readonly parts: readonly string[]
  /** Project-relative: `worlds/x.wbt`. */
  readonly world: string
}

const GITHUB = 'https://github.com/'
const USER = /^[a-z\d](?:[a-z\d]|-(?=[a-z\d])){0,38}$/i
const REPOSITORY = /^[a-z\d_.-]{1,100}$/i
const MAX_PARTS = 40

export function isRepositoryUrl(url: string): boolean {
  return url.startsWith(GITHUB) || url.startsWith('webots://')
}

/**
 * `https://github.com/<user>/<repository>/<blob|tree>/<tag or branch>/<folder…>/worlds/<world>.wbt`, and the older
 * `webots://github.com/<user>/<repository>/<tag|branch>/<name>/<folder…>/worlds/<world>.wbt`.
 *
 * Parts are decoded (`%20`), because that is how browsers write them. A query or a fragment is no part of a file's name
 * and the address then lacks its world, as with the originals.
 */
export function parseRepositoryUrl(url: string): RepositoryAddress {
  const recent = url.startsWith(GITHUB)
  if (!recent && !url.startsWith('webots://github.com/')) throw wrong(setUpError.wrongUrl)
  const [user = '', name = '', kind = '', ...rest] = url
    .slice(recent ? GITHUB.length : 'webots://github.com/'.length)
    .split('/')
  if (rest.length < 3) throw wrong(setUpError.wrongUrl)
  if (recent ? kind !== 'blob' && kind !== 'tree' : kind !== 'tag' && kind !== 'branch') {
    throw wrong(recent ? setUpError.missingBlob(kind) : setUpError.wrongUrl)
  }
  const file = rest.at(-1)!
  if (rest.at(-2) !== 'worlds') throw wrong(setUpError.missingWorldsFolder)
  if (!/^[^?#]+\.wbt$/.test(file)) throw wrong(setUpError.missingWorldFile)
  const repository = name.replace(/\.git$/i, '')
  if (!USER.test(user) || !REPOSITORY.test(repository) || /^\.+$/.test(repository)) throw wrong(setUpError.wrongUrl)
  const parts = rest.slice(0, -2).map(decodePart)
  if (parts.length > MAX_PARTS || !isRevisionPart(parts[0]!)) throw wrong(setUpError.wrongUrl)
  return {
    user,
    repository,
    revision: recent ? 'either' : (kind as 'tag' | 'branch'),
    parts,
    world: `worlds/${decodePart(file)}`,
  }
}

/** One part of a path in a repository, decoded; what could mean another place is refused. */
function decodePart(part: string): string {
  let text: string
  try {
    text = decodeURIComponent(part)
  } catch {
    throw wrong(setUpError.wrongUrl)
  }
  if (text === '' || /^\.{1,2}$|[/\\\u0000-\u001f\u007f?#]/.test(text) || /^\.git$/i.test(text))
    throw wrong(setUpError.wrongUrl)
  return text
}

/** Whether a part can belong to the name of a tag or branch, by git's rules. */
export function isRevisionPart(part: string): boolean {
  return !/[\s~^:?*[\\]|\.\.|@\{|^[-.]|\.$|\.lock$|^@$/.test(part)
}

/** One form for every spelling of an address, to compare with prefixes: `https://github.com/user/repository/blob/…`. */
export function canonicalRepositoryUrl(address: RepositoryAddress): string {
  const place = [...address.parts, ...address.world.split('/')].join('/')
  return `${GITHUB}${address.user}/${address.repository}/blob/${place}`.replace(
    /^[^/]+\/\/[^/]+\/[^/]+\/[^/]+/,
    (text) => text.toLowerCase(),
  )
}

/**
 * Whether an address begins with a prefix of an operator's list. A prefix ends where a part of the path ends:
 * `https://github.com/alice` is not the beginning of `https://github.com/alice2/…`. Users and repositories are compared
 * without regard to case, as GitHub does.
 */
export function matchesRepositoryPrefix(address: RepositoryAddress, prefix: string): boolean {
  const url = canonicalRepositoryUrl(address)
  const [host = '', user = '', repository = '', kind, ...rest] = prefix
    .replace(/\/+$/, '')
    .replace(/^https:\/\/(www\.)?/i, '')
    .split('/')
  const start = [host, user, repository.replace(/\.git$/i, '')]
    .filter((part) => part !== '')
    .map((part) => part.toLowerCase())
  const parts = kind === undefined ? start : [...start, kind === 'tree' ? 'blob' : kind, ...rest]
  return `${url}/`.startsWith(`https://${parts.join('/')}/`)
}

/** Path of the website host's answer to simulation servers. */
export const DOWNLOAD_PATH = '/ajax/download-project.php'
/** Path of the website host's answer to its pages' editor. */
export const UPLOAD_PATH = '/ajax/upload-file.php'

/** The form in which a simulation server asks a website host for a visitor's project, as `[name, value]`. */
export function downloadFields(project: string, key: string, visitor: Visitor): [string, string][] {
  return [['project', project], ['key', key], ...visitorFields.map((name): [string, string] => [name, visitor[name]])]
}

export type DownloadAnswer =
  | { readonly type: 'archive' }
  /** The visitor has no files of this project: what the simulation server has is right. */
  | { readonly type: 'no-such-directory' }
  | { readonly type: 'error'; readonly reason: string }
  | { readonly type: 'unknown' }

/** What a website host's answer is, by its beginning. */
export function downloadAnswer(beginning: string): DownloadAnswer {
  if (beginning.startsWith('PK')) return { type: 'archive' }
  if (beginning.startsWith(NO_SUCH_DIRECTORY)) return { type: 'no-such-directory' }
  const reason = /^Error:\s*([^\r\n]{0,300})/.exec(beginning)?.[1]
  return reason === undefined ? { type: 'unknown' } : { type: 'error', reason: reason || 'no reason given' }
}

const NO_SUCH_DIRECTORY = 'Error: no such directory: '

/** What a website host answers, with status 200, when it refuses. */
export const hostError = {
  missing: (field: string) => `Error: Missing ${field}.`,
  wrong: (what: string) => `Error: Wrong ${what}.`,
  noSuchDirectory: (directory: string) => `${NO_SUCH_DIRECTORY}'${directory}'.`,
  quotaExceeded: (detail: string) => `Error: Disk quota exceeded: ${detail}`,
} as const

/** The whole answer to an upload that worked. */
export const UPLOAD_OK = 'OK'

function wrong(message: string): SimyardError {
  return new SimyardError('START_URL_INVALID', message)
}
