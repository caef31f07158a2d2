import {
  type ErrorReport,
  type PageToTab,
  type ServerToSimulator,
  type SimulatorToServer,
  SimyardError,
  type TabRoom,
  type TabToPage,
} from '@simyard/protocol'
import { StreamHub } from '@simyard/stream'
import type { AssetBase } from '../scene/asset-url.js'
import { parseStreamMessage } from './message.js'
import type { Stream, StreamHandlers } from './stream.js'

export interface TabSimulationOptions {
  /** Address of the world, `https://host/projects/maze/worlds/maze.wbt`. */
  readonly world: string
  /** The room that programs join to reach it. */
  readonly room?: TabRoom
}

/** The site's other parts lie beside it. Not written where it is used, so that the bundler leaves those addresses alone. */
const VIEW_SCRIPT: string = import.meta.url
/** Files that came about in the run, such as pictures of floors, kept at most. */
const MADE_FILES = 32

/** The stream of a simulation in a worker of this page: the same words as from a server. */
export class TabStream implements Stream {
  private readonly worker: Worker
  private readonly hub: StreamHub
  private readonly viewer: ReturnType<StreamHub['attach']>
  private readonly made = new Map<string, string>()
  private readonly projectUrl: URL
  private readonly assetsUrl: URL
  private closed = false

  constructor(
    private readonly options: TabSimulationOptions,
    private readonly handlers: StreamHandlers,
  ) {
    const { world, room } = options
    const address = new URL(world, location.href)
    const [, project = '', path = ''] = /^(.*\/)(worlds\/[^/]+\.wbt)$/.exec(address.pathname) ?? []
    this.projectUrl = new URL(project, address)
    this.assetsUrl = new URL('../assets/', VIEW_SCRIPT)
    this.hub = new StreamHub(
      {
        toSimulator: (message) => this.toSimulator(message),
        worlds: () => [path],
        readController: () => Promise.reject(notHere()),
        writeController: () => Promise.reject(notHere()),
        loadWorld: (next) => {
          this.hub.worldLeaves()
          this.toSimulator({ type: 'load', world: next || path })
        },
      },
      '2022',
      () => Date.now(),
    )
    const script = new URL('../simulator/simulator-worker.js', VIEW_SCRIPT)
    this.worker = new Worker(script, { type: 'module', name: 'simulator' })
    this.worker.addEventListener('message', ({ data }: MessageEvent<TabToPage>) => this.receive(data))
    this.worker.addEventListener('error', (event) => this.onWorkerError(event))
    void this.compileEngine(new URL('mujoco.wasm', script))
    this.viewer = this.hub.attach({
      send: (text) => {
        handlers.onData?.(text)
        for (const message of parseStreamMessage(text)) handlers.onMessage(message)
      },
      sendBytes: (bytes) => handlers.onData?.(bytes.slice().buffer),
      sendFrame: (frame) => handlers.onMessage({ type: 'frame', frame }),
      queuedBytes: 0,
      close: () => undefined,
    })
    this.viewer.receive('simyard:hello')
    this.viewer.receive('x3d')
    this.post({
      type: 'open',
      world: path,
      projectUrl: this.projectUrl.href,
      assetsUrl: this.assetsUrl.href,
      ...(room ? { room } : {}),
    })
  }

  readonly assetBase: AssetBase = (path) => {
    const made = this.made.get(path)
    if (made !== undefined) return made
    const shipped = /^assets\/(.*)$/.exec(path)
    return shipped ? new URL(shipped[1]!, this.assetsUrl).href : new URL(path, this.projectUrl).href
  }

  send(text: string): void {
    this.viewer.receive(text)
  }

  /** The controls of the page that are no part of the stream of others. */
  setSurroundings(change: { noise?: boolean; brightness?: number }): void {
    this.toSimulator({ type: 'surroundings', ...change })
  }

  close(): void {
    this.closed = true
    this.worker.terminate()
    for (const url of this.made.values()) URL.revokeObjectURL(url)
  }

  /** Of all that the worker needs, this takes longest; it need not wait for the worker's own script. */
  private async compileEngine(address: URL): Promise<void> {
    // Where the page may not compile it, the worker does.
    const compiled = await WebAssembly.compileStreaming(fetch(address)).catch(() => undefined)
    if (!this.closed) this.post({ type: 'engine', ...(compiled ? { compiled } : {}) })
  }

  private receive(message: TabToPage): void {
    if (this.closed) return
    switch (message.type) {
      case 'simulator':
        if (message.message.type === 'made-file') return this.keep(message.message, message.body)
        this.hub.onSimulator(message.message, message.body)
        return
      case 'room': {
        const { room } = this.options
        if (!room) return
        const { state } = message.room
        this.hub.announce('room', { type: 'room', id: room.id, code: room.code, state })
        if (message.room.state === 'refused')
          this.hub.announce('room error', { type: 'error', error: message.room.error })
        return
      }
      case 'watching-refused':
        this.hub.announce('watching error', { type: 'error', error: message.error })
        return
      case 'stalled':
        this.hub.announce('stalled', { type: 'stalled', ms: message.ms })
    }
  }

  private keep({ path }: Extract<SimulatorToServer, { type: 'made-file' }>, body: Uint8Array<ArrayBuffer>): void {
    this.made.set(path, URL.createObjectURL(new Blob([body])))
    for (const [oldest, url] of this.made) {
      if (this.made.size <= MADE_FILES) return
      this.made.delete(oldest)
      URL.revokeObjectURL(url)
    }
  }

  private onWorkerError(event: ErrorEvent): void {
    const error: ErrorReport = {
      code: 'INTERNAL',
      message: `The simulator of this page cannot go on: ${event.message || 'its script did not load'}. Load the page again.`,
    }
    this.handlers.onMessage({ type: 'event', event: { type: 'error', error } })
    if (!this.closed) this.handlers.onClose(false)
  }

  private toSimulator(message: ServerToSimulator): void {
    this.post({ type: 'simulator', message })
  }

  private post(message: PageToTab): void {
    this.worker.postMessage(message)
  }
}

function notHere(): SimyardError {
  return new SimyardError('CONTROLLER_NOT_HERE', 'The programs of this project run on a server only.')
}
