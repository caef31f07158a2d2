import { SimyardError } from '@simyard/protocol'

/** Where Socket.IO finds the relay: the namespace's address, and the path below which a proxy may have put it. */
export function relayAddress(address: string, namespace: string): { readonly url: string; readonly path: string } {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new SimyardError(
      'RELAY_UNREACHABLE',
      `${address} is no address of a relay. Write it as http://localhost:8000.`,
    )
  }
  const { origin, pathname } = new URL(address)
  return { url: `${origin}${namespace}`, path: `${pathname.replace(/\/+$/, '')}/socket.io/` }
}
