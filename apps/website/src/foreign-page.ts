import { SimyardError } from '@simyard/protocol'
import type { FastifyRequest } from 'fastify'

/** Whether the request comes from a page of another site; undefined when it does not say so. */
export function isForeign(request: FastifyRequest): boolean | undefined {
  const { origin, host } = request.headers
  const site = request.headers['sec-fetch-site']
  if (origin !== undefined) return !URL.canParse(origin) || new URL(origin).host !== host
  return site === undefined ? undefined : site !== 'same-origin'
}

/** A page of another site must not fill this one through its visitors. */
export function refuseForeign(request: FastifyRequest): void {
  if (isForeign(request)) {
    const message = 'Uploads from pages of other sites are refused; open a page of this site, or use a program.'
    throw new SimyardError('REQUEST_INVALID', message)
  }
}
