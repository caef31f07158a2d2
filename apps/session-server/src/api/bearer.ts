import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { SimyardError } from '@simyard/protocol'

/** Throws FLEET_KEY_WRONG unless the request carries the key. `name` is the key of the configuration. */
export function requireKey(request: IncomingMessage, key: string | undefined, name: string): void {
  if (key === undefined) {
    throw new SimyardError('FLEET_KEY_WRONG', `This session server takes no such requests: its "${name}" is not set.`)
  }
  const given = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
  // Digests have the same length and take the same time to compare, however much of the key is right.
  if (given !== undefined && timingSafeEqual(digest(given), digest(key))) return
  throw new SimyardError('FLEET_KEY_WRONG', `This request needs the header "Authorization: Bearer <${name}>".`)
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
