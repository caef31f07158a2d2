import type { LabelUpdate, RobotSummary } from '@simyard/protocol'
import type { Recording } from '@simyard/recording'
import { LiveConnection, type LiveTarget } from './connection/live-connection.js'
import type { Failure, SimyardEvent, StreamMessage } from './connection/message.js'
import type { Progress } from './connection/session.js'
import type { TabSimulationOptions } from './connection/tab-stream.js'
import type { ControlHost } from './controls/control-host.js'
import { Controls } from './controls/controls.js'
import { IdleWatch } from './controls/idle-watch.js'
import { hasOwnWindow, RobotsPanel } from './controls/robots-panel.js'
import { controlStyle } from './controls/style.js'
import type { ShowKind } from './controls/toolbar.js'
import { inspectStyle } from './inspect/inspect-panel.js'
import type { Inspection } from './inspect/inspection.js'
import { StartChecklist } from './overlay/start-checklist.js'
import { viewStyle } from './overlay/style.js'
import { PictureTools } from './picture-tools.js'
import { Player } from './player/player.js'
import type { PlayheadRange } from './player/playhead.js'
import { RecordPanel, type SavedPart } from './record/record-panel.js'
import type { RecordedWorld } from './record/run-recording.js'
import type { SavedFile, SaveFormat } from './record/save.js'
import type { AssetBase } from './scene/asset-url.js'
import { strings } from './scene/attribute.js'
import { SenseOverlays } from './sense-overlays.js'
import type { CameraState, FollowMode } from './stage/camera-rig.js'
import type { Overlays } from './stage/overlay/overlays.js'
import type { Quality } from './stage/quality.js'
import { type CameraMode, Stage } from './stage/stage.js'
import type { ViewEvents, ViewState } from './view-event.js'
import { RobotWindows } from './window/robot-windows.js'
import { windowStyle } from './window/style.js'

/** Attributes that say what to show; the first that is there counts. */
const SOURCES = ['tab', 'stream', 'server', 'recording', 'scene'] as const
const OPTIONS = [
  'autoplay',
  'broadcast',
  'controls',
  'hide',
  'idle-limit',
  'loop',
  'site',
  'speed',
  'theme',
  'timeout',
] as const
/** Along the longer side. */
const THUMBNAIL_PIXELS = 640
/** A recording that is loaded with a time in the page's address begins there: `#t=12.5`. */
const VIEW_SCRIPT: string = import.meta.url
const TIME_IN_ADDRESS = /[#&]t=([\d.]+)/

/**
 * <simyard-view server="…/session?url=….wbt">, <simyard-view stream="ws://…">, <simyard-view tab="…/worlds/x.wbt"> or
 * <simyard-view scene="….x3d">: a live simulation in a page, on a server or in the page itself, a scene, or a recording.
 * Connects when it has an address and is in the document; leaving the document closes it and ends its simulation.
 */
export class SimyardView extends HTMLElement implements ControlHost {
  static readonly observedAttributes = [...SOURCES, 'animation', ...OPTIONS]

  /** With `tab`: the room through which programs reach the simulation; to be set before the attribute. */
  room: TabSimulationOptions['room']

  private readonly shadow = this.attachShadow({ mode: 'open' })
  private readonly checklist = new StartChecklist(() => void this.connect())
  private readonly darkScheme = matchMedia('(prefers-color-scheme: dark)')
  private readonly controls = new Controls(this, this)
  private readonly windowLayer = document.createElement('div')
  private readonly windows = new RobotWindows({
    container: this.windowLayer,
    send: (text) => this.connection?.send(text),
    assetBase: () => this.connection?.assetBase ?? location.href,
    theme: () => (this.dark ? 'dark' : 'light'),
    mayDrive: () => !this.broadcast,
  })
  private stage: Stage | undefined
  private player: Player | undefined
  private tools: PictureTools | undefined
  private senses: SenseOverlays | undefined
  private connection: LiveConnection | undefined
  private attempt = new AbortController()
  private idle: IdleWatch | undefined
  private showKind: ShowKind = 'live'
  /** Outlives the picture: an element that is put back looks as before. */
  private qualitySet: Quality | undefined
  private typedConsole = false
  private pictureShown = false
  private current: ViewState = 'idle'
  private modeBeforeLoss: ViewState = 'paused'
  private worldList: ControlHost['worlds'] = { current: '', all: [] }
  private robotList: readonly RobotSummary[] = []
  private shownAssets: AssetBase = location.href
  /** Since when is being recorded, and what was. */
  private recordedFrom: number | undefined
  private recorded: { readonly fromMs: number; readonly untilMs: number } | undefined
  private streamAge: { readonly ageMs: number; readonly at: number } | undefined
  private readonly onScheme = () => this.applyTheme()

  get state(): ViewState {
    return this.current
  }

  get kind(): ShowKind {
    return this.showKind
  }

  /** Simulated milliseconds of what is on the screen. */
  get timeMs(): number {
    return this.player?.timeMs ?? 0
  }

  /** Simulated milliseconds that can be looked at: of a live run, the last minutes. */
  get range(): PlayheadRange {
    return this.player?.range ?? { startMs: 0, endMs: 0 }
  }

  /** Whether the newest moment is shown. */
  get live(): boolean {
    return this.kind === 'live' && (this.player?.playhead.live ?? true)
  }

  /** Whether a recording, or the past of a live run, is playing. */
  get playing(): boolean {
    return this.player?.playhead.playing ?? false
  }

  get recording(): boolean {
    return this.recordedFrom !== undefined
  }

  /** Simulated time since recording began, or that was recorded last. */
  get recordedMs(): number {
    if (this.recordedFrom !== undefined) return Math.max(this.range.endMs - this.recordedFrom, 0)
    return this.recorded ? this.recorded.untilMs - this.recorded.fromMs : 0
  }

  get hasPreviousRun(): boolean {
    return this.player?.previousTake !== undefined
  }

  get broadcast(): boolean {
    return this.hasAttribute('broadcast')
  }

  get worldTitle(): string {
    return this.player?.settings.find(({ tagName }) => tagName === 'WorldInfo')?.getAttribute('title') ?? ''
  }

  get worldInfo(): readonly string[] {
    const info = this.player?.settings.find(({ tagName }) => tagName === 'WorldInfo')
    return info ? strings(info, 'info') : []
  }

  get worlds(): ControlHost['worlds'] {
    return this.worldList
  }

  get robots(): readonly RobotSummary[] {
    return this.robotList
  }

  /** How long ago what is on the screen happened: the way of the newest frame, and what the picture lags behind it. */
  get ageMs(): number | undefined {
    if (!this.streamAge || !this.player || this.kind !== 'live' || !this.live) return undefined
    const running = this.current === 'running' || this.current === 'fast'
    const since = running ? performance.now() - this.streamAge.at : 0
    return this.streamAge.ageMs + Math.max(since, 0) + (running ? this.player.playhead.behindMs(this.range.endMs) : 0)
  }

  connectedCallback(): void {
    this.darkScheme.addEventListener('change', this.onScheme)
    // What comes from elsewhere is asked for first: making a canvas takes as long as the way there.
    const opening = SOURCES.some((name) => this.hasAttribute(name)) ? this.connect() : undefined
    if (opening && this.hasAttribute('tab')) void opening.finally(() => this.build())
    else this.build()
  }

  disconnectedCallback(): void {
    this.darkScheme.removeEventListener('change', this.onScheme)
    this.close()
    this.controls.rest()
    this.player = undefined
    this.tools?.overlays.clear()
    this.tools = undefined
    this.senses?.dispose()
    this.senses = undefined
    this.stage?.dispose()
    this.stage = undefined
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if (name === 'theme') this.applyTheme()
    else if ((SOURCES as readonly string[]).includes(name)) {
      if (after !== null) void this.connect()
    } else if (name === 'animation') {
      if (this.hasAttribute('scene')) void this.connect()
    } else this.applyOptions()
  }

  /** Starts, or starts again. Resolves when the stream is open, the file is there, or the start has failed; see `state`. */
  async connect(): Promise<void> {
    this.disconnect()
    this.attempt = new AbortController()
    this.pictureShown = false
    delete this.dataset.picture
    this.applyOptions()
    const source = SOURCES.find((name) => this.hasAttribute(name))
    if (source === undefined) return
    const address = this.getAttribute(source) ?? ''
    if (source === 'recording') return this.loadRecording(address)
    if (source === 'scene') return this.loadScene(address, this.getAttribute('animation') ?? undefined)
    this.showKind = 'live'
    const target = this.target(source, address)
    this.checklist.begin(target.kind === 'server' ? 'all' : 'stream')
    this.setState('connecting')
    const connection = new LiveConnection(
      target,
      {
        onData: (data) => void this.windows.stream.receive(data),
        onOpen: () => this.windows.stream.renew(),
        onMessage: (message) => this.receive(message),
        onProgress: (progress) => this.report(progress),
        onReconnecting: () => this.onReconnecting(),
        onReconnected: () => this.onReconnected(),
        onLost: (failure, step) => this.fail(failure, step),
      },
      this.broadcast,
    )
    this.connection = connection
    await connection.open()
  }

  /** Shows a scene that stands still, or an animation of it, from their addresses. */
  async loadScene(address: string, animation?: string): Promise<void> {
    const url = new URL(address, location.href)
    await this.load(animation === undefined ? 'scene' : 'recording', async (signal) => {
      const xml = await (await fetchFile(url, signal)).text()
      const json =
        animation === undefined ? undefined : await (await fetchFile(new URL(animation, location.href), signal)).text()
      const base = new URL('.', url).href
      if (json === undefined) return this.showModel(xml, base)
      const { readAnimation } = await import('@simyard/recording')
      await this.play(readAnimation(json, xml), base)
    })
  }

  /** Plays a recording from its address. */
  async loadRecording(address: string): Promise<void> {
    const url = new URL(address, location.href)
    await this.load('recording', async (signal) => {
      const bytes = new Uint8Array(await (await fetchFile(url, signal)).arrayBuffer())
      const { openRecording } = await import('./record/run-recording.js')
      await this.play(openRecording(bytes), recordingAssets(url))
    })
  }

  /** Plays a recording that is at hand. */
  async showRecording(
    bytes: Uint8Array,
    assetBase: AssetBase = recordingAssets(new URL(location.href)),
  ): Promise<void> {
    this.disconnect()
    await this.load('recording', async () => {
      const { openRecording } = await import('./record/run-recording.js')
      await this.play(openRecording(bytes), assetBase)
    })
  }

  /** A site of Simyard that recordings can be shown on (attribute `site`). */
  get site(): string | undefined {
    return this.getAttribute('site') ?? undefined
  }

  /** Shows a run on the site, with a picture of what is on the screen; resolves to the address of its page. */
  async publish(part: SavedPart = 'kept', onProgress: (text: string) => void = () => undefined): Promise<string> {
    const { site } = this
    if (site === undefined) throw new Error('The page names no site to save on.')
    const [file, thumbnail] = [await this.recordingFile(part), await this.stage?.photograph(THUMBNAIL_PIXELS)]
    const { publish } = await import('./record/publish.js')
    const what = { file, thumbnail, title: this.worldTitle, xml: this.player?.xml ?? '', assetBase: this.shownAssets }
    const published = await publish(site, what, onProgress)
    this.emit('simyard-saved', published)
    return published.address
  }

  startRecording(): void {
    this.recordedFrom = this.range.endMs
    this.player?.keepFrom(this.recordedFrom)
    this.controls.announce('Recording')
    this.controls.update()
  }

  stopRecording(): void {
    if (this.recordedFrom === undefined) return
    this.recorded = { fromMs: this.recordedFrom, untilMs: this.range.endMs }
    this.recordedFrom = undefined
    this.controls.announce('Recording stopped')
    this.controls.update()
  }

  /** What of a live run is kept, or the recording that is shown, in our own format. */
  async recordingFile(part: SavedPart = 'kept'): Promise<Uint8Array<ArrayBuffer>> {
    const { player } = this
    if (!player) throw new Error('There is nothing to save.')
    const take = part === 'previous' ? (player.previousTake ?? player.timeline) : player.timeline
    if (take.frameCount === 0) throw new Error('There is nothing to save yet: let it run first.')
    const { recordTake } = await import('./record/run-recording.js')
    const recording =
      this.recordedFrom === undefined ? this.recorded : { fromMs: this.recordedFrom, untilMs: this.range.endMs }
    return recordTake(player.xml, this.recordedWorld, take, part === 'recorded' ? recording : undefined)
  }

  /** Lets the browser save a run in one of the formats. */
  async save(
    format: SaveFormat | 'video',
    part: SavedPart = 'kept',
    onProgress: (text: string) => void = () => undefined,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const saved = format === 'video' ? await this.film(onProgress, signal) : await this.makeFile(format, part)
    if (!saved || signal.aborted) return
    const link = document.createElement('a')
    link.href = URL.createObjectURL(saved.blob)
    link.download = saved.name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
  }

  /** The file of a run, as `save` would let the browser save it. */
  async makeFile(format: SaveFormat, part: SavedPart = 'kept'): Promise<SavedFile> {
    const file = await this.recordingFile(part)
    const { saveAs } = await import('./record/save.js')
    return saveAs(format, {
      file,
      xml: this.player?.xml ?? '',
      assetBase: this.shownAssets,
      offlineScript: new URL('simyard-view-offline.js', VIEW_SCRIPT).href,
    })
  }

  /** Every device of a robot with its live value, in a window over the picture. */
  openDevices(robot: string): void {
    this.windows.openDevices(robot)
  }

  /** The project's own window of a robot. */
  openRobotWindow(robot: string): void {
    const one = this.robotList.find(({ name }) => name === robot)
    if (one && hasOwnWindow(one)) this.windows.openWindow(one)
    else this.windows.openDevices(robot)
  }

  /** Ends the conversation; the server then ends the simulation. */
  close(): void {
    this.disconnect()
    this.windows.closeAll()
    this.checklist.finish()
    this.controls.notice.hide()
    this.setState('closed')
  }

  /** Runs the simulation; plays a recording, or the past of a live run when it is that which is looked at. */
  run(): void {
    if (this.live) this.connection?.send(`real-time:${this.timeLimit()}`)
    else this.player?.play()
    this.followPlayback()
  }

  pause(): void {
    if (this.live) this.connection?.send('pause')
    else this.player?.pause()
    this.followPlayback()
  }

  step(): void {
    this.connection?.send('step')
  }

  fast(): void {
    this.connection?.send(`fast:${this.timeLimit()}`)
  }

  reset(): void {
    this.connection?.send('reset')
  }

  /** Loads the world again from its file. */
  reload(): void {
    this.connection?.send('reload')
  }

  loadWorld(world: string): void {
    this.connection?.send(`load:${world}`)
  }

  /** Replaces an existing file of a controller in the running simulation; a reset starts it anew. */
  setController(name: string, file: string, content: string): void {
    this.connection?.send(`set controller:${name}/${file}:${content.split('\n').length}\n${content}`)
  }

  /** A raw message of the stream's protocol. */
  send(text: string): void {
    this.connection?.send(text)
  }

  /** Shows another moment; a live run goes on meanwhile, see `goLive`. */
  seek(timeMs: number): void {
    this.player?.seek(timeMs)
    this.controls.update()
  }

  stepFrames(frames: number): void {
    this.player?.stepFrames(frames)
    this.controls.update()
  }

  goLive(): void {
    this.player?.goLive()
    this.controls.update()
  }

  setPlayback({ speed, loop }: { speed?: number; loop?: boolean }): void {
    const playhead = this.player?.playhead
    if (!playhead) return
    if (speed !== undefined && speed > 0) playhead.speed = speed
    if (loop !== undefined) playhead.loop = loop
    this.controls.showPlayback(playhead.speed, playhead.loop)
  }

  resetCamera(): void {
    this.stage?.resetCamera()
  }

  /** Behind a robot, above it, or everything; the first robot when none is named. */
  look(camera: CameraMode, robot?: string): void {
    this.stage?.look(camera, robot)
  }

  /** Where one looks from, in the world's axes; for links and for pages that steer it. */
  get camera(): CameraState | undefined {
    return this.stage?.camera
  }

  set camera(state: CameraState | undefined) {
    if (this.stage && state) this.stage.camera = state
  }

  /** What drawing may cost. */
  get quality(): Quality | undefined {
    return this.stage?.quality ?? this.qualitySet
  }

  set quality(quality: Quality | undefined) {
    this.qualitySet = quality
    if (this.stage && quality) this.stage.quality = quality
  }

  /** What lies over the picture. */
  get overlays(): Overlays | undefined {
    return this.tools?.overlays
  }

  /** The camera goes with a solid, `n` and its number; `smoothness` 0–1. `eye` wants a robot's camera. */
  follow(id: string | undefined, mode: FollowMode = 'tracking', smoothness = 0): void {
    this.stage?.followNode(id, mode, smoothness)
  }

  select(id: string | undefined): void {
    this.stage?.select(id)
  }

  /** Changes what is drawn of a node, `n` and its number; the simulation does not know about it. */
  setField(id: string, field: string, value: string): void {
    this.player?.setField(id, field, value)
  }

  /** Where a solid is and how fast it goes. */
  inspect(id: string): Inspection | undefined {
    return this.tools?.inspect(id)
  }

  /** The world in a few sentences. */
  describe(): string {
    return this.tools?.describe() ?? ''
  }

  toggleFullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void this.requestFullscreen().catch(() => this.controls.announce('This page does not allow full screen.'))
  }

  link(withTime: boolean): string {
    const page = location.href.replace(/#.*$/, '')
    return withTime ? `${page}#t=${(this.timeMs / 1000).toFixed(2)}` : page
  }

  embedding(): string {
    const source = SOURCES.find((name) => this.hasAttribute(name)) ?? 'scene'
    const address = new URL(this.getAttribute(source) ?? '', location.href).href.replaceAll('"', '%22')
    const moves = source === 'scene' ? this.getAttribute('animation') : null
    const animation = moves === null ? '' : ` animation="${new URL(moves, location.href).href.replaceAll('"', '%22')}"`
    return `<script type="module" src="${VIEW_SCRIPT}"></script>\n<simyard-view ${source}="${address}"${animation} controls style="height: 480px"></simyard-view>`
  }

  /** What is around the robots of a simulation in this tab: a noise, and the light, 0–100. */
  setSurroundings(change: { noise?: boolean; brightness?: number }): void {
    this.connection?.tab?.setSurroundings(change)
  }

  private build(): void {
    const style = document.createElement('style')
    style.textContent = viewStyle + controlStyle + windowStyle + inspectStyle
    this.windowLayer.className = 'windows'
    const close = () => this.controls.openPanel(undefined)
    this.controls.addPanel('record', new RecordPanel(this, close))
    this.controls.addPanel('windows', new RobotsPanel(() => this.robotList, this.windows, close))
    const host = document.createElement('div')
    host.className = 'stage'
    this.shadow.replaceChildren(
      style,
      host,
      this.windowLayer,
      this.controls.element,
      this.checklist.element,
      this.controls.notice.element,
    )
    try {
      this.stage = new Stage(host, {
        onAdvance: (now) => this.player?.advance(now) ?? false,
        onPick: (robot) => this.emit('simyard-pick', robot === undefined ? {} : { robot }),
        onFollow: (robot) => this.emit('simyard-follow', robot === undefined ? {} : { robot }),
        onSelect: (id) => this.tools?.selected(id),
        onQuality: (quality, reason) => this.tools?.qualityChanged(quality, reason),
      })
      this.player = new Player(this.stage, {
        onTime: (timeMs) => this.onTime(timeMs),
        onLabels: (labels) => this.onLabels(labels),
      })
      this.controls.settings.clear()
      this.tools = new PictureTools(this.stage, this.player, this.controls, {
        onSelect: (id) => this.emit('simyard-select', id === undefined ? {} : { id }),
        onQuality: (quality, reason) => this.emit('simyard-quality', { quality, reason }),
      })
      const { overlays } = this.tools
      this.senses = new SenseOverlays(this.windows.stream.host(), overlays, this.player, this.controls.settings)
      host.append(this.tools.overlays.labels.element, this.tools.overlays.pictures.element)
      if (this.qualitySet) this.stage.quality = this.qualitySet
      this.applyTheme()
    } catch {
      const message =
        'This browser cannot show 3D pictures (WebGL is off or missing). Switch on hardware acceleration or use another browser.'
      this.fail({ code: 'VIEW_NO_WEBGL', message }, 'frame')
    }
    this.applyOptions()
  }

  private applyOptions(): void {
    this.controls.element.hidden = !this.hasAttribute('controls')
    this.controls.leaveOut((this.getAttribute('hide') ?? '').split(/\s+/))
    this.setPlayback({ speed: Number(this.getAttribute('speed') ?? 1), loop: this.hasAttribute('loop') })
    this.idle?.stop()
    const limit = Number(this.getAttribute('idle-limit'))
    this.idle =
      limit > 0
        ? new IdleWatch(limit, { onCountdown: (left) => this.onIdle(left), onEnd: () => this.onIdleEnd(limit) })
        : undefined
    if (this.current === 'running' || this.current === 'fast') this.idle?.start()
  }

  private get dark(): boolean {
    return this.getAttribute('theme') === 'dark' || (!this.hasAttribute('theme') && this.darkScheme.matches)
  }

  private applyTheme(): void {
    this.toggleAttribute('data-dark', this.dark)
    this.stage?.setTheme(this.dark)
  }

  private target(source: 'tab' | 'stream' | 'server', address: string): LiveTarget {
    if (source === 'tab') return { kind: 'tab', options: { world: address, ...(this.room ? { room: this.room } : {}) } }
    const direct = source === 'stream' || (/^wss?:/.test(address) && !address.endsWith('.wbt'))
    return { kind: direct ? 'stream' : 'server', url: address }
  }

  /** Simulated milliseconds after which a run pauses by itself (attribute `timeout`, in seconds); negative: never. */
  private timeLimit(): number {
    const seconds = Number(this.getAttribute('timeout') ?? -1)
    return seconds >= 0 ? seconds * 1000 : -1
  }

  private receive(message: StreamMessage): void {
    switch (message.type) {
      case 'loading':
        this.report({ step: 'world', state: 'active', text: message.phase, percent: message.percent })
        return
      case 'worlds':
        this.worldList = { current: message.current, all: message.all }
        this.emit('simyard-worlds', this.worldList)
        this.controls.update()
        return
      case 'model':
        if (message.xml === '') this.player?.clear()
        else if (!this.goesOn(message.xml)) this.showModel(message.xml, this.connection?.assetBase ?? location.href)
        return
      case 'delete-world':
        this.pictureShown = false
        this.checklist.begin('stream')
        this.player?.clear()
        return
      case 'frame': {
        const now = performance.now()
        if (message.ageMs !== undefined) this.streamAge = { ageMs: message.ageMs, at: now }
        this.player?.addFrame(message.frame, now)
        return
      }
      case 'mode':
        this.onMode(message)
        return
      case 'console':
        if (!this.typedConsole) this.onConsole(message)
        return
      case 'robot-message':
        this.emit('simyard-robot-message', { robot: message.robot, message: message.message })
        return
      case 'reset-finished':
        // What was recorded so far is the run before; what comes now is recorded from its beginning.
        this.recorded = undefined
        if (this.recording) this.startRecording()
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
        this.controls.showSpeed(event.realTimeFactor, event.reason)
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
        this.onConsole(event)
        return
      case 'room':
        this.emit('simyard-room', event)
        return
      case 'robots':
        this.robotList = event.robots
        this.windows.keepOnly(event.robots)
        this.senses?.setRobots(event.robots)
        this.emit('simyard-robots', { robots: event.robots })
        this.controls.update()
        return
      case 'surroundings':
        this.emit('simyard-surroundings', event.surroundings)
        return
      case 'ink':
        this.senses?.ink(event.strokes, event.clear)
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

  private onMode({ mode, timeMs }: Extract<StreamMessage, { type: 'mode' }>): void {
    const before = this.current
    this.setState(mode === 'pause' ? 'paused' : mode === 'fast' ? 'fast' : 'running')
    const limit = this.timeLimit()
    if (
      mode === 'pause' &&
      timeMs !== undefined &&
      timeMs > 0 &&
      limit >= 0 &&
      (before === 'running' || before === 'fast')
    ) {
      this.controls.notice.show(`Paused after ${limit / 1000} s of simulated time.`, {
        label: 'Go on',
        run: () => (before === 'fast' ? this.fast() : this.run()),
      })
    }
  }

  private onConsole(entry: ViewEvents['simyard-console']): void {
    this.controls.console.add(entry)
    this.emit('simyard-console', entry)
  }

  private onTime(timeMs: number): void {
    this.controls.showTime()
    this.tools?.showTime(timeMs)
    this.emit('simyard-time', { timeMs })
    this.followPlayback()
  }

  /** A recording runs or not; one that has played to its end has stopped by itself. */
  private followPlayback(): void {
    if (this.live) return
    if (this.kind === 'recording' && (this.current === 'running' || this.current === 'paused'))
      this.setState(this.playing ? 'running' : 'paused')
    if (this.dataset.playing === String(this.playing)) return
    this.dataset.playing = String(this.playing)
    this.controls.update()
  }

  private onLabels(labels: readonly LabelUpdate[]): void {
    this.tools?.overlays.labels.show(labels)
    this.emit('simyard-labels', { labels })
  }

  /** After a broken line the same world comes again: what is on the screen goes on. */
  private goesOn(xml: string): boolean {
    return this.pictureShown && this.player?.xml === xml
  }

  private showModel(xml: string, assetBase: AssetBase): void {
    try {
      this.shownAssets = assetBase
      this.player?.show(xml, assetBase, this.kind === 'recording', () => this.onFirstPicture())
      this.tools?.begin()
      this.report({ step: 'world', state: 'done' })
      this.report({ step: 'frame', state: 'active' })
      // Programs that drive its robots do not wait for a picture.
      if (this.connection?.tab && this.hasAttribute('autoplay')) this.run()
      this.controls.update()
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      this.fail({ code: 'VIEW_BAD_SCENE', message: `The scene cannot be shown: ${reason}` }, 'world')
    }
  }

  /** Loads what is no live run; `read` shows it, or throws why it cannot. */
  private async load(kind: 'scene' | 'recording', read: (signal: AbortSignal) => Promise<void>): Promise<void> {
    if (this.attempt.signal.aborted) this.attempt = new AbortController()
    const { signal } = this.attempt
    this.showKind = kind
    this.checklist.begin('stream')
    this.setState('connecting')
    this.report({ step: 'world', state: 'active' })
    try {
      await read(signal)
      this.setState('paused')
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof Error ? error.message : String(error)
      this.fail({ code: 'VIEW_FILE_UNREADABLE', message: `This ${kind} cannot be shown: ${reason}` }, 'world')
    }
  }

  private async play(recording: Recording, assetBase: AssetBase): Promise<void> {
    const { scene } = recording
    const xml = scene.xml.x3d ?? scene.xml['x3d-2019']
    if (xml === undefined || !this.player) throw new Error('it has no scene.')
    const { showRecording } = await import('./record/run-recording.js')
    // The first picture finds the frames there: it may have to show another moment than the first, or to play.
    this.showModel(xml, assetBase)
    this.robotList = scene.robots.map(({ nodeId, name }) => ({
      nodeId,
      name,
      model: '',
      controller: '',
      window: '<none>',
    }))
    showRecording(recording, this.player)
    const at = TIME_IN_ADDRESS.exec(location.hash)?.[1]
    if (at !== undefined) this.player.seek(Number(at) * 1000)
    this.applyOptions()
    this.controls.update()
  }

  private get recordedWorld(): RecordedWorld {
    const info = this.player?.settings.find(({ tagName }) => tagName === 'WorldInfo')
    const said = (name: string, otherwise: number) => Number(info?.getAttribute(name)) || otherwise
    return {
      world: this.worldList.current,
      title: this.worldTitle,
      basicTimeStepMs: said('basicTimeStep', 32),
      fps: said('FPS', 30),
      robots: this.robotList.map(({ nodeId, name }) => ({ nodeId, name })),
    }
  }

  private async film(onProgress: (text: string) => void, signal: AbortSignal): Promise<SavedFile | undefined> {
    const { stage, player } = this
    const { makeVideo, videoProblem } = await import('./record/video.js')
    const problem = videoProblem()
    if (problem !== undefined || !stage || !player) throw new Error(problem ?? 'There is nothing to film.')
    const { startMs, endMs } = this.range
    const blob = await makeVideo(
      {
        canvas: stage.canvas,
        play: (stop, tell) =>
          player.playThrough(stop, (timeMs) => tell((timeMs - startMs) / Math.max(endMs - startMs, 1))),
      },
      signal,
      (part) => onProgress(`${Math.round(part * 100)} % filmed`),
    )
    this.controls.update()
    return blob && { name: `simulation.${blob.type.includes('mp4') ? 'mp4' : 'webm'}`, blob }
  }

  private onFirstPicture(): void {
    this.pictureShown = true
    this.dataset.picture = 'shown'
    this.report({ step: 'frame', state: 'done' })
    this.checklist.finish()
    if (this.hasAttribute('autoplay') && this.kind !== 'scene') this.run()
  }

  private onReconnecting(): void {
    if (this.current !== 'reconnecting') this.modeBeforeLoss = this.current
    this.setState('reconnecting')
    this.controls.notice.show('The connection was lost. Trying again …')
  }

  private onReconnected(): void {
    this.controls.notice.hide()
    this.setState(this.modeBeforeLoss)
  }

  private onIdle(secondsLeft: number | undefined): void {
    if (secondsLeft === undefined) this.controls.notice.hide()
    else
      this.controls.notice.show(`Nobody seems to be here. The simulation ends in ${secondsLeft} s.`, {
        label: 'Stay',
        run: () => this.idle?.stay(),
      })
  }

  private onIdleEnd(limit: number): void {
    this.disconnect()
    this.setState('closed')
    this.controls.notice.show(`The simulation was ended after ${limit} s without anybody touching it.`, {
      label: 'Start again',
      run: () => void this.connect(),
    })
  }

  private report(progress: Progress): void {
    this.checklist.report(progress)
    this.emit('simyard-progress', progress)
  }

  private fail(failure: Failure, step: Progress['step'] | undefined): void {
    this.setState('failed')
    this.disconnect()
    this.controls.notice.hide()
    this.checklist.fail(
      failure,
      step,
      this.pictureShown ? 'The simulation has stopped' : 'The simulation did not start',
    )
    if (step) this.emit('simyard-progress', { step, state: 'failed', error: failure })
    this.emit('simyard-error', { error: failure })
  }

  private disconnect(): void {
    this.attempt.abort()
    this.connection?.close()
    this.connection = undefined
    this.idle?.stop()
    this.typedConsole = false
    this.streamAge = undefined
  }

  private setState(state: ViewState): void {
    if (this.current === state) return
    this.current = state
    this.dataset.state = state
    if (state === 'running' || state === 'fast') this.idle?.start()
    else this.idle?.stop()
    const spoken = { running: 'Running', fast: 'Running fast', paused: 'Paused' } as Partial<Record<ViewState, string>>
    if (spoken[state] && this.kind === 'live') this.controls.announce(spoken[state])
    this.controls.update()
    this.emit('simyard-state', { state })
  }

  private emit<Name extends keyof ViewEvents>(name: Name, detail: ViewEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }))
  }
}

async function fetchFile(url: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal })
  if (!response.ok) throw new Error(`${url.pathname} is not there (HTTP ${response.status}).`)
  return response
}

/** Textures of our own models lie beside the view's script, others beside the recording. */
function recordingAssets(url: URL): AssetBase {
  return (path) => {
    const shipped = /^assets\/(.*)$/.exec(path)?.[1]
    return shipped === undefined ? new URL(path, url).href : new URL(`../assets/${shipped}`, VIEW_SCRIPT).href
  }
}
