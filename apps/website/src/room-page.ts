import type { IncomingMessage } from 'node:http'
import type { ProjectStore } from '@simyard/projects'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { sendPage } from './page-file.js'

/** A room for a page whose simulator runs in the visitor's tab. */
export interface PageRoom {
  readonly id: string
  readonly code: string
  readonly key: string
  readonly setCookie: string
}

/** `again`: the id that a page which is loaded again had; a room of another browser is not given out. */
export type OpenPageRoom = (request: IncomingMessage, again?: string) => PageRoom

interface RoomPage {
  readonly pagesDir: string
  readonly file: string
  readonly store: Pick<ProjectStore, 'get'>
  readonly openRoom: OpenPageRoom
}

/** The world when the address names no project. */
const DEFAULT_PROJECT = 'fossbot'
const PAGES = { '/godot': 'godot.html', '/godotcode': 'godotcode.html' } as const

/**
 * The pages of FOSSBot's users. Each load has a room of its own, whose id stands in `#session-id`, where programs that
 * read the page look for it.
 */
export function addRoomPages(
  app: FastifyInstance,
  pagesDir: string,
  store: Pick<ProjectStore, 'get'>,
  openRoom: OpenPageRoom,
): void {
  app.get('/join', (_request, reply) => sendPage(isolate(reply), pagesDir, 'join.html'))
  // The address in the picture of a code.
  app.get('/join/:code', (request, reply) => {
    const { code } = request.params as { code: string }
    return reply.redirect(`../join?code=${encodeURIComponent(code)}`)
  })
  app.get('/watch/:code', (request, reply) => {
    const { code } = request.params as { code: string }
    return reply.redirect(`../join?code=${encodeURIComponent(code)}&watch=1`)
  })
  for (const [route, file] of Object.entries(PAGES)) {
    app.get(route, (request, reply) => openPage(request, reply, { pagesDir, file, store, openRoom }))
  }
}

async function openPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { pagesDir, file, store, openRoom }: RoomPage,
): Promise<FastifyReply> {
  const { room: again, project = DEFAULT_PROJECT } = request.query as { room?: unknown; project?: unknown }
  const world = await firstWorld(store, String(project))
  const { id, code, key, setCookie } = openRoom(request.raw, typeof again === 'string' ? again : undefined)
  isolate(reply).header('set-cookie', setCookie).header('cache-control', 'no-store')
  return sendPage(reply, pagesDir, file, { texts: { ROOM_ID: id, ROOM_CODE: code, ROOM_KEY: key, WORLD: world } })
}

/** The page starts with it at once, instead of asking which worlds there are. Empty when there is no such project. */
async function firstWorld(store: Pick<ProjectStore, 'get'>, id: string): Promise<string> {
  const project = await store.get(id).catch(() => undefined)
  const path = project?.worlds[0]
  if (path === undefined) return ''
  return `projects/${[id, ...path.split('/')].map(encodeURIComponent).join('/')}`
}

/** A page with these headers may share memory with its workers: Python's calls wait for their answers there. */
export function isolate(reply: FastifyReply): FastifyReply {
  return reply
    .header('cross-origin-opener-policy', 'same-origin')
    .header('cross-origin-embedder-policy', 'require-corp')
}
