import { type SceneFrame, Timeline } from '@simyard/frames'
import type { LabelUpdate } from '@simyard/protocol'
import { Quaternion, Vector3 } from 'three'
import type { AssetBase } from '../scene/asset-url.js'
import { type RemovedNode, SceneGraph } from '../scene/scene-graph.js'
import type { Stage } from '../stage/stage.js'
import { Playhead, type PlayheadRange } from './playhead.js'

/** What of a live run is kept without being asked: enough to see again what just happened. */
const KEPT = { durationMs: 120_000, frames: 7200 }
const UNLIMITED = { durationMs: Number.POSITIVE_INFINITY, frames: Number.POSITIVE_INFINITY }

/** Nodes that came or went, with what it takes to undo that once it has been done. */
export interface NodeChange {
  ids: readonly string[]
  node?: RemovedNode
}

export type Take = Timeline<NodeChange>

export interface PlayerEvents {
  /** The simulated time that is on the screen has changed. */
  onTime(timeMs: number): void
  onLabels(labels: readonly LabelUpdate[]): void
}

/**
 * Shows one scene over time: a live run as it comes, its last minutes, or a recording. The scene's text and its frames go
 * in; the moment that the playhead points to is on the stage.
 */
export class Player {
  readonly playhead = new Playhead()
  private graph: SceneGraph | undefined
  private take: Take = new Timeline()
  private before: Take | undefined
  private sceneXml = ''
  private sceneSettings: readonly Element[] = []
  /** Moment of the take that is on the stage; see Timeline.passage. */
  private moment = -1
  private shownMs = -1
  private active = new Set<number>()
  private unlimited = false

  constructor(
    private readonly stage: Stage,
    private readonly events: PlayerEvents,
  ) {}

  get scene(): SceneGraph | undefined {
    return this.graph
  }

  /** The scene's text, as it was before all frames of the take. */
  get xml(): string {
    return this.sceneXml
  }

  /** Where the scene's files are. */
  get assetBase(): AssetBase {
    return this.graph?.assetBase ?? location.href
  }

  /** WorldInfo, Viewpoint, Background and Fog. */
  get settings(): readonly Element[] {
    return this.sceneSettings
  }

  get timeline(): Take {
    return this.take
  }

  /** The run before the last reset, as far as it was kept. */
  get previousTake(): Take | undefined {
    return this.before
  }

  get range(): PlayheadRange {
    return { startMs: this.take.startMs ?? 0, endMs: this.take.endMs ?? 0 }
  }

  /** Simulated milliseconds of what is on the screen. */
  get timeMs(): number {
    return Math.max(this.shownMs, 0)
  }

  /** Throws when the text is not a scene. `keepAll`: a recording, of which nothing is forgotten. */
  show(xml: string, assetBase: AssetBase, keepAll: boolean, onPicture: () => void): void {
    const graph = new SceneGraph(assetBase, {
      onChange: () => this.stage.invalidate(),
      onSetting: (element) => this.stage.applySetting(element),
    })
    const settings = graph.load(xml)
    this.sceneSettings = settings
    this.graph = graph
    this.sceneXml = xml
    this.unlimited = keepAll
    this.before = undefined
    this.begin()
    this.stage.show(graph, settings, onPicture)
  }

  clear(): void {
    this.graph = undefined
    this.begin()
    this.before = undefined
    this.stage.clear()
  }

  /** The newest state of a live run, or the next one of a recording. */
  addFrame(frame: SceneFrame, now: number): void {
    const endMs = this.take.endMs
    const again = endMs !== undefined && frame.timeMs < endMs
    if (again) {
      this.goTo(endMs)
      this.before = this.take.frameCount > 2 ? this.take : this.before
      this.begin()
    }
    const first = this.take.frameCount === 0
    this.take.append(frame)
    for (const { id } of frame.poses) this.active.add(id)
    this.playhead.arrived(frame.timeMs, now, first)
    if (again) this.playhead.follow()
    this.stage.invalidate()
  }

  addNode(parentId: string, xml: string): void {
    this.take.change('added', { ids: [], node: { parentId, xml } })
    this.stage.invalidate()
  }

  removeNode(id: string): void {
    this.take.change('removed', { ids: [id] })
    this.stage.invalidate()
  }

  /** Draws one field of a node otherwise until the simulation tells it anew. */
  setField(id: string, field: string, value: string): void {
    const numbers = value
      .trim()
      .split(/[\s,]+/)
      .map(Number)
    if (field === 'translation') this.graph?.place(id, numbers, undefined)
    else if (field === 'rotation') this.graph?.place(id, undefined, quaternionOf(numbers))
    else this.graph?.apply([{ id: Number(id.replace(/^n/, '')), [field]: value }])
    this.stage.invalidate()
  }

  /** A moment of the past or of a recording; the playhead stays there, or goes on from there when it was playing. */
  seek(timeMs: number): void {
    this.playhead.seek(timeMs)
    this.stage.invalidate()
  }

  /** To the next frame, or back by one. */
  stepFrames(frames: number): void {
    this.playhead.pause()
    this.seek(this.take.frameTime(this.timeMs, frames))
  }

  play(): void {
    const { startMs, endMs } = this.range
    if (this.playhead.shownMs >= endMs) this.playhead.seek(startMs)
    this.playhead.play()
    this.stage.invalidate()
  }

  pause(): void {
    this.playhead.pause()
    this.stage.invalidate()
  }

  /** What comes from this time on is not forgotten; forgetting goes on when it is infinite. */
  keepFrom(timeMs: number): void {
    this.take.keepFrom(timeMs)
  }

  goLive(): void {
    this.playhead.follow()
    this.stage.invalidate()
  }

  /** Brings the stage to `now`. Returns whether there will be another picture. */
  advance(now: number): boolean {
    if (!this.graph || this.take.frameCount === 0) return false
    const { range } = this
    this.goTo(this.playhead.at(now, range))
    return this.playhead.moves(range)
  }

  private begin(): void {
    const { graph } = this
    this.take = new Timeline<NodeChange>(
      {
        pose: (id) => {
          const base = graph?.basePose(`n${id}`)
          if (!base) return undefined
          const { translation, rotation } = base
          return {
            translation: [translation.x, translation.y, translation.z],
            rotation: [rotation.x, rotation.y, rotation.z, rotation.w],
          }
        },
        field: (id, field) => graph?.fieldOf(`n${id}`, field),
      },
      this.unlimited ? UNLIMITED : KEPT,
    )
    this.moment = -1
    this.shownMs = -1
    this.active.clear()
  }

  private goTo(timeMs: number): void {
    const { graph, take } = this
    if (!graph) return
    const passage = take.passage(this.moment, timeMs)
    const jump = timeMs < this.shownMs || passage.changes.length > 0
    this.moment = passage.moment
    for (const { change, undo } of passage.changes) {
      const { content } = change
      if ((change.type === 'added') === undo) takeAway(graph, content)
      else if (content.node) content.ids = graph.insert(content.node.parentId, content.node.xml)
    }
    if (passage.changes.length > 0) this.stage.sceneChanged()
    graph.apply(passage.fields)
    if (passage.labels.length > 0) this.events.onLabels(passage.labels)
    if (jump) this.active = new Set(take.moving)
    for (const id of this.active) {
      graph.place(`n${id}`, take.translationAt(id, timeMs), take.rotationAt(id, timeMs))
      if (take.restsFrom(id, timeMs)) this.active.delete(id)
    }
    if (timeMs !== this.shownMs) {
      this.shownMs = timeMs
      this.events.onTime(timeMs)
    }
  }
}

function quaternionOf([x = 0, y = 0, z = 1, angle = 0]: readonly number[]): number[] {
  return new Quaternion().setFromAxisAngle(new Vector3(x, y, z).normalize(), angle).toArray()
}

/** What was there at first stays written down as it came, for whoever saves the run. */
function takeAway(graph: SceneGraph, content: NodeChange): void {
  for (const id of content.ids) {
    const node = graph.remove(id)
    content.node ??= node
  }
}
