import type { FastifyReply } from 'fastify'

/**
 * Pages run our own scripts only. Streams may come from any simulation server, so connect-src names schemes; styles are
 * inline where the editor and the view put them.
 */
const pagePolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: http: https:",
  "connect-src 'self' ws: wss: http: https:",
  "worker-src 'self' blob:",
  // Windows of robots are pages of the stream's host; they run in a sandbox.
  "frame-src 'self' http: https:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ')

/**
 * A page that shows what a stranger has uploaded: whatever files its scene names, visitors' browsers ask nobody but this
 * site for them, and the place where Webots keeps the textures of its own models.
 */
const exhibitPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob: https://raw.githubusercontent.com",
  "connect-src 'self' data: blob: https://raw.githubusercontent.com",
  "worker-src 'self' blob:",
  "frame-src 'none'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ')

/** A project's file opened as a page is a stranger's text: it may do nothing. */
const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox"

export function secure(reply: FastifyReply): void {
  reply.header('x-content-type-options', 'nosniff').header('referrer-policy', 'strict-origin-when-cross-origin')
}

export function securePage(reply: FastifyReply, policy: 'page' | 'exhibit' = 'page'): void {
  reply
    .header('content-security-policy', policy === 'exhibit' ? exhibitPolicy : pagePolicy)
    .header('permissions-policy', 'camera=(), microphone=(), geolocation=()')
}

export function secureFile(reply: FastifyReply): void {
  reply
    .header('content-security-policy', filePolicy)
    .header('access-control-allow-origin', '*')
    .header('cross-origin-resource-policy', 'cross-origin')
}
