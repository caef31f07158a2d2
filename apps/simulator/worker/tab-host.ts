import { HostedRoom } from '@simyard/client'
import {
  type PageToTab,
  reportError,
  type ServerToSimulator,
  type SimulatorToServer,
  SimyardError,
  type TabToPage,
} from '@simyard/protocol'
import { Feed } from '@simyard/stream'
import { SimulatorSession } from '../src/session.js'
import { workerClock } from './worker-clock.js'

export interface TabHostOptions {
  toPage(message: TabToPage): void
  /** Address of a file of the physics engine. */
  engineUrl(name: string): string
}

/** A rest of this length is the browser's doing: no step of a simulation takes that long. */
const STALL_MS = 1500
const HEARTBEAT_MS = 250
const NO_BODY = new Uint8Array(0)

/** What a server is to a simulator, in the worker of a page: files by HTTP, and the simulator's seat in a room. */
export class TabHost {
  private readonly session: SimulatorSession
  private readonly feed = new Feed({
    toSimulator: (message) => this.toSimulator(message),
    now: () => performance.now(),
  })
  private title = ''
  private room: HostedRoom | undefined
  private onEngine: (compiled: WebAssembly.Module | undefined) => void = () => undefined
  private base: { readonly projectUrl: string; readonly assetsUrl: string } | undefined
  private ownProtos: Promise<ReadonlySet<string> | undefined> = Promise.resolve(undefined)

  constructor(private readonly options: TabHostOptions) {
    const compiled = new Promise<WebAssembly.Module | undefined>((resolve) => {
      this.onEngine = resolve
    })
    this.session = new SimulatorSession({
      send: (message, body) => this.onSimulator(message, body),
      clock: workerClock(),
      engine: {
        instantiate: async (imports) => {
          const module =
            (await compiled) ?? (await WebAssembly.compileStreaming(fetch(options.engineUrl('mujoco.wasm'))))
          return WebAssembly.instantiate(module, imports as WebAssembly.Imports)
        },
      },
      close: () => close(),
    })
    this.watchForStalls()
  }

  receive(message: PageToTab): void {
    if (message.type === 'simulator') return this.feed.fromHost(message.message)
    if (message.type === 'engine') return this.onEngine(message.compiled as WebAssembly.Module | undefined)
    const { projectUrl, assetsUrl, room, world } = message
    this.base = { projectUrl, assetsUrl }
    this.ownProtos = readProtoIndex(projectUrl)
    this.room?.close()
    this.room =
      room &&
      new HostedRoom(
        {
          address: room.address,
          namespace: room.namespace,
          transports: ['websocket', 'polling'],
          onCommand: (message) => this.toSimulator({ type: 'room-message', message }),
          onState: (state) => this.options.toPage({ type: 'room', room: state }),
          feed: {
            offer: () => ({ host: 'tab', title: this.title, project: projectUrl, assets: assetsUrl }),
            begin: (send) => this.feed.begin(send),
            end: () => this.feed.end(),
            request: (message) => this.feed.request(message),
          },
          onFeedRefused: (error) => this.options.toPage({ type: 'watching-refused', error }),
        },
        room,
      )
    this.feed.fromHost({ type: 'load', world })
  }

  private toSimulator(message: ServerToSimulator, body: Uint8Array = NO_BODY): void {
    this.session.receive(message, body)
  }

  private onSimulator(message: SimulatorToServer, body: Uint8Array): void {
    switch (message.type) {
      case 'read-file':
        void this.readFile(message)
        return
      case 'room-reply':
        this.room?.say(message.event, message.payload)
        return
      case 'start-controller':
        return this.refuseController(message)
      case 'loaded':
        this.title = message.title.slice(0, 200)
        // Programs get in when there is something to drive.
        this.room?.open()
        break
    }
    if (!this.feed.isOnlyForWatchers(message))
      this.options.toPage({ type: 'simulator', message, body: Uint8Array.from(body) })
    this.feed.take(message, body)
  }

  private async readFile({ request, scope, path }: Extract<SimulatorToServer, { type: 'read-file' }>): Promise<void> {
    try {
      if (scope === 'project' && !(await this.mayBeThere(path))) throw notThere(path)
      const base = scope === 'project' ? this.base?.projectUrl : this.base?.assetsUrl
      const answer = await fetch(new URL(path.split('/').map(encodeURIComponent).join('/'), base))
      if (!answer.ok) throw notThere(path, ` The site answered ${answer.status}.`)
      this.toSimulator({ type: 'file', request, found: true }, new Uint8Array(await answer.arrayBuffer()))
    } catch (error) {
      this.toSimulator({ type: 'file', request, found: false, error: reportError(error).message })
    }
  }

  /** PROTOs are sought in the project before they are sought on the site: one list saves a question for each. */
  private async mayBeThere(path: string): Promise<boolean> {
    const name = /([^/]+)\.proto$/.exec(path)?.[1]
    return name === undefined || ((await this.ownProtos)?.has(name) ?? true)
  }

  private refuseController({ controller, name }: Extract<SimulatorToServer, { type: 'start-controller' }>): void {
    this.toSimulator({
      type: 'controller-ended',
      controller,
      exitCode: null,
      signal: null,
      report: {
        code: 'CONTROLLER_NOT_HERE',
        message: `The program ${name} of this world runs on a server only. Here programs drive robots through the room.`,
      },
    })
  }

  private watchForStalls(): void {
    let last = performance.now()
    setInterval(() => {
      const now = performance.now()
      const rested = now - last - HEARTBEAT_MS
      last = now
      if (rested >= STALL_MS) this.options.toPage({ type: 'stalled', ms: Math.round(rested) })
    }, HEARTBEAT_MS)
  }
}

/** Names of a project's own PROTOs; undefined where the project's host has no such list. */
async function readProtoIndex(projectUrl: string): Promise<ReadonlySet<string> | undefined> {
  try {
    const answer = await fetch(new URL('protos/index.json', projectUrl))
    const names: unknown = answer.ok ? await answer.json() : undefined
    return Array.isArray(names) ? new Set(names.map(String)) : undefined
  } catch {
    return undefined
  }
}

function notThere(path: string, why = ''): SimyardError {
  return new SimyardError('FILE_NOT_FOUND', `There is no ${path}.${why}`)
}
