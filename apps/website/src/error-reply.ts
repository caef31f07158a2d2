import { errorCatalogue, reportError } from '@simyard/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Every failure leaves as `{ error: { code, message } }` with the catalogue's status. */
export function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const report = isRequestError(error)
    ? { code: 'REQUEST_INVALID' as const, message: error.message }
    : reportError(error)
  if (report.code === 'INTERNAL') request.log.error(error)
  const { code } = report
  const message = code === 'INTERNAL' ? 'Something went wrong on the server; its log says what.' : report.message
  const tooLarge = isRequestError(error) && error.statusCode === 413
  reply
    .status(tooLarge ? 413 : errorCatalogue[code].status)
    .header('cache-control', 'no-store')
    .send({ error: { code: tooLarge ? 'FILE_TOO_LARGE' : code, message } })
}

/** Raised by the HTTP layer before a route runs: a broken body, a wrong content type. */
function isRequestError(error: unknown): error is Error & { statusCode: number } {
  if (!(error instanceof Error) || !('statusCode' in error) || typeof error.statusCode !== 'number') return false
  return error.statusCode >= 400 && error.statusCode < 500
}
