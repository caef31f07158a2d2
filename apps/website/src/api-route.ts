import { checkFilePath, type ProjectDetails, type ProjectStore } from '@simyard/projects'
import { type ErrorCode, SimyardError } from '@simyard/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import * as z from 'zod'
import type { CreationLimit } from './creation-limit.js'
import {
  CopyReply,
  CopyRequest,
  type Project,
  ProjectFileEntry,
  ProjectFileList,
  ProjectList,
  Project as ProjectSchema,
  RevertReply,
  SiteStatus,
} from './schema.js'

/** One operation of the API: the router and the OpenAPI document are both made from this. */
export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** As the router writes it; `*` is a path with slashes. */
  readonly url: string
  readonly operation: string
  readonly summary: string
  readonly status: 200 | 201
  readonly reply: z.ZodType
  readonly query?: z.ZodObject
  readonly body?: z.ZodType | 'bytes'
  /** Bytes; that of the site without it. */
  readonly bodyLimit?: number
  /** Needs `Authorization: Bearer <key>`. */
  readonly keyed?: boolean
  readonly errors: readonly number[]
  /** Refuses by throwing, before the body is read. */
  admit?(request: FastifyRequest): void
  handle(request: FastifyRequest, reply: FastifyReply): Promise<unknown>
}

export interface ApiParts {
  readonly store: ProjectStore
  readonly limit: CreationLimit
  readonly status: () => SiteStatus | Promise<SiteStatus>
}

export function apiRoutes({ store, limit, status }: ApiParts): ApiRoute[] {
  return [
    {
      method: 'GET',
      url: '/api/v1/status',
      operation: 'getStatus',
      summary: 'Version, and whether programs run in a sandbox',
      status: 200,
      reply: SiteStatus,
      errors: [],
      handle: async () => status(),
    },
    {
      method: 'GET',
      url: '/api/v1/projects',
      operation: 'listProjects',
      summary: 'The gallery',
      status: 200,
      reply: ProjectList,
      errors: [],
      handle: async () => ({ projects: (await store.list()).map(presentProject) }),
    },
    {
      method: 'POST',
      url: '/api/v1/projects',
      operation: 'copyProject',
      summary: 'Make a writable copy of a project',
      status: 201,
      body: CopyRequest,
      reply: CopyReply,
      errors: [400, 404, 429],
      handle: async (request, reply) => {
        const { from } = parse(CopyRequest, request.body)
        await store.get(from)
        limit.count(request.ip)
        const copy = await store.copy(from)
        reply.header('location', `/api/v1/projects/${copy.id}`)
        return copy
      },
    },
    {
      method: 'GET',
      url: '/api/v1/projects/:id',
      operation: 'getProject',
      summary: 'One project',
      status: 200,
      reply: ProjectSchema,
      errors: [404],
      handle: async (request) => presentProject(await store.get(projectId(request))),
    },
    {
      method: 'GET',
      url: '/api/v1/projects/:id/files',
      operation: 'listFiles',
      summary: 'The files of a project; contents are at /projects/{id}/{path}',
      status: 200,
      reply: ProjectFileList,
      errors: [404],
      handle: async (request) => ({ files: await store.files(projectId(request)) }),
    },
    {
      method: 'PUT',
      url: '/api/v1/projects/:id/files/*',
      operation: 'writeFile',
      summary: 'Replace or create a file of a copy',
      status: 200,
      body: 'bytes',
      keyed: true,
      reply: ProjectFileEntry,
      errors: [400, 403, 404, 413],
      handle: async (request) => {
        const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        return store.writeFile(projectId(request), filePath(request), content, copyKey(request))
      },
    },
    {
      method: 'DELETE',
      url: '/api/v1/projects/:id/files/*',
      operation: 'revertFile',
      summary: 'Take back the changes of a file of a copy',
      status: 200,
      keyed: true,
      reply: RevertReply,
      errors: [400, 403, 404],
      handle: async (request) => ({
        file: (await store.revertFile(projectId(request), filePath(request), copyKey(request))) ?? null,
      }),
    },
  ]
}

export function presentProject(project: ProjectDetails): Project {
  return {
    id: project.id,
    title: project.title,
    description: project.description,
    try: [...project.try],
    languages: [...project.languages],
    licence: project.licence,
    worlds: [...project.worlds],
    thumbnail: project.thumbnail === undefined ? null : `/projects/${project.id}/${project.thumbnail}`,
    copyOf: project.copyOf ?? null,
  }
}

const Params = z.object({ id: z.string().optional(), '*': z.string().optional() })

export function projectId(request: FastifyRequest): string {
  return Params.parse(request.params).id ?? ''
}

export function filePath(request: FastifyRequest): string {
  return checkFilePath(Params.parse(request.params)['*'] ?? '')
}

function copyKey(request: FastifyRequest): string {
  return bearerKey(request, 'PROJECT_WRONG_KEY', 'Send the key of the copy as Authorization: Bearer <key>.')
}

/** The key that a request shows; without one it is refused with `code` and `hint`. */
export function bearerKey(request: FastifyRequest, code: ErrorCode, hint: string): string {
  const key = /^Bearer (\S{1,200})$/.exec(request.headers.authorization ?? '')?.[1]
  if (key === undefined) throw new SimyardError(code, hint)
  return key
}

export function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const field = issue.path.join('.') || 'body'
  throw new SimyardError('REQUEST_INVALID', `The request is not as it should be: ${field}: ${issue.message}`)
}
