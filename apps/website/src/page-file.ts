import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import type { FastifyReply } from 'fastify'
import { securePage } from './security-header.js'

export interface PageOptions {
  readonly policy?: 'page' | 'exhibit'
  /** What takes the place of `%NAME%` in texts and attributes. */
  readonly texts?: Readonly<Record<string, string>>
}

/** One of the built pages. */
export async function sendPage(
  reply: FastifyReply,
  pagesDir: string,
  name: string,
  { policy = 'page', texts = {} }: PageOptions = {},
): Promise<FastifyReply> {
  const html = await readFile(join(pagesDir, name), 'utf8').catch(() => undefined)
  if (html === undefined) throw new SimyardError('ROUTE_NOT_FOUND', `The page ${name} is not built; run npm run build.`)
  securePage(reply, policy)
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-cache')
  return reply
    .type('text/html; charset=utf-8')
    .send(html.replace(/%([A-Z_]+)%/g, (sign, key) => escapeHtml(texts[key] ?? sign)))
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '"': '&quot;' }

function escapeHtml(text: string): string {
  return text.replace(/[&<"]/g, (sign) => ENTITIES[sign]!)
}
