import type { Picture } from '../picture/picture.js'
import type { AssetBase } from '../scene/asset-url.js'
import { emit, type ViewEvents } from '../view-event.js'
import type { ViewParts } from '../view-parts.js'
import { LiveConnection, type LiveTarget } from './live-connection.js'
import type { SimyardEvent, StreamMessage } from './message.js'
import type { TabStream } from './tab-stream.js'

/** Where a live run is seen. */
export interface LiveRunScreen {
  readonly picture: Picture | undefined
  /** Another world than the one that is on the screen. */
  showModel(xml: string, assetBase: AssetBase): void
}

/** A live simulation in a view: each word of it goes where it is to be seen, and commands go back. */
export class LiveRun {
  private readonly connection: LiveConnection
  private typedConsole = false
  private newest: { readonly ageMs: number; readonly at: number } | undefined

  constructor(
    target: LiveTarget,
    private readonly parts: ViewParts,
    private readonly screen: LiveRunScreen,
  ) {
    const { view, status, windows } = parts
    this.connection = new LiveConnection(
      target,
      {
        onData: (data) => void windows.stream.receive(data),
        onOpen: () => windows.stream.renew(),
        onMessage: (message) => this.receive(message),
        onProgress: (progress) => status.report(progress),
        onReconnecting: () => status.reconnecting(),
        onReconnected: () => status.reconnected(),
        onLost: (failure, step) => status.fail(failure, step),
      },
      view.hasAttribute('broadcast'),
    )
  }

  /** The simulation, where it is in this tab. */
  get tab(): TabStream | undefined {
    return this.connection.tab
  }

  get assetBase(): AssetBase {
    return this.connection.assetBase
  }

  /** How long ago what is on the screen happened: the way of the newest frame, and what the picture lags behind it. */
  get ageMs(): number | undefined {
    const player = this.screen.picture?.player
    if (!this.newest || !player?.playhead.live) return undefined
    const { ageMs, at } = this.newest
    if (!this.parts.status.running) return ageMs
    return ageMs + Math.max(performance.now() - at, 0) + player.playhead.behindMs(player.range.endMs)
  }

  /** Resolves when the stream is open or the start has failed. */
  open(): Promise<void> {
    return this.connection.open()
  }

  close(): void {
    this.connection.close()
  }

  send(text: string): void {
    this.connection.send(text)
  }

  run(): void {
    this.send(`real-time:${this.limitMs}`)
  }

  fast(): void {
    this.send(`fast:${this.limitMs}`)
  }

  /** Simulated milliseconds after which a run pauses by itself (attribute `timeout`, in seconds); negative: never. */
  private get limitMs(): number {
    const seconds = Number(this.parts.view.getAttribute('timeout') ?? -1)
    return seconds >= 0 ? seconds * 1000 : -1
  }

  private receive(message: StreamMessage): void {
    const { view, status, controls, world } = this.parts
    const { picture } = this.screen
    switch (message.type) {
      case 'loading':
        return status.report({ step: 'world', state: 'active', text: message.phase, percent: message.percent })
      case 'worlds':
        world.list = { current: message.current, all: message.all }
        emit(view, 'simyard-worlds', world.list)
        return controls.update()
      case 'model':
        if (message.xml === '') picture?.player.clear()
        else if (!this.isShown(message.xml)) this.screen.showModel(message.xml, this.assetBase)
        return
      case 'delete-world':
        status.worldGone('stream')
        return picture?.player.clear()
      case 'frame': {
        const now = performance.now()
        if (message.ageMs !== undefined) this.newest = { ageMs: message.ageMs, at: now }
        return picture?.player.addFrame(message.frame, now)
      }
      case 'node-added':
        return picture?.player.addNode(message.parent, message.xml)
      case 'node-removed':
        return picture?.player.removeNode(message.id)
      case 'mode':
        return this.onMode(message)
      case 'console':
        if (!this.typedConsole) this.onConsole(message)
        return
      case 'robot-message':
        return emit(view, 'simyard-robot-message', { robot: message.robot, message: message.message })
      case 'reset-finished':
        picture?.recorder.beginAnew()
        return emit(view, 'simyard-reset', {})
      case 'event':
        return this.onEvent(message.event)
    }
  }

  private onEvent(event: SimyardEvent): void {
    const { view, status, controls, world, windows } = this.parts
    const senses = this.screen.picture?.senses
    switch (event.type) {
      case 'speed':
        controls.showSpeed(event.realTimeFactor, event.reason)
        return emit(view, 'simyard-speed', event)
      case 'diagnostic':
        return emit(view, 'simyard-diagnostic', event.diagnostic)
      case 'sandbox':
        return emit(view, 'simyard-sandbox', event)
      case 'console':
        // From a server that tells the robot's name, the plain lines say the same again.
        this.typedConsole = true
        return this.onConsole(event)
      case 'room':
        return emit(view, 'simyard-room', event)
      case 'robots':
        world.robots = event.robots
        windows.keepOnly(event.robots)
        senses?.setRobots(event.robots)
        emit(view, 'simyard-robots', { robots: event.robots })
        return controls.update()
      case 'surroundings':
        return emit(view, 'simyard-surroundings', event.surroundings)
      case 'ink':
        return senses?.ink(event.strokes, event.clear)
      case 'sound':
        return emit(view, 'simyard-sound', event)
      case 'stalled':
        return emit(view, 'simyard-stalled', event)
      case 'error':
        if (status.pictureShown) emit(view, 'simyard-error', { error: event.error })
        else status.fail(event.error, 'world')
        return
      case 'step':
        if (event.state === 'failed' && event.error) status.fail(event.error, event.name)
    }
  }

  private onMode({ mode, timeMs = 0 }: Extract<StreamMessage, { type: 'mode' }>): void {
    const { status, controls } = this.parts
    const { state, running } = status
    status.set(mode === 'pause' ? 'paused' : mode === 'fast' ? 'fast' : 'running')
    if (mode !== 'pause' || !running || timeMs <= 0 || this.limitMs < 0) return
    controls.notice.show(`Paused after ${this.limitMs / 1000} s of simulated time.`, {
      label: 'Go on',
      run: () => (state === 'fast' ? this.fast() : this.run()),
    })
  }

  private onConsole(entry: ViewEvents['simyard-console']): void {
    this.parts.controls.console.add(entry)
    emit(this.parts.view, 'simyard-console', entry)
  }

  /** After a broken line the same world comes again: what is on the screen goes on. */
  private isShown(xml: string): boolean {
    return this.parts.status.pictureShown && this.screen.picture?.player.xml === xml
  }
}
