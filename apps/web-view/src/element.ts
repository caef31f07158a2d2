import type { RobotSummary } from '@simyard/protocol'
import type { TabSimulationOptions } from './connection/tab-stream.js'
import type { ControlHost } from './controls/control-host.js'
import { Controls } from './controls/controls.js'
import { IdleWatch } from './controls/idle-watch.js'
import { hasOwnWindow, RobotsPanel } from './controls/robots-panel.js'
import { controlStyle } from './controls/style.js'
import type { ShowKind } from './controls/toolbar.js'
import { inspectStyle } from './inspect/inspect-panel.js'
import type { Inspection } from './inspect/inspection.js'
import type { Picture } from './picture/picture.js'
import type { PlayheadRange } from './player/playhead.js'
import { RecordPanel, type SavedPart } from './record/record-panel.js'
import { download, type Recorder } from './record/recorder.js'
import type { SavedFile, SaveFormat } from './record/save.js'
import type { AssetBase } from './scene/asset-url.js'
import { ShownWorld } from './scene/shown-world.js'
import { Show } from './show/show.js'
import { openRecording } from './show/shown-file.js'
import { embeddingOf, pageLink, SOURCES, sourceOf } from './show/source.js'
import type { CameraState, FollowMode } from './stage/camera-rig.js'
import type { Overlays } from './stage/overlay/overlays.js'
import type { Quality } from './stage/quality.js'
import type { CameraMode } from './stage/stage.js'
import { Status } from './status/status.js'
import { viewStyle } from './status/style.js'
import { emit, type ViewState } from './view-event.js'
import type { ViewParts } from './view-parts.js'
import { RobotWindows } from './window/robot-windows.js'
import { windowStyle } from './window/style.js'

/** Attributes that take effect when they change, and those that are looked at when they are needed. */
const OPTIONS = ['broadcast', 'controls', 'hide', 'idle-limit', 'loop', 'speed', 'theme'] as const
const ASKED = ['autoplay', 'site', 'timeout'] as const

/**
 * <simyard-view server="…/session?url=….wbt">, <simyard-view stream="ws://…">, <simyard-view tab="…/worlds/x.wbt"> or
 * <simyard-view scene="….x3d">: a live simulation in a page, on a server or in the page itself, a scene, or a recording.
 * Connects when it has an address and is in the document; leaving the document closes it and ends its simulation.
 */
export class SimyardView extends HTMLElement implements ControlHost {
  static readonly observedAttributes = [...SOURCES, 'animation', ...OPTIONS, ...ASKED]

  /** With `tab`: the room through which programs reach the simulation; to be set before the attribute. */
  room: TabSimulationOptions['room']

  private readonly shadow = this.attachShadow({ mode: 'open' })
  private readonly darkScheme = matchMedia('(prefers-color-scheme: dark)')
  private readonly controls = new Controls(this, this)
  private readonly idle = new IdleWatch(this.controls.notice, {
    onEnd: () => {
      this.show.end()
      this.status.set('closed')
    },
    onAgain: () => void this.connect(),
  })
  private readonly status = new Status(this, this.controls, {
    onRetry: () => void this.connect(),
    onState: () => (this.status.running ? this.idle.start() : this.idle.stop()),
    onFailed: () => this.show.end(),
  })
  private readonly world = new ShownWorld(() => this.picture?.player.settings ?? [])
  private readonly windowLayer = document.createElement('div')
  private readonly windows = new RobotWindows({
    container: this.windowLayer,
    send: (text) => this.send(text),
    assetBase: () => this.show.run?.assetBase ?? location.href,
    theme: () => (this.dark ? 'dark' : 'light'),
    mayDrive: () => !this.broadcast,
  })
  private readonly parts: ViewParts = {
    view: this,
    controls: this.controls,
    status: this.status,
    windows: this.windows,
    world: this.world,
  }
  private readonly show = new Show(this.parts)
  /** Outlives the picture: an element that is put back looks as before. */
  private qualitySet: Quality | undefined
  private readonly onScheme = () => this.applyTheme()

  get state(): ViewState {
    return this.status.state
  }

  get kind(): ShowKind {
    return this.status.kind
  }

  /** Simulated milliseconds of what is on the screen. */
  get timeMs(): number {
    return this.picture?.player.timeMs ?? 0
  }

  /** Simulated milliseconds that can be looked at: of a live run, the last minutes. */
  get range(): PlayheadRange {
    return this.picture?.player.range ?? { startMs: 0, endMs: 0 }
  }

  /** Whether the newest moment is shown. */
  get live(): boolean {
    return this.show.live
  }

  /** Whether a recording, or the past of a live run, is playing. */
  get playing(): boolean {
    return this.show.playing
  }

  get recording(): boolean {
    return this.picture?.recorder.recording ?? false
  }

  /** Simulated time since recording began, or that was recorded last. */
  get recordedMs(): number {
    return this.picture?.recorder.recordedMs ?? 0
  }

  get hasPreviousRun(): boolean {
    return this.picture?.player.previousTake !== undefined
  }

  get broadcast(): boolean {
    return this.hasAttribute('broadcast')
  }

  get worldTitle(): string {
    return this.world.title
  }

  get worldInfo(): readonly string[] {
    return this.world.sentences
  }

  get worlds(): ControlHost['worlds'] {
    return this.world.list
  }

  get robots(): readonly RobotSummary[] {
    return this.world.robots
  }

  /** How long ago what is on the screen happened; undefined when nobody can tell. */
  get ageMs(): number | undefined {
    return this.show.run?.ageMs
  }

  /** A site of Simyard that recordings can be shown on (attribute `site`). */
  get site(): string | undefined {
    return this.getAttribute('site') ?? undefined
  }

  connectedCallback(): void {
    this.darkScheme.addEventListener('change', this.onScheme)
    for (const name of OPTIONS) this.applyOption(name)
    // What comes from elsewhere is asked for first: making a canvas takes as long as the way there.
    const opening = sourceOf(this) && this.connect()
    if (opening && this.hasAttribute('tab')) void opening.finally(() => this.build())
    else this.build()
  }

  disconnectedCallback(): void {
    this.darkScheme.removeEventListener('change', this.onScheme)
    this.close()
    this.controls.rest()
    this.show.closePicture()
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return
    if ((SOURCES as readonly string[]).includes(name)) {
      if (after !== null) void this.connect()
    } else if (name === 'animation') {
      if (this.hasAttribute('scene')) void this.connect()
    } else this.applyOption(name)
  }

  /** Starts, or starts again. Resolves when the stream is open, the file is there, or the start has failed; see `state`. */
  async connect(): Promise<void> {
    const source = sourceOf(this)
    if (source) await this.show.start(source, this.room)
  }

  /** Shows a scene that stands still, or an animation of it, from their addresses. */
  async loadScene(address: string, animation?: string): Promise<void> {
    await this.show.start({ name: 'scene', address, animation }, this.room)
  }

  /** Plays a recording from its address. */
  async loadRecording(address: string): Promise<void> {
    await this.show.start({ name: 'recording', address }, this.room)
  }

  /** Plays a recording that is at hand. */
  async showRecording(bytes: Uint8Array, assetBase?: AssetBase): Promise<void> {
    await this.show.load('recording', () => openRecording(bytes, assetBase))
  }

  startRecording(): void {
    this.picture?.recorder.start()
    this.controls.announce('Recording')
    this.controls.update()
  }

  stopRecording(): void {
    if (!this.recording) return
    this.picture?.recorder.stop()
    this.controls.announce('Recording stopped')
    this.controls.update()
  }

  /** What of a live run is kept, or the recording that is shown, in our own format. */
  async recordingFile(part: SavedPart = 'kept'): Promise<Uint8Array<ArrayBuffer>> {
    return this.recorder.file(part)
  }

  /** The file of a run, as `save` would let the browser save it. */
  async makeFile(format: SaveFormat, part: SavedPart = 'kept'): Promise<SavedFile> {
    return this.recorder.make(format, part)
  }

  /** Lets the browser save a run in one of the formats. */
  async save(
    format: SaveFormat | 'video',
    part: SavedPart = 'kept',
    onProgress: (text: string) => void = () => undefined,
    signal: AbortSignal = new AbortController().signal,
  ): Promise<void> {
    const { recorder } = this
    const file = await (format === 'video' ? recorder.film(part, onProgress, signal) : recorder.make(format, part))
    if (file && !signal.aborted) download(file)
    this.controls.update()
  }

  /** Shows a run on the site, with a picture of what is on the screen; resolves to the address of its page. */
  async publish(part: SavedPart = 'kept', onProgress: (text: string) => void = () => undefined): Promise<string> {
    const { site } = this
    if (site === undefined) throw new Error('The page names no site to save on.')
    const published = await this.recorder.publish(site, part, onProgress)
    emit(this, 'simyard-saved', published)
    return published.address
  }

  /** Every device of a robot with its live value, in a window over the picture. */
  openDevices(robot: string): void {
    this.windows.openDevices(robot)
  }

  /** The project's own window of a robot. */
  openRobotWindow(robot: string): void {
    const one = this.robots.find(({ name }) => name === robot)
    if (one && hasOwnWindow(one)) this.windows.openWindow(one)
    else this.windows.openDevices(robot)
  }

  /** Ends the conversation; the server then ends the simulation. */
  close(): void {
    this.show.end()
    this.windows.closeAll()
    this.status.close()
  }

  /** Runs the simulation; plays a recording, or the past of a live run when it is that which is looked at. */
  run(): void {
    this.show.play()
  }

  pause(): void {
    this.show.pause()
  }

  step(): void {
    this.send('step')
  }

  fast(): void {
    this.show.run?.fast()
  }

  reset(): void {
    this.send('reset')
  }

  /** Loads the world again from its file. */
  reload(): void {
    this.send('reload')
  }

  loadWorld(world: string): void {
    this.send(`load:${world}`)
  }

  /** Replaces an existing file of a controller in the running simulation; a reset starts it anew. */
  setController(name: string, file: string, content: string): void {
    this.send(`set controller:${name}/${file}:${content.split('\n').length}\n${content}`)
  }

  /** A raw message of the stream's protocol. */
  send(text: string): void {
    this.show.run?.send(text)
  }

  /** Shows another moment; a live run goes on meanwhile, see `goLive`. */
  seek(timeMs: number): void {
    this.picture?.player.seek(timeMs)
    this.controls.update()
  }

  stepFrames(frames: number): void {
    this.picture?.player.stepFrames(frames)
    this.controls.update()
  }

  goLive(): void {
    this.picture?.player.goLive()
    this.controls.update()
  }

  setPlayback({ speed, loop }: { speed?: number; loop?: boolean }): void {
    const playhead = this.picture?.player.playhead
    if (!playhead) return
    if (speed !== undefined && speed > 0) playhead.speed = speed
    if (loop !== undefined) playhead.loop = loop
    this.controls.showPlayback(playhead.speed, playhead.loop)
  }

  resetCamera(): void {
    this.picture?.stage.resetCamera()
  }

  /** Behind a robot, above it, or everything; the first robot when none is named. */
  look(camera: CameraMode, robot?: string): void {
    this.picture?.stage.look(camera, robot)
  }

  /** Where one looks from, in the world's axes; for links and for pages that steer it. */
  get camera(): CameraState | undefined {
    return this.picture?.stage.camera
  }

  set camera(state: CameraState | undefined) {
    if (this.picture && state) this.picture.stage.camera = state
  }

  /** What drawing may cost. */
  get quality(): Quality | undefined {
    return this.picture?.stage.quality ?? this.qualitySet
  }

  set quality(quality: Quality | undefined) {
    this.qualitySet = quality
    if (this.picture && quality) this.picture.stage.quality = quality
  }

  /** What lies over the picture. */
  get overlays(): Overlays | undefined {
    return this.picture?.tools.overlays
  }

  /** The camera goes with a solid, `n` and its number; `smoothness` 0–1. `eye` wants a robot's camera. */
  follow(id: string | undefined, mode: FollowMode = 'tracking', smoothness = 0): void {
    this.picture?.stage.followNode(id, mode, smoothness)
  }

  select(id: string | undefined): void {
    this.picture?.stage.select(id)
  }

  /** Changes what is drawn of a node, `n` and its number; the simulation does not know about it. */
  setField(id: string, field: string, value: string): void {
    this.picture?.player.setField(id, field, value)
  }

  /** Where a solid is and how fast it goes. */
  inspect(id: string): Inspection | undefined {
    return this.picture?.tools.inspect(id)
  }

  /** The world in a few sentences. */
  describe(): string {
    return this.picture?.tools.describe() ?? ''
  }

  toggleFullScreen(): void {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void this.requestFullscreen().catch(() => this.controls.announce('This page does not allow full screen.'))
  }

  link(withTime: boolean): string {
    return pageLink(withTime ? this.timeMs : undefined)
  }

  embedding(): string {
    return embeddingOf(this)
  }

  /** What is around the robots of a simulation in this tab: a noise, and the light, 0–100. */
  setSurroundings(change: { noise?: boolean; brightness?: number }): void {
    this.show.run?.tab?.setSurroundings(change)
  }

  private get picture(): Picture | undefined {
    return this.show.picture
  }

  private get recorder(): Recorder {
    if (!this.picture) throw new Error('There is nothing to save.')
    return this.picture.recorder
  }

  private build(): void {
    const style = document.createElement('style')
    style.textContent = viewStyle + controlStyle + windowStyle + inspectStyle
    this.windowLayer.className = 'windows'
    const close = () => this.controls.openPanel(undefined)
    this.controls.addPanel('record', new RecordPanel(this, close))
    this.controls.addPanel('windows', new RobotsPanel(() => this.robots, this.windows, close))
    const host = document.createElement('div')
    host.className = 'stage'
    const over = [this.controls.element, this.status.checklist.element, this.controls.notice.element]
    this.shadow.replaceChildren(style, host, this.windowLayer, ...over)
    this.show.openPicture(host)
    if (this.qualitySet) this.quality = this.qualitySet
    for (const name of ['theme', 'speed', 'loop']) this.applyOption(name)
  }

  private applyOption(name: string): void {
    switch (name) {
      case 'controls':
        this.controls.element.hidden = !this.hasAttribute('controls')
        return
      case 'broadcast':
        return this.controls.update()
      case 'hide':
        return this.controls.leaveOut((this.getAttribute('hide') ?? '').split(/\s+/))
      case 'speed':
        return this.setPlayback({ speed: Number(this.getAttribute('speed') ?? 1) })
      case 'loop':
        return this.setPlayback({ loop: this.hasAttribute('loop') })
      case 'idle-limit':
        this.idle.limit = Number(this.getAttribute('idle-limit'))
        return
      case 'theme':
        return this.applyTheme()
    }
  }

  private get dark(): boolean {
    return this.getAttribute('theme') === 'dark' || (!this.hasAttribute('theme') && this.darkScheme.matches)
  }

  private applyTheme(): void {
    this.toggleAttribute('data-dark', this.dark)
    this.picture?.stage.setTheme(this.dark)
  }
}
