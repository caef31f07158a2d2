import type { Exhibit } from '@simyard/projects'
import { animationId } from '@simyard/protocol'
import type { FastifyRequest } from 'fastify'

/** Its page; its files are below. */
export function exhibitPath({ kind, number }: Pick<Exhibit, 'kind' | 'number'>): string {
  const id = animationId(number)
  return kind === 'recording' ? `/r/${id}` : `/${kind === 'animation' ? 'A' : 'S'}${id}`
}

/** The site as the sender of a request sees it, also behind a proxy with TLS. */
export function siteOrigin(request: FastifyRequest): string {
  const secure = request.protocol === 'https' || request.headers['x-forwarded-proto'] === 'https'
  return `${secure ? 'https' : 'http'}://${request.headers.host ?? 'localhost'}`
}
