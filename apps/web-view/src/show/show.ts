import { LiveRun, type LiveRunScreen } from '../connection/live-run.js'
import type { TabSimulationOptions } from '../connection/tab-stream.js'
import type { ShowKind } from '../controls/toolbar.js'
import { Picture } from '../picture/picture.js'
import type { AssetBase } from '../scene/asset-url.js'
import type { ViewParts } from '../view-parts.js'
import { fetchRecording, fetchScene, type ShownFile } from './shown-file.js'
import { liveTarget, type Source } from './source.js'

/** What is shown, one at a time: a live run, a recording, or a scene that stands still. */
export class Show implements LiveRunScreen {
  private liveRun: LiveRun | undefined
  private drawn: Picture | undefined
  private attempt = new AbortController()

  constructor(private readonly parts: ViewParts) {}

  get run(): LiveRun | undefined {
    return this.liveRun
  }

  /** Undefined while the view is in no page, or cannot draw. */
  get picture(): Picture | undefined {
    return this.drawn
  }

  /** Whether the newest moment is shown. */
  get live(): boolean {
    return this.parts.status.kind === 'live' && (this.picture?.player.playhead.live ?? true)
  }

  /** Whether a recording, or the past of a live run, is playing. */
  get playing(): boolean {
    return this.picture?.player.playhead.playing ?? false
  }

  openPicture(host: HTMLElement): void {
    try {
      this.drawn = new Picture(host, this.parts, () => this.followPlayback())
    } catch {
      const message =
        'This browser cannot show 3D pictures (WebGL is off or missing). Switch on hardware acceleration or use another browser.'
      this.parts.status.fail({ code: 'VIEW_NO_WEBGL', message }, 'frame')
    }
  }

  closePicture(): void {
    this.drawn?.dispose()
    this.drawn = undefined
  }

  /** Resolves when the stream is open, the file is there, or the start has failed. */
  async start(source: Source, room: TabSimulationOptions['room']): Promise<void> {
    if (source.name === 'recording') return this.load('recording', (signal) => fetchRecording(source.address, signal))
    if (source.name === 'scene') {
      const { address, animation } = source
      const kind = animation === undefined ? 'scene' : 'recording'
      return this.load(kind, (signal) => fetchScene(address, animation, signal))
    }
    this.end()
    const target = liveTarget(source.name, source.address, room)
    this.parts.status.begin('live', target.kind === 'server' ? 'all' : 'stream')
    this.liveRun = new LiveRun(target, this.parts, this)
    await this.liveRun.open()
  }

  /** Shows what is no live run; `read` throws why it cannot. */
  async load(kind: ShowKind, read: (signal: AbortSignal) => Promise<ShownFile>): Promise<void> {
    this.end()
    const { signal } = this.attempt
    const { status, world, controls } = this.parts
    status.begin(kind, 'stream')
    status.report({ step: 'world', state: 'active' })
    try {
      const { xml, assetBase, run } = await read(signal)
      if (signal.aborted) return
      // The first picture finds the frames there: it may have to show another moment than the first, or to play.
      this.showModel(xml, assetBase)
      if (run && this.picture) {
        world.robots = run.robots.map((robot) => ({ ...robot, model: '', controller: '', window: '<none>' }))
        run.begin(this.picture.player)
      }
      controls.update()
      status.set('paused')
    } catch (error) {
      if (signal.aborted) return
      const reason = error instanceof Error ? error.message : String(error)
      status.fail({ code: 'VIEW_FILE_UNREADABLE', message: `This ${kind} cannot be shown: ${reason}` }, 'world')
    }
  }

  /** The server then ends the simulation. */
  end(): void {
    this.attempt.abort()
    this.attempt = new AbortController()
    this.liveRun?.close()
    this.liveRun = undefined
  }

  /** Runs what is looked at: the simulation, its past, or a recording. */
  play(): void {
    if (this.live) this.liveRun?.run()
    else this.picture?.player.play()
    this.followPlayback()
  }

  pause(): void {
    if (this.live) this.liveRun?.send('pause')
    else this.picture?.player.pause()
    this.followPlayback()
  }

  showModel(xml: string, assetBase: AssetBase): void {
    const { view, status, controls } = this.parts
    try {
      this.picture?.show(xml, assetBase, status.kind === 'recording', () => {
        status.firstPicture()
        if (view.hasAttribute('autoplay') && status.kind !== 'scene') this.play()
      })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      status.fail({ code: 'VIEW_BAD_SCENE', message: `The scene cannot be shown: ${reason}` }, 'world')
      return
    }
    status.report({ step: 'world', state: 'done' })
    status.report({ step: 'frame', state: 'active' })
    // Programs that drive its robots do not wait for a picture.
    if (this.liveRun?.tab && view.hasAttribute('autoplay')) this.play()
    controls.update()
  }

  /** A recording runs or not; one that has played to its end has stopped by itself. */
  followPlayback(): void {
    if (this.live) return
    const { view, status, controls } = this.parts
    if (status.kind === 'recording' && (status.state === 'running' || status.state === 'paused'))
      status.set(this.playing ? 'running' : 'paused')
    if (view.dataset.playing === String(this.playing)) return
    view.dataset.playing = String(this.playing)
    controls.update()
  }
}
