import { type Exhibit, type ExhibitStore, exhibitLimits } from '@simyard/projects'
import {
  ANIMATION_LIST_PATH,
  ANIMATION_UPLOAD_PATH,
  ANIMATION_UPLOADED,
  type AnimationEntry,
  animationNumber,
  reportError,
  SimyardError,
  sortAnimations,
} from '@simyard/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import { AnimationUpload } from './animation-upload.js'
import { CreationLimit } from './creation-limit.js'
import { exhibitPath, siteOrigin } from './exhibit-address.js'
import { refuseForeign } from './foreign-page.js'
import { readUpload } from './upload-form.js'
import type { ViewCount } from './view-count.js'

/*
 * Scenes and animations as Webots itself and the pages of its website upload and list them.
 * See docs/protocol/compat/webots-website.md.
 */

export interface AnimationParts {
  readonly exhibits: ExhibitStore
  /** Uploads of an address. */
  readonly limit: CreationLimit
  readonly views: ViewCount
}

const MINUTE_MS = 60_000
const REQUESTS_A_MINUTE = 240
const MAX_JSON_BYTES = 16 * 1024
const FORM_OVERHEAD_BYTES = 1024 * 1024
/** Scene, animation, thumbnail, and a texture that is none. */
const OTHER_FILES = 4

const FinishRequest = z.object({ uploading: z.literal(0), uploadId: z.coerce.number().int() })
const ListRequest = z.object({
  offset: z.coerce.number().int().min(0).catch(0),
  limit: z.coerce.number().int().min(1).max(100).catch(10),
  sortBy: z.string().max(40).catch(''),
  search: z.string().max(200).catch(''),
  /** `A` and `S`, or the number of a user, of whom there are none here. */
  type: z.union([z.string(), z.number()]).optional().catch(undefined),
  /** A page that is opened. */
  url: z.string().max(2000).optional(),
})

export async function addAnimationRoutes(app: FastifyInstance, parts: AnimationParts): Promise<void> {
  const requests = new CreationLimit(REQUESTS_A_MINUTE, MINUTE_MS, Date.now, 'requests')
  const answer =
    (work: (request: FastifyRequest) => Promise<unknown>) =>
    async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
      reply.header('x-robots-tag', 'noindex').header('cache-control', 'no-store').type('application/json')
      try {
        requests.count(request.ip)
        const result = await work(request)
        return typeof result === 'string' ? result : JSON.stringify(result)
      } catch (error) {
        return refuse(error, request, reply)
      }
    }
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('multipart/form-data', (_request, _payload, done) => done(null))
    // Pages of the originals send JSON as plain text.
    scope.addContentTypeParser('*', { parseAs: 'string', bodyLimit: MAX_JSON_BYTES }, (_request, body, done) =>
      done(null, body),
    )
    scope.post(
      ANIMATION_UPLOAD_PATH,
      answer(async (request) => {
        refuseForeign(request)
        return request.headers['content-type']?.startsWith('multipart/')
          ? create(request, parts)
          : finish(request, parts)
      }),
    )
    scope.post(
      ANIMATION_LIST_PATH,
      answer((request) => list(request, parts)),
    )
  })
}

/** The first request of an upload: files. The key is ours: with it `DELETE /api/v1/recordings/<id>` takes them away. */
async function create(request: FastifyRequest, { exhibits, limit }: AnimationParts): Promise<unknown> {
  limit.count(request.ip)
  const draft = await exhibits.begin()
  try {
    const upload = new AnimationUpload(draft)
    const limits = {
      files: exhibitLimits.assets + OTHER_FILES,
      bytes: exhibitLimits.exhibitBytes + FORM_OVERHEAD_BYTES,
    }
    await readUpload(request.raw, limits, (file) => upload.take(file))
    const exhibit = await draft.seal(upload.describe())
    const others = (await exhibits.list()).filter(({ kind }) => kind === exhibit.kind)
    return { ...describe(exhibit, siteOrigin(request)), total: others.length + 1, key: draft.key }
  } catch (error) {
    await draft.discard()
    throw error
  }
}

/** The second: whoever has sent them tells that the answer to the first has come. */
async function finish(request: FastifyRequest, { exhibits }: AnimationParts): Promise<string> {
  const { uploadId } = parse(FinishRequest, request.body)
  await exhibits.finish(uploadId)
  return ANIMATION_UPLOADED
}

async function list(request: FastifyRequest, { exhibits, views }: AnimationParts): Promise<unknown> {
  const { offset, limit, sortBy, search, type, url } = parse(ListRequest, request.body)
  const origin = siteOrigin(request)
  if (url !== undefined) {
    const exhibit = await exhibits.get(numberOf(url))
    await views.count(exhibit.number, request.ip)
    return { animation: describe(exhibit, origin) }
  }
  const wanted = search.toLowerCase()
  const found = (await exhibits.list()).filter(
    ({ kind, title, info }) =>
      kind !== 'recording' &&
      (type === undefined || type === (kind === 'animation' ? 'A' : 'S')) &&
      [title, ...info].some((text) => text.toLowerCase().includes(wanted)),
  )
  const sorted = sortAnimations(
    found.map((exhibit) => describe(exhibit, origin)),
    sortBy,
  )
  return { animations: sorted.slice(offset, offset + limit), total: found.length }
}

function numberOf(url: string): number {
  const id = /\/[AS]([\w-]{6})(?:[/?#]|$)/.exec(url)?.[1]
  const number = id === undefined ? undefined : animationNumber(id)
  if (number === undefined) throw new SimyardError('EXHIBIT_NOT_FOUND', 'This address is none of a scene or animation.')
  return number
}

/** Its texts are written for HTML: pages of the originals put them into theirs as they come. */
function describe(exhibit: Exhibit, origin: string): AnimationEntry {
  return {
    id: exhibit.number,
    url: `${origin}${exhibitPath(exhibit)}`,
    title: htmlText(exhibit.title),
    description: htmlText(exhibit.info.join('\n')),
    version: exhibit.version,
    duration: exhibit.durationMs,
    size: exhibit.bytes,
    viewed: exhibit.views,
    user: 0,
    uploaded: exhibit.createdAt.slice(0, 19).replace('T', ' '),
  }
}

function htmlText(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`)
}

function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  let value: unknown
  try {
    value = JSON.parse(typeof body === 'string' ? body : '')
  } catch (cause) {
    throw new SimyardError('REQUEST_INVALID', 'The body is not valid JSON.', { cause })
  }
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const message = `The request is not as it should be: ${issue.path.join('.') || 'body'}: ${issue.message}`
  throw new SimyardError('REQUEST_INVALID', message)
}

/** Refusals come with status 200, as from the originals: their pages look for `error`. */
function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply): string {
  const { code, message } = reportError(error)
  if (code === 'INTERNAL') {
    request.log.error(error)
    reply.status(500)
    return JSON.stringify({ error: 'Something went wrong on the server; its log says what.', code })
  }
  if (code === 'RATE_LIMITED') reply.status(429)
  return JSON.stringify({ error: message, code })
}
