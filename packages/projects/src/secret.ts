import { createHash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'

/** Without i, l, o, 0 and 1: an id may be read aloud. */
const alphabet = 'abcdefghjkmnpqrstuvwxyz23456789'

export function randomSuffix(length = 6): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]!).join('')
}

export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

/** The key has 192 random bits, so a plain hash is enough: there is nothing to guess. */
export function hashKey(key: string): string {
  return createHash('sha256').update(key).digest('hex')
}

export function keyMatches(key: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(hashKey(key), 'hex'), Buffer.from(hash, 'hex'))
}
