import { type Failure, parseStreamMessage, type SimyardEvent, type StreamMessage } from './connection/message.js'
import { ConnectionFailure, type Progress, type Seat, takeSeat } from './connection/session.js'
import { SocketStream, type Stream } from './connection/stream.js'
import { type TabSimulationOptions, TabStream } from './connection/tab-stream.js'
import { StartChecklist } from './overlay/start-checklist.js'
import { viewStyle } from './overlay/style.js'
import { Player } from './player/player.js'
import { type CameraMode, Stage } from './stage/stage.js'
import type { ViewEvents, ViewState } from './view-event.js'

const RECONNECTS = 3

/**
 * <simyard-view server="…/session?url=….wbt">, <simyard-view stream="ws://…"> or <simyard-view tab="…/worlds/x.wbt">: a live
 * simulation in a page, on a server or in the page itself.
 * Connects when it has an address and is in the document; leaving the document closes it and ends its simulation.
 */
export class SimyardView extends HTMLElement {
  static readonly observedAttributes = ['server', 'stream', 'tab', 'theme']

  /** With `tab`: the room through which programs reach the simulation; to be set before the attribute. */
  room: TabSimulationOptions['room']

  private readonly shadow = this.attachShadow({ mode: 'open' })
  private readonly checklist = new StartChecklist(() => void this.connect())
  private readonly darkScheme = matchMedia('(prefers-color-scheme: dark)')
  private stage: Stage | undefined
  private player: Player | undefined
  private stream: Stream | undefined
  private seat: Seat | undefined
  private attempt: AbortController | undefined
  private reconnects = 0
  private time = 0
  private typedConsole = false
  private pictureShown = false
  private current: ViewState = 'idle'
  private readonly onScheme = () => this.applyTheme()

  get state(): ViewState {
    return this.current
  }

  /** Simulated milliseconds. */
  get timeMs(): number {
    return this.time
  }

  connectedCallback(): void {
    this.darkScheme.addEventListener('change', this.onScheme)
    if (!this.stage) this.build()
    if (['server', 'stream', 'tab'].some((name) => this.hasAttribute(name))) void this.connect()
  }

  disconnectedCallback(): void {
    this.darkScheme.removeEventListener('change', this.onScheme)
    this.close()
    this.stage?.dispose()
    this.stage = undefined
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if (name === 'theme') this.applyTheme()
    else if (after !== null) void this.connect()
  }

  /** Starts, or starts again. Resolves when the stream is open or the start has failed; see `state`. */
  async connect(): Promise<void> {
    this.disconnect()
    if (!this.stage) return
    const attempt = new AbortController()
    this.attempt = attempt
    this.pictureShown = false
    delete this.dataset.picture
    this.reconnects = 0
    const world = this.getAttribute('tab')
    if (world !== null) {
      this.checklist.begin('stream')
      this.setState('connecting')
      this.openTab({ world, ...(this.room ? { room: this.room } : {}) })
      return
    }
    const direct = this.getAttribute('stream') ?? this.directStream()
    this.checklist.begin(direct === undefined ? 'all' : 'stream')
    this.setState('connecting')
    if (direct !== undefined) {
      this.openStream(direct)
      return
    }
    try {
      const seat = await takeSeat(
        this.getAttribute('server') ?? '',
        (progress) => this.report(progress),
        attempt.signal,
      )
      if (attempt.signal.aborted) {
        seat.socket.close()
        return
      }
      this.seat = seat
      seat.socket.addEventListener('message', ({ data }) => {
        if (this.seat === seat) this.receiveFromServer(String(data))
      })
      seat.socket.addEventListener('close', () => {
        if (this.seat === seat && this.current !== 'failed') this.lost()
      })
      this.openStream(seat.streamUrl)
    } catch (error) {
      if (attempt.signal.aborted) return
      if (error instanceof ConnectionFailure) this.fail(error.failure, error.step)
      else this.fail({ code: 'INTERNAL', message: String(error) }, 'seat')
    }
  }

  /** Ends both conversations; the server then ends the simulation. */
  close(): void {
    this.disconnect()
    this.checklist.finish()
    this.setState('closed')
  }

  run(): void {
    this.stream?.send('real-time:-1')
  }

  pause(): void {
    this.stream?.send('pause')
  }

  step(): void {
    this.stream?.send('step')
  }

  fast(): void {
    this.stream?.send('fast:-1')
  }

  reset(): void {
    this.stream?.send('reset')
  }

  loadWorld(world: string): void {
    this.stream?.send(`load:${world}`)
  }

  /** Replaces an existing file of a controller in the running simulation; a reset starts it anew. */
  setController(name: string, file: string, content: string): void {
    this.stream?.send(`set controller:${name}/${file}:${content.split('\n').length}\n${content}`)
  }

  /** A raw message of the stream's protocol. */
  send(text: string): void {
    this.stream?.send(text)
  }

  resetCamera(): void {
    this.stage?.resetCamera()
  }

  /** Behind a robot, above it, or everything; the first robot when none is named. */
  look(camera: CameraMode, robot?: string): void {
    this.stage?.look(camera, robot)
  }

  /** What is around the robots of a simulation in this tab: a noise, and the light, 0–100. */
  setSurroundings(change: { noise?: boolean; brightness?: number }): void {
    if (this.stream instanceof TabStream) this.stream.setSurroundings(change)
  }

  private build(): void {
    const style = document.createElement('style')
    style.textContent = viewStyle
    const host = document.createElement('div')
    host.className = 'stage'
    this.shadow.replaceChildren(style, host, this.checklist.element)
    try {
      this.stage = new Stage(host, {
        onAdvance: (now) => this.player?.advance(now) ?? false,
        onPick: (robot) => this.emit('simyard-pick', robot === undefined ? {} : { robot }),
        onFollow: (robot) => this.emit('simyard-follow', robot === undefined ? {} : { robot }),
      })
      this.player = new Player(this.stage, { onTime: (timeMs) => this.setTime(timeMs), onLabels: () => undefined })
      this.applyTheme()
    } catch {
      this.fail(
        {
          code: 'VIEW_NO_WEBGL',
          message:
            'This browser cannot show 3D pictures (WebGL is off or missing). Switch on hardware acceleration or use another browser.',
        },
        'frame',
      )
    }
  }

  private applyTheme(): void {
    this.stage?.setTheme(
      this.getAttribute('theme') === 'dark' || (!this.hasAttribute('theme') && this.darkScheme.matches),
    )
  }

  private directStream(): string | undefined {
    const server = this.getAttribute('server') ?? ''
    return /^wss?:/.test(server) && !server.endsWith('.wbt') ? server : undefined
  }

  private openTab(options: TabSimulationOptions): void {
    this.report({ step: 'world', state: 'active' })
    this.stream = new TabStream(options, {
      onMessage: (message) => this.receive(message),
      onClose: () => {
        this.stream = undefined
        this.lost()
      },
    })
  }

  private openStream(url: string): void {
    this.report({ step: 'world', state: 'active' })
    this.stream = new SocketStream(url, {
      onMessage: (message) => this.receive(message),
      onClose: (clean) => this.onStreamClosed(url, clean),
    })
  }

  private onStreamClosed(url: string, clean: boolean): void {
    this.stream = undefined
    if (this.current === 'failed') return
    if (!clean && this.pictureShown && this.reconnects < RECONNECTS) {
      const wait = 500 * 2 ** this.reconnects++
      const attempt = this.attempt
      this.setState('connecting')
      setTimeout(() => {
        if (attempt === this.attempt && !attempt?.signal.aborted) this.openStream(url)
      }, wait)
      return
    }
    this.lost()
  }

  private lost(): void {
    const message = this.pictureShown
      ? 'The simulation ended or the connection to it was lost. Starting again begins a new simulation.'
      : 'The connection to the simulator was lost before the world was there.'
    this.fail({ code: 'VIEW_DISCONNECTED', message }, this.pictureShown ? undefined : 'world')
  }

  /** Why a world does not load is told here too, and here first: the stream may end without a word. */
  private receiveFromServer(text: string): void {
    if (this.pictureShown || !text.startsWith('simyard:')) return
    for (const message of parseStreamMessage(text)) {
      if (message.type !== 'event') continue
      if (message.event.type === 'error' || message.event.type === 'step') this.receiveEvent(message.event)
    }
  }

  private receive(message: StreamMessage): void {
    switch (message.type) {
      case 'loading':
        this.report({ step: 'world', state: 'active', text: message.phase, percent: message.percent })
        return
      case 'worlds':
        this.emit('simyard-worlds', { current: message.current, all: message.all })
        return
      case 'model':
        if (message.xml === '') this.player?.clear()
        else this.showModel(message.xml)
        return
      case 'delete-world':
        this.pictureShown = false
        this.checklist.begin('stream')
        this.player?.clear()
        return
      case 'frame':
        this.player?.addFrame(message.frame, performance.now())
        return
      case 'mode':
        this.reconnects = 0
        if (message.timeMs !== undefined) this.setTime(message.timeMs)
        this.setState(message.mode === 'pause' ? 'paused' : message.mode === 'fast' ? 'fast' : 'running')
        return
      case 'console':
        if (!this.typedConsole) this.emit('simyard-console', { stream: message.stream, line: message.line })
        return
      case 'reset-finished':
        this.emit('simyard-reset', {})
        return
      case 'node-added':
        this.player?.addNode(message.parent, message.xml)
        return
      case 'node-removed':
        this.player?.removeNode(message.id)
        return
      case 'event':
        this.receiveEvent(message.event)
        return
    }
  }

  private receiveEvent(event: SimyardEvent): void {
    switch (event.type) {
      case 'speed':
        this.emit('simyard-speed', event)
        return
      case 'diagnostic':
        this.emit('simyard-diagnostic', event.diagnostic)
        return
      case 'sandbox':
        this.emit('simyard-sandbox', event)
        return
      case 'console':
        // From a server that tells the robot's name, the plain lines say the same again.
        this.typedConsole = true
        this.emit('simyard-console', event)
        return
      case 'room':
        this.emit('simyard-room', event)
        return
      case 'robots':
        this.emit('simyard-robots', { robots: event.robots })
        return
      case 'surroundings':
        this.emit('simyard-surroundings', event.surroundings)
        return
      case 'sound':
        this.emit('simyard-sound', event)
        return
      case 'stalled':
        this.emit('simyard-stalled', event)
        return
      case 'error':
        if (this.pictureShown) this.emit('simyard-error', { error: event.error })
        else this.fail(event.error, 'world')
        return
      case 'step':
        if (event.state === 'failed' && event.error) this.fail(event.error, event.name)
    }
  }

  private showModel(xml: string): void {
    const stage = this.stage
    if (!stage) return
    try {
      this.report({ step: 'world', state: 'done' })
      this.report({ step: 'frame', state: 'active' })
      // Programs that drive its robots do not wait for a picture.
      if (this.stream instanceof TabStream && this.hasAttribute('autoplay')) this.run()
      this.player?.show(xml, this.stream?.assetBase ?? location.href, false, () => this.onFirstPicture())
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.fail({ code: 'VIEW_BAD_SCENE', message: `The scene cannot be shown: ${reason}` }, 'world')
    }
  }

  private onFirstPicture(): void {
    this.pictureShown = true
    this.dataset.picture = 'shown'
    this.report({ step: 'frame', state: 'done' })
    this.checklist.finish()
    if (this.hasAttribute('autoplay')) this.run()
  }

  private setTime(timeMs: number): void {
    this.time = timeMs
    this.emit('simyard-time', { timeMs })
  }

  private report(progress: Progress): void {
    this.checklist.report(progress)
    this.emit('simyard-progress', progress)
  }

  private fail(failure: Failure, step: Progress['step'] | undefined): void {
    this.setState('failed')
    this.disconnect()
    this.checklist.fail(
      failure,
      step,
      this.pictureShown ? 'The simulation has stopped' : 'The simulation did not start',
    )
    if (step) this.emit('simyard-progress', { step, state: 'failed', error: failure })
    this.emit('simyard-error', { error: failure })
  }

  private disconnect(): void {
    this.attempt?.abort()
    this.stream?.close()
    this.stream = undefined
    const seat = this.seat
    this.seat = undefined
    seat?.socket.close()
    this.time = 0
    this.typedConsole = false
  }

  private setState(state: ViewState): void {
    if (this.current === state) return
    this.current = state
    this.dataset.state = state
    this.emit('simyard-state', { state })
  }

  private emit<Name extends keyof ViewEvents>(name: Name, detail: ViewEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}
