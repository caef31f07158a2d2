import type { IncomingMessage } from 'node:http'

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Pages of the same host may connect, by whatever name of the own machine they were opened, and those of the listed
 * origins. Programs that are not browsers send no Origin, or that of the server itself.
 */
export function originAllowed({ headers }: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = headers
  if (origin === undefined) return true
  if (allowed.includes(origin)) return true
  return host !== undefined && isAt(origin, host)
}

/** Whether an address is of this host, as `Host` names it; all names of the own machine are one. */
export function isAt(address: string, host: string): boolean {
  if (!URL.canParse(address)) return false
  const page = new URL(address)
  if (page.host === host) return true
  if (!URL.canParse(`${page.protocol}//${host}`)) return false
  const server = new URL(`${page.protocol}//${host}`)
  return LOOPBACK.has(page.hostname) && LOOPBACK.has(server.hostname) && page.port === server.port
}
