import { createServer, type Server } from 'node:net'
import { SimyardError } from '@simyard/protocol'
import {
  type HttpPart,
  type Listening,
  type Logger,
  listen,
  notFound,
  refuseUpgrade,
  type TlsFiles,
} from '@simyard/service-host'
import type { Instance } from '../instance/instance.js'

export interface InstancePortsOptions {
  readonly host: string
  /** Whether instances have ports of their own, or only numbers that are the first part of the path. */
  readonly open: boolean
  /** How many instances there may be. */
  readonly count: number
  find(port: number): Instance | undefined
  readonly tls: TlsFiles | undefined
  readonly log: Logger
}

/** Ports beside those of the seats that are tried when other programs hold some. */
const SPARE_PORTS = 100

/** Numbers of instances, counted from the server's own port; each is an open port, unless all are behind one. */
export class InstancePorts {
  private readonly taken = new Set<number>()
  private readonly listening = new Map<number, Listening>()
  private readonly claims = new Map<number, Server>()

  constructor(
    private readonly options: InstancePortsOptions,
    /** The server's own port. */
    private base: number,
  ) {}

  /** When the server's port was chosen by the system, instances count from it. */
  setBase(port: number): void {
    this.base = port
  }

  /**
   * The lowest free number. With `by: 'server'` its port is open and leads to the instance; with `by: 'program'` it is
   * one that the program can open itself.
   */
  async take(by: 'server' | 'program'): Promise<number> {
    const { open, count, host } = this.options
    const ownPort = open || by === 'program'
    const last = this.base + count + (ownPort ? SPARE_PORTS : 0)
    for (let port = this.base + 1; port <= last && port <= 65_535; port++) {
      if (this.taken.has(port)) continue
      this.taken.add(port)
      if (!ownPort) return port
      if (by === 'program' ? await this.claim(port) : await this.listen(port, host)) return port
      this.taken.delete(port)
    }
    throw new SimyardError(
      'NODE_FULL',
      'This simulation server finds no free port for another simulation. Try again in a moment.',
    )
  }

  private async listen(port: number, host: string): Promise<boolean> {
    const part: HttpPart = {
      handle: (request, response, path) => {
        const instance = this.options.find(port)
        if (instance) instance.handle(request, response, path)
        else notFound(response, path)
      },
      upgrade: (request, socket, head, path) => {
        const instance = this.options.find(port)
        if (instance) instance.upgrade(request, socket, head, path)
        else refuseUpgrade(socket, 404, 'There is no simulation at this address.')
      },
      close: async () => undefined,
    }
    try {
      const { tls, log } = this.options
      this.listening.set(port, await listen(part, { host, port, ...(tls ? { tls, log } : {}) }))
      return true
    } catch (error) {
      if (error instanceof SimyardError && error.code === 'PORT_IN_USE') return false
      throw error
    }
  }

  /** A program takes its time until it opens its port; meanwhile no other server of ours on this machine gives it away. */
  private async claim(port: number): Promise<boolean> {
    // The system forgets such a name with the process that has it. Only Linux has them.
    const claim = process.platform === 'linux' ? await listening({ path: `\0simyard-port-${port}` }) : createServer()
    if (!claim) return false
    // As Webots opens it: on all addresses.
    const probe = await listening({ port })
    probe?.close()
    if (!probe) {
      claim.close()
      return false
    }
    this.claims.set(port, claim)
    return true
  }

  release(port: number): void {
    this.taken.delete(port)
    this.claims.get(port)?.close()
    this.claims.delete(port)
    void this.listening.get(port)?.close()
    this.listening.delete(port)
  }

  async close(): Promise<void> {
    await Promise.all([...this.listening.values()].map((listening) => listening.close()))
    this.listening.clear()
    for (const claim of this.claims.values()) claim.close()
    this.claims.clear()
  }
}

/** Undefined when somebody else has the place. */
function listening(place: { path: string } | { port: number }): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen(place, () => resolve(server))
  })
}
