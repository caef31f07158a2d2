import { io } from 'socket.io-client'
import type { SocketFactory } from '../room-connection.js'

/** The address from which the script came is that of the relay; an attribute `data-address` names another. */
export const relayAddress: string = (() => {
  const script = document.currentScript
  if (!(script instanceof HTMLScriptElement)) return location.origin
  return script.dataset.address ?? (script.src === '' ? location.origin : new URL(script.src).origin)
})()

/** The page's own Socket.IO client, when it has loaded one; else the one in this script. */
export const pageIo: SocketFactory = (address, options) =>
  ((globalThis as { io?: SocketFactory }).io ?? (io as SocketFactory))(address, options)
