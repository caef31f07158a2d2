import { io, type Socket } from 'socket.io-client'
import {
  type FromLink,
  MAX_MESSAGE_BYTES,
  STATE_EMPTY,
  STATE_FULL,
  STATE_LOST,
  type ToLink,
  type ToLinkWorker,
} from './link-message.js'

/**
 * The connections of a program whose own thread waits for answers and can hold none: Python's. What comes in is handed
 * over in shared memory, one message after the other, or as messages where a page may not share memory.
 */
const sockets = new Map<number, Socket>()
const incoming: string[] = []
const encoder = new TextEncoder()
let header: Int32Array | undefined
let bytes: Uint8Array | undefined
let port: MessagePort | undefined

addEventListener('message', ({ data }: MessageEvent<ToLinkWorker>) => {
  // The program has been ended; its robots are free at once.
  if (data.type === 'close') {
    for (const socket of sockets.values()) socket.disconnect()
    return
  }
  port = data.link
  if (data.memory) {
    header = new Int32Array(data.memory, 0, 3)
    bytes = new Uint8Array(data.memory, 12)
  }
  port.onmessage = ({ data: message }: MessageEvent<ToLink>) => receive(message)
})

function receive(message: ToLink): void {
  switch (message.type) {
    case 'connect':
      return connect(message)
    case 'emit': {
      const { client, event, args, question } = message
      const acknowledge = (...answer: unknown[]) => hand({ client, type: 'ack', question, args: answer })
      sockets.get(client)?.emit(event, ...args, ...(question > 0 ? [acknowledge] : []))
      return
    }
    case 'disconnect':
      sockets.get(message.client)?.disconnect()
      return
    case 'taken':
      pump()
  }
}

function connect({ client, address, namespace, path }: Extract<ToLink, { type: 'connect' }>): void {
  const socket = io(`${address}${namespace}`, { path, forceNew: true, transports: ['websocket', 'polling'] })
  sockets.set(client, socket)
  socket.on('connect', () => hand({ client, type: 'connect', sid: socket.id ?? '' }))
  socket.on('connect_error', (error) => hand({ client, type: 'connect_error', message: error.message }))
  socket.on('disconnect', (reason) => hand({ client, type: 'disconnect', reason }))
  socket.onAny((event: string, ...args: unknown[]) => hand({ client, type: 'event', event, args }))
}

function hand(message: FromLink): void {
  const text = JSON.stringify(message)
  if (!header) return void port?.postMessage(text)
  incoming.push(text)
  pump()
}

function pump(): void {
  if (!header || !bytes || Atomics.load(header, 0) !== STATE_EMPTY) return
  const text = incoming.shift()
  if (text === undefined) return
  const encoded = encoder.encode(text)
  const fits = encoded.length <= MAX_MESSAGE_BYTES
  if (fits) bytes.set(encoded)
  header[1] = fits ? encoded.length : 0
  header[2] = incoming.length
  Atomics.store(header, 0, fits ? STATE_FULL : STATE_LOST)
  Atomics.notify(header, 0)
}
