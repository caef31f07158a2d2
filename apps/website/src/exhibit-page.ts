import { extname } from 'node:path'
import { pipeline } from 'node:stream'
import { createGzip } from 'node:zlib'
import { archiveExhibit, type Exhibit, type ExhibitStore } from '@simyard/projects'
import { animationNumber, SimyardError } from '@simyard/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { filePath } from './api-route.js'
import { contentType } from './content-type.js'
import { exhibitPath } from './exhibit-address.js'
import { ANIMATION, RECORDING, SCENE } from './exhibit-file.js'
import { sendPage } from './page-file.js'
import { secureFile } from './security-header.js'
import type { ViewCount } from './view-count.js'

export interface ExhibitPageParts {
  readonly exhibits: ExhibitStore
  readonly pagesDir: string
  readonly views: ViewCount
}

/** Scenes, animations and recordings; each has its files below its page. */
const PAGES = ['/S:id', '/A:id', '/r/:id'] as const
/** Where pages of the originals look for the files. */
const OLD_PLACES = ['/storage/S:id', '/storage/A:id'] as const
/** Files that no one can replace. */
const lasting: ReadonlySet<string> = new Set([SCENE, ANIMATION, RECORDING])
/** Endings of files that become much smaller on their way. */
const texts: ReadonlySet<string> = new Set(['.x3d', '.json', '.obj', '.dae', '.stl'])
const GZIP_LEVEL = 4

export function addExhibitPages(app: FastifyInstance, parts: ExhibitPageParts): void {
  app.get('/recordings', (_request, reply) => sendPage(reply, parts.pagesDir, 'recordings.html', { policy: 'exhibit' }))
  for (const page of PAGES) {
    app.get(page, (request, reply) => showExhibit(request, reply, parts))
    app.get(`${page}/archive.zip`, async (request, reply) => {
      const exhibit = await parts.exhibits.get(numberOf(request))
      secureFile(reply)
      return reply
        .header('content-disposition', `attachment; filename=${archiveName(exhibit)}.zip`)
        .header('cache-control', 'no-cache')
        .type('application/zip')
        .send(archiveExhibit(parts.exhibits, exhibit))
    })
  }
  for (const place of [...PAGES, ...OLD_PLACES]) {
    app.get(`${place}/*`, (request, reply) => sendFile(request, reply, parts.exhibits))
  }
}

async function showExhibit(
  request: FastifyRequest,
  reply: FastifyReply,
  { exhibits, pagesDir, views }: ExhibitPageParts,
): Promise<FastifyReply> {
  const number = numberOf(request)
  const exhibit = await exhibits.get(number).catch((error: unknown) => {
    if (error instanceof SimyardError && error.code === 'EXHIBIT_NOT_FOUND') return undefined
    throw error
  })
  // The page itself says that there is nothing.
  if (!exhibit) return sendPage(reply.status(404), pagesDir, 'exhibit.html', { policy: 'exhibit' })
  const path = exhibitPath(exhibit)
  if (!request.url.startsWith(path)) return reply.redirect(path)
  views.count(number, request.ip).catch((error: unknown) => request.log.warn(error))
  return sendPage(reply, pagesDir, 'exhibit.html', { policy: 'exhibit' })
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, exhibits: ExhibitStore): Promise<FastifyReply> {
  const number = numberOf(request)
  const path = filePath(request)
  const { content, size } = await exhibits.openFile(number, path)
  secureFile(reply)
  reply.header('cache-control', 'no-cache')
  if (lasting.has(path)) {
    const tag = `"${number}-${size}"`
    reply.header('etag', tag)
    if (request.headers['if-none-match']?.includes(tag)) {
      content.destroy()
      return reply.status(304).send()
    }
  }
  reply.type(contentType(path)).header('vary', 'accept-encoding')
  if (!texts.has(extname(path)) || !/\bgzip\b/.test(String(request.headers['accept-encoding'])))
    return reply.header('content-length', size).send(content)
  const packed = createGzip({ level: GZIP_LEVEL })
  // What breaks breaks the answer too: both streams are destroyed.
  pipeline(content, packed, () => undefined)
  return reply.header('content-encoding', 'gzip').send(packed)
}

function numberOf(request: FastifyRequest): number {
  const { id = '' } = request.params as { id?: string }
  const number = animationNumber(id)
  if (number !== undefined) return number
  throw new SimyardError('ROUTE_NOT_FOUND', `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`)
}

function archiveName({ title, kind }: Exhibit): string {
  const plain = title
    .toLowerCase()
    .replace(/[^a-z\d]+/g, '-')
    .replace(/^-|-$/g, '')
  return plain === '' ? kind : plain
}
