import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import fastifyStatic from '@fastify/static'
import { type ExhibitStore, limits, type ProjectStore } from '@simyard/projects'
import { SimyardError } from '@simyard/protocol'
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from 'fastify'
import { addAnimationRoutes } from './animation-route.js'
import { apiRoutes, filePath, presentProject, projectId } from './api-route.js'
import { contentType } from './content-type.js'
import { CreationLimit } from './creation-limit.js'
import { sendError } from './error-reply.js'
import { addExhibitPages } from './exhibit-page.js'
import { addHostRoutes } from './host-route.js'
import { openApiDocument } from './openapi.js'
import { sendPage } from './page-file.js'
import { recordingRoutes } from './recording-route.js'
import { addRoomPages, isolate, type OpenPageRoom } from './room-page.js'
import type { SiteStatus } from './schema.js'
import { secure, secureFile } from './security-header.js'
import { ViewCount } from './view-count.js'

export interface WebsiteOptions {
  readonly store: ProjectStore
  /** Recordings, scenes and animations that visitors upload. */
  readonly exhibits: ExhibitStore
  /** Built pages: index.html, project.html and site/. */
  readonly pagesDir: string
  /** Built view: simyard-view.js and its chunks. */
  readonly viewDir: string
  /** Built worker in which a page simulates: simulator-worker.js and mujoco.wasm. */
  readonly workerDir: string
  /** Built scripts with which pages of others drive robots, or simulate: fossbot_class.js and the like. */
  readonly scriptsDir: string
  /** Python for pages: Pyodide. */
  readonly pythonDir: string
  /** Rooms for the pages whose simulator runs in the visitor's tab; without it there are no such pages. */
  readonly openRoom?: OpenPageRoom
  /** Folders that ship with Simyard, served below /assets/<name>/: `{ protos: '…/protos' }`. */
  readonly assets: Readonly<Record<string, string>>
  /** Told to visitors at /api/v1/status. */
  readonly status: () => SiteStatus | Promise<SiteStatus>
  /** Addresses of proxies whose `X-Forwarded-For` is believed; those of this machine when left out. */
  readonly trustedProxies?: readonly string[]
  /** What simulation servers show when they fetch projects of visitors; without it none is given out that way. */
  readonly hostKey?: string
  /** Copies an address may make an hour. */
  readonly copiesPerHour?: number
  /** Recordings, scenes and animations an address may upload an hour. */
  readonly uploadsPerHour?: number
  readonly logger?: FastifyBaseLogger
}

export interface Website {
  /** Answers a request; to be called for every path that no other server of the process owns. */
  handle(request: IncomingMessage, response: ServerResponse): void
  close(): Promise<void>
}

/** At the root, where pages of the original look for theirs. */
const CLIENT_SCRIPTS = ['fossbot_class.js', 'simulator_bridge.js', 'simyard-client.js']
const HOUR_MS = 3_600_000
const SWEEP_MS = 60_000

/** Never listens by itself: the caller owns the port. */
export async function createWebsite(options: WebsiteOptions): Promise<Website> {
  const app = await createApp(options)
  await app.ready()
  return { handle: (request, response) => app.routing(request, response), close: () => app.close() }
}

export async function createApp(
  options: WebsiteOptions,
  onRoute?: (method: string, url: string) => void,
): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    ...(options.logger ? { loggerInstance: options.logger } : { logger: false }),
    trustProxy: [...(options.trustedProxies ?? ['loopback'])],
    bodyLimit: limits.fileBytes + 1,
    routerOptions: { maxParamLength: 400 },
    forceCloseConnections: true,
  })
  app.addHook('onRoute', (route) => onRoute?.(String(route.method), route.url))
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(new SimyardError('REQUEST_INVALID', 'The body is not valid JSON.'))
    }
  })
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('onRequest', async (_request, reply) => secure(reply))
  app.setErrorHandler(sendError)
  app.setNotFoundHandler((request, reply) => {
    const message = `There is nothing at ${request.method} ${request.url.slice(0, 200)}.`
    sendError(new SimyardError('ROUTE_NOT_FOUND', message), request, reply)
  })
  const uploads = new CreationLimit(options.uploadsPerHour ?? 60, HOUR_MS, Date.now, 'uploads')
  const views = new ViewCount(options.exhibits)
  await addApi(app, options, uploads)
  addProjectFiles(app, options.store)
  addHostRoutes(app, options)
  await addAnimationRoutes(app, { exhibits: options.exhibits, limit: uploads, views })
  sweepDrafts(app, options.exhibits)
  await addStatic(app, options)
  addPages(app, options)
  addExhibitPages(app, { exhibits: options.exhibits, pagesDir: options.pagesDir, views })
  if (options.openRoom) addRoomPages(app, options.pagesDir, options.store, options.openRoom)
  return app
}

/** Uploads that nobody has finished go after a while. */
function sweepDrafts(app: FastifyInstance, exhibits: ExhibitStore): void {
  const timer = setInterval(() => {
    exhibits.sweep().catch((error: unknown) => app.log.error(error))
  }, SWEEP_MS)
  timer.unref()
  app.addHook('onClose', async () => clearInterval(timer))
}

async function addApi(app: FastifyInstance, options: WebsiteOptions, uploads: CreationLimit): Promise<void> {
  const parts = {
    store: options.store,
    limit: new CreationLimit(options.copiesPerHour ?? 60, HOUR_MS),
    status: options.status,
  }
  const routes = [...apiRoutes(parts), ...recordingRoutes(options.exhibits, uploads)]
  // A file's bytes are a file's bytes, whatever content type they come with.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
    for (const route of routes.filter((one) => one.body === 'bytes')) addRoute(scope, route)
  })
  for (const route of routes.filter((one) => one.body !== 'bytes')) addRoute(app, route)
  const { version } = await options.status()
  const document = openApiDocument(routes, version)
  app.get('/api/v1/openapi.json', async (_request, reply) => {
    secureFile(reply)
    return reply.send(document)
  })
}

function addRoute(app: FastifyInstance, route: ReturnType<typeof apiRoutes>[number]): void {
  app.route({
    method: route.method,
    url: route.url,
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    onRequest: async (request) => route.admit?.(request),
    handler: async (request, reply) => {
      const answer = await route.handle(request, reply)
      return reply.status(route.status).header('cache-control', 'no-store').send(answer)
    },
  })
}

function addProjectFiles(app: FastifyInstance, store: ProjectStore): void {
  // Names of its PROTOs, as `assets/protos/index.json` has those of the site: a simulator in a page asks for no others.
  app.get('/projects/:id/protos/index.json', async (request, reply) => {
    const names = (await store.files(projectId(request))).flatMap(({ path }) => /([^/]+)\.proto$/.exec(path)?.[1] ?? [])
    secureFile(reply)
    return reply.header('cache-control', 'no-cache').send(names)
  })
  app.get('/projects/:id/*', async (request, reply) => {
    const file = await store.readFile(projectId(request), filePath(request))
    const tag = `"${file.sha256}"`
    secureFile(reply)
    reply.header('etag', tag).header('cache-control', 'no-cache').type(contentType(file.path))
    if (request.headers['if-none-match']?.includes(tag)) return reply.status(304).send()
    return reply.send(Buffer.from(file.content))
  })
}

async function addStatic(app: FastifyInstance, options: WebsiteOptions): Promise<void> {
  await app.register(fastifyStatic, { root: options.pagesDir, serve: false, preCompressed: true })
  for (const [name, root] of Object.entries(options.assets)) {
    app.get(`/assets/${name}/*`, (request, reply) => {
      secureFile(reply)
      return sendStatic(reply, filePath(request), root, 'public, max-age=3600')
    })
  }
  app.get('/site/*', (request, reply) => {
    isolate(reply)
    return sendStatic(reply, filePath(request), join(options.pagesDir, 'site'), 'public, max-age=31536000, immutable')
  })
  app.get('/simulator/*', (request, reply) => {
    isolate(reply)
    return sendStatic(reply, filePath(request), options.workerDir, 'no-cache')
  })
  app.get('/pyodide/*', (request, reply) => {
    isolate(reply)
    return sendStatic(reply, filePath(request), options.pythonDir, 'public, max-age=86400')
  })
  for (const name of CLIENT_SCRIPTS) {
    app.get(`/${name}`, (_request, reply) => {
      secureFile(reply)
      return sendStatic(reply, name, options.scriptsDir, 'no-cache')
    })
  }
  const sendView = (path: string, reply: FastifyReply) => {
    if (!/^(simyard-view(-[\w.-]+)?|WebotsView|webots)\.js$/.test(path))
      throw new SimyardError('ROUTE_NOT_FOUND', `There is no ${path} here.`)
    secureFile(reply)
    return sendStatic(reply, path, options.viewDir, 'no-cache')
  }
  app.get('/view/*', (request, reply) => sendView(filePath(request), reply))
  // Where pages of Webots look for its scripts, whatever release they were written for.
  app.get('/wwi/:release/*', (request, reply) => sendView(filePath(request), reply))
}

function sendStatic(reply: FastifyReply, path: string, root: string, cache: string): FastifyReply {
  reply.header('cache-control', cache).header('vary', 'accept-encoding')
  return reply.sendFile(path, root, { cacheControl: false, dotfiles: 'ignore' })
}

function addPages(app: FastifyInstance, { pagesDir, store }: WebsiteOptions): void {
  app.get('/', (_request, reply) => sendPage(reply, pagesDir, 'index.html'))
  // The page starts with the project at once, instead of asking for it; when there is none, it says so itself.
  app.get('/p/:id', async (request, reply) => {
    const project = await store.get(projectId(request)).catch((error: unknown) => {
      if (error instanceof SimyardError && error.code === 'PROJECT_NOT_FOUND') return undefined
      throw error
    })
    if (!project) reply.status(404)
    const texts = { PROJECT: JSON.stringify(project ? presentProject(project) : null) }
    return sendPage(reply, pagesDir, 'project.html', { texts })
  })
}
