import { lookup, reverse } from 'node:dns/promises'
import type { IncomingMessage } from 'node:http'

/** The address that a request comes from; behind proxies that are believed, the one that the last of them saw. */
export function callerAddress(request: IncomingMessage, trustedProxies: readonly string[]): string {
  const seen = [request.headers['x-forwarded-for'] ?? []].flat().join(',').split(',')
  const chain = seen.map((text) => plain(text.trim())).filter((text) => text !== '')
  let address = plain(request.socket.remoteAddress ?? '')
  while (trustedProxies.includes(address)) {
    const next = chain.pop()
    if (next === undefined) break
    address = next
  }
  return address
}

/** IPv4 addresses appear within IPv6 on a port that serves both. */
function plain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}

/** Whether a caller is the host that it names: its name leads to the address, or the address to its name. */
export async function isHost(address: string, host: string): Promise<boolean> {
  const name = host.replace(/^\[|\]$/g, '')
  if (name === address) return true
  const addresses = await lookup(name, { all: true }).catch(() => [])
  if (addresses.some((found) => plain(found.address) === address)) return true
  const names = await reverse(address).catch(() => [])
  return names.some((found) => found.toLowerCase() === name.toLowerCase())
}
