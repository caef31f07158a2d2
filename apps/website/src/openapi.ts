import * as z from 'zod'
import type { ApiRoute } from './api-route.js'
import { ErrorReply } from './schema.js'

/** OpenAPI 3.1, whose schemas are JSON Schema, so that zod's own output fits unchanged. */
export function openApiDocument(routes: readonly ApiRoute[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = openApiPath(route.url)
    paths[path] ??= {}
    paths[path][route.method.toLowerCase()] = operation(route, path)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Simyard',
      version,
      description: 'Projects, their files and copies; recordings.',
      license: { name: 'Apache-2.0' },
    },
    paths,
    components: {
      securitySchemes: { copyKey: { type: 'http', scheme: 'bearer', description: 'The key of a copy or a recording' } },
    },
  }
}

export function openApiPath(url: string): string {
  return url.replace(/:(\w+)/g, '{$1}').replace('*', '{path}')
}

function operation(route: ApiRoute, path: string): Record<string, unknown> {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const parameters = [...inPath, ...(route.query ? inQuery(route.query) : [])]
  const replies: Record<string, unknown> = { [route.status]: { description: 'Done', content: json(route.reply) } }
  for (const status of route.errors) replies[status] = { description: 'Refused', content: json(ErrorReply) }
  return {
    operationId: route.operation,
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(route.body === undefined ? {} : { requestBody: { required: true, content: bodyContent(route.body) } }),
    ...(route.keyed ? { security: [{ copyKey: [] }] } : {}),
    responses: replies,
  }
}

function inQuery(query: z.ZodObject): Record<string, unknown>[] {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }))
}

function bodyContent(body: z.ZodType | 'bytes'): Record<string, unknown> {
  return body === 'bytes' ? { 'application/octet-stream': {} } : json(body)
}

function json(schema: z.ZodType): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(schema)
  return { 'application/json': { schema: rest } }
}
