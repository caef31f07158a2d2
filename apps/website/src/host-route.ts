import { createHash, timingSafeEqual } from 'node:crypto'
import { archiveProject, limits, type ProjectStore } from '@simyard/projects'
import { DOWNLOAD_PATH, hostError, reportError, SimyardError, UPLOAD_OK, UPLOAD_PATH } from '@simyard/protocol'
import { parse as parseCookie } from 'cookie'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { CreationLimit } from './creation-limit.js'
import { isForeign } from './foreign-page.js'

/*
 * The website host's part for simulation servers and editors of the originals. A visitor is a copy: user1Id is its id
 * and user1Authentication its key. See docs/protocol/compat/webots-website.md.
 */

export interface HostParts {
  readonly store: ProjectStore
  readonly hostKey?: string
}

const MINUTE_MS = 60_000
const REQUESTS_A_MINUTE = 240
const WRONG_KEYS_A_MINUTE = 20
/** Guessing a key is slow. */
const WRONG_KEY_DELAY_MS = 1000
const MAX_FORM_BYTES = 64 * 1024

/** A refusal in the originals' words, sent with status 200. */
class Refusal extends Error {
  constructor(
    readonly text: string,
    readonly wrongKey = false,
  ) {
    super(text)
  }
}

export function addHostRoutes(app: FastifyInstance, { store, hostKey }: HostParts): void {
  const requests = new CreationLimit(REQUESTS_A_MINUTE, MINUTE_MS, Date.now, 'requests')
  const wrongKeys = new CreationLimit(WRONG_KEYS_A_MINUTE, MINUTE_MS, Date.now, 'wrong keys')

  const answer =
    (work: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      reply.header('x-robots-tag', 'noindex').header('cache-control', 'no-store')
      try {
        requests.count(request.ip)
        return await work(request, reply)
      } catch (error) {
        return refuse(error, request, reply)
      }
    }

  const refuse = async (error: unknown, request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    reply.type('text/plain; charset=utf-8')
    if (error instanceof Refusal && error.wrongKey) {
      await new Promise((resolve) => setTimeout(resolve, WRONG_KEY_DELAY_MS))
      try {
        wrongKeys.count(request.ip)
      } catch (tooMany) {
        return reply.status(429).send(`Error: ${reportError(tooMany).message}`)
      }
    }
    if (error instanceof Refusal) return reply.send(error.text)
    const { code, message } = reportError(error)
    if (code === 'INTERNAL') {
      request.log.error(error)
      return reply.status(500).send('Error: Something went wrong on the server; its log says what.')
    }
    return reply.status(code === 'RATE_LIMITED' ? 429 : 200).send(`Error: ${message}`)
  }

  if (hostKey !== undefined) {
    app.post(
      DOWNLOAD_PATH,
      { bodyLimit: MAX_FORM_BYTES },
      answer(async (request, reply) => {
        const form = await readForm(request)
        const [user, authentication, key, project] = required(form, 'user1Id', 'user1Authentication', 'key', 'project')
        if (!sameText(key, hostKey)) throw new Refusal(hostError.wrong('key'), true)
        if (project.includes('/') || project.includes('..')) throw new Refusal(hostError.wrong('project'))
        const id = user === '' ? await findProject(store, project) : await findCopy(store, user, project)
        if (user !== '' && authentication !== '') await checkAuthentication(store, id, authentication)
        return reply
          .type('application/zip')
          .header('content-disposition', `attachment; filename=${project}.zip`)
          .send(await archiveProject(store, id))
      }),
    )
  }

  app.post(
    UPLOAD_PATH,
    { bodyLimit: limits.fileBytes + MAX_FORM_BYTES },
    answer(async (request) => {
      const form = await readForm(request)
      const credentials = credentialsOf(request, form)
      const [dirname, filename] = required(form, 'dirname', 'filename')
      const content = await contentOf(form)
      if (filename.includes('/') || filename === 'runtime.ini') throw new Refusal(hostError.wrong('filename'))
      const place = /^([^/]+)\/(controllers\/[^/]+)$/.exec(dirname)
      if (!place || dirname.includes('..')) throw new Refusal(hostError.wrong('dirname'))
      const id = await findCopy(store, credentials.user, place[1]!)
      try {
        await store.writeFile(id, `${place[2]}/${filename}`, content, credentials.authentication)
      } catch (error) {
        throw inHostWords(error)
      }
      return UPLOAD_OK
    }),
  )
}

async function findProject(store: ProjectStore, project: string): Promise<string> {
  await store.get(project).catch((error: unknown) => {
    throw absent(error, `projects/${project}`)
  })
  return project
}

/** The visitor's copy, when it is one of that project: told by its own id or by that of what it is a copy of. */
async function findCopy(store: ProjectStore, user: string, project: string): Promise<string> {
  const directory = `user/${user.slice(0, 80)}/projects/${project.slice(0, 80)}`
  const { copyOf } = await store.get(user).catch((error: unknown) => {
    throw absent(error, directory)
  })
  if (copyOf === undefined || (project !== user && project !== copyOf))
    throw new Refusal(hostError.noSuchDirectory(directory))
  return user
}

function absent(error: unknown, directory: string): unknown {
  const missing = error instanceof SimyardError && error.code === 'PROJECT_NOT_FOUND'
  return missing ? new Refusal(hostError.noSuchDirectory(directory)) : error
}

async function checkAuthentication(store: ProjectStore, id: string, key: string): Promise<void> {
  await store.checkKey(id, key).catch((error: unknown) => {
    throw inHostWords(error)
  })
}

function inHostWords(error: unknown): unknown {
  if (!(error instanceof SimyardError)) return error
  switch (error.code) {
    case 'PROJECT_WRONG_KEY':
      return new Refusal(hostError.wrong('user1Authentication'), true)
    case 'PROJECT_QUOTA_EXCEEDED':
    case 'FILE_TOO_LARGE':
      return new Refusal(hostError.quotaExceeded(error.message))
    case 'FILE_PATH_INVALID':
      return new Refusal(hostError.wrong('filename'))
    default:
      return error
  }
}

/**
 * Who uploads, by fields of the form or by cookies of the same names. A page of another site can make a browser send
 * cookies, so that these count only when the browser says that the page is ours.
 */
function credentialsOf(request: FastifyRequest, form: FormData): { user: string; authentication: string } {
  const foreign = isForeign(request)
  if (foreign === true) throw new Refusal('Error: Uploads from pages of other sites are refused.')
  const cookies = foreign === false ? parseCookie(request.headers.cookie ?? '') : {}
  const value = (name: string): string => {
    const text = form.get(name) ?? cookies[name]
    if (typeof text !== 'string') throw new Refusal(hostError.missing(name))
    return text
  }
  return { user: value('user1Id'), authentication: value('user1Authentication') }
}

/** Fields of a form, URL-encoded or multipart. */
async function readForm(request: FastifyRequest): Promise<FormData> {
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const type = request.headers['content-type'] ?? ''
  try {
    return await new Response(new Uint8Array(body), { headers: { 'content-type': type } }).formData()
  } catch (cause) {
    throw new SimyardError('REQUEST_INVALID', 'The request is not a form.', { cause })
  }
}

/** The text of a file, which editors send as a field or as a file. */
async function contentOf(form: FormData): Promise<Buffer> {
  const content = form.get('content')
  if (content === null) throw new Refusal(hostError.missing('content'))
  // A form turns the ends of lines of a text field into CR LF.
  if (typeof content === 'string') return Buffer.from(content.replaceAll('\r\n', '\n'))
  return Buffer.from(await content.arrayBuffer())
}

/** The values of fields, which may be empty. Refuses the first that is missing. */
function required<Names extends readonly string[]>(
  form: FormData,
  ...names: Names
): { [Index in keyof Names]: string } {
  return names.map((name) => {
    const value = form.get(name)
    if (typeof value !== 'string') throw new Refusal(hostError.missing(name))
    return value
  }) as { [Index in keyof Names]: string }
}

function sameText(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}
