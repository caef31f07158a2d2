// controller-v1 over any byte stream: JSON lines out; JSON lines with announced binary attachments in.
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export class Link {
  #transport
  #buffer = new Uint8Array(0)
  #waiting = []
  #closed = false

  /**
   * @param {{ write(bytes: Uint8Array): void, ref?(): void, unref?(): void }} transport call `receive(bytes)` and
   * `close()` on the link for what it brings. `ref` and `unref`: the program lives while it waits for a step, no longer.
   */
  constructor(transport) {
    this.#transport = transport
    transport.unref?.()
  }

  send(message) {
    if (!this.#closed) this.#transport.write(encoder.encode(`${JSON.stringify(message)}\n`))
  }

  receive(bytes) {
    const joined = new Uint8Array(this.#buffer.length + bytes.length)
    joined.set(this.#buffer)
    joined.set(bytes, this.#buffer.length)
    this.#buffer = joined
    this.#deliver()
  }

  close() {
    this.#closed = true
    for (const waiting of this.#waiting.splice(0)) waiting(undefined)
  }

  /** The next message with its attachments; undefined when the simulation has gone. */
  next() {
    return new Promise((resolve) => {
      this.#transport.ref?.()
      this.#waiting.push(resolve)
      this.#deliver()
      if (this.#waiting.length === 0) this.#transport.unref?.()
    })
  }

  #deliver() {
    while (this.#waiting.length > 0) {
      const end = this.#buffer.indexOf(10)
      if (end < 0) {
        if (this.#closed) this.#waiting.shift()(undefined)
        return
      }
      const message = JSON.parse(decoder.decode(this.#buffer.subarray(0, end)))
      const sizes = (message.attachments ?? []).map((announced) => announced.bytes)
      const total = sizes.reduce((sum, size) => sum + size, end + 1)
      if (this.#buffer.length < total) return
      const attachments = []
      let offset = end + 1
      for (const size of sizes) {
        attachments.push(this.#buffer.slice(offset, offset + size))
        offset += size
      }
      this.#buffer = this.#buffer.slice(total)
      this.#waiting.shift()({ message, attachments })
      if (this.#waiting.length === 0) this.#transport.unref?.()
    }
  }
}

/** The link that the environment names: a Unix socket, an inherited one, or a WebSocket (Node 22 or newer) for extern controllers. */
export async function openLink() {
  const { env } = globalThis.process ?? { env: {} }
  if (env.SIMYARD_CHANNEL_SOCKET || env.SIMYARD_CONTROLLER_FD) {
    const { connect, Socket } = await import('node:net')
    const socket = env.SIMYARD_CHANNEL_SOCKET
      ? connect(env.SIMYARD_CHANNEL_SOCKET)
      : new Socket({ fd: Number(env.SIMYARD_CONTROLLER_FD), readable: true, writable: true })
    const link = new Link(socket)
    socket.on('data', (chunk) => link.receive(chunk))
    socket.on('close', () => link.close())
    socket.on('error', () => socket.destroy())
    return link
  }
  if (env.SIMYARD_CONTROLLER_URL) {
    if (typeof WebSocket === 'undefined') throw new Error('An extern controller in JavaScript needs Node 22 or newer.')
    const socket = new WebSocket(env.SIMYARD_CONTROLLER_URL)
    socket.binaryType = 'arraybuffer'
    const link = new Link({ write: (bytes) => socket.send(bytes) })
    socket.addEventListener('message', (event) => link.receive(new Uint8Array(event.data)))
    socket.addEventListener('close', () => link.close())
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', () => reject(new Error('The simulation did not accept the controller.')))
    })
    return link
  }
  throw new Error(
    'This program is a robot controller: a simulation starts it. To run it by hand, set the robot\'s controller to "<extern>" and SIMYARD_CONTROLLER_URL to the address that the console of the simulation shows.',
  )
}
