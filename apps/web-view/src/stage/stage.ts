import { Box3, type DirectionalLight, Group, type Object3D, Scene, Vector3, type WebGLRenderer } from 'three'
import { number } from '../scene/attribute.js'
import type { SceneGraph } from '../scene/scene-graph.js'
import { type CoordinateSystem, zUpToYUp } from '../scene/world-frame.js'
import { Backdrop } from './backdrop.js'
import { CameraRig, type CameraState, type FollowMode, type ViewName } from './camera-rig.js'
import type { OverlayHost } from './overlay/overlay.js'
import { makeRenderer, Painter } from './painter.js'
import { bestQuality, lowered, Pace, type Quality } from './quality.js'
import { RenderLoop } from './render-loop.js'
import { robotOf, Selection, solidAt } from './selection.js'

export type CameraMode = ViewName

export interface StageEvents {
  /** Before each picture, or now and then while nobody sees any; returns whether there will be another one to draw. */
  onAdvance(now: number): boolean
  onPick(robot: string | undefined): void
  onFollow(name: string | undefined): void
  /** Another solid is selected, by its node's id. */
  onSelect?(id: string | undefined): void
  /** Set by hand or lowered because pictures took too long. */
  onQuality?(quality: Quality, reason: 'set' | 'slow'): void
}

/** What drawing costs: of the last picture. */
export interface RenderFigures {
  readonly pictures: number
  readonly drawCalls: number
  readonly triangles: number
  readonly programs: number
  /** Processor time of this page, milliseconds. */
  readonly cpuMs: number
  /** Whether the full materials are shown yet. */
  readonly full: boolean
}

/** The canvas: camera, light, shadows, and one picture whenever something has changed. */
export class Stage implements OverlayHost {
  readonly canvas: HTMLCanvasElement
  readonly rig: CameraRig
  readonly selection: Selection
  /** For what lies over the scene, in the world's own axes. */
  readonly world = new Group()
  private readonly scene = new Scene()
  private readonly renderer: WebGLRenderer
  private readonly backdrop: Backdrop
  private readonly painter: Painter
  private readonly loop: RenderLoop
  private readonly pace = new Pace()
  private readonly observer: ResizeObserver
  private current: Quality = bestQuality
  private graph: SceneGraph | undefined
  private worldExposure = 1
  private firstPicture: (() => void) | undefined
  private extentChanged = false
  private cpuMs = 0

  /** Throws when the browser has no WebGL. */
  constructor(
    private readonly host: HTMLElement,
    private readonly events: StageEvents,
  ) {
    this.renderer = makeRenderer()
    this.canvas = this.renderer.domElement
    this.canvas.tabIndex = 0
    this.canvas.setAttribute('role', 'img')
    this.canvas.setAttribute(
      'aria-label',
      '3D view of the simulation. Arrow keys turn the camera, with Shift they move it, plus and minus zoom, Home goes back to the start, Escape selects nothing.',
    )
    host.append(this.canvas)
    this.scene.add(this.world)
    // Whatever moves itself anew moves everything below it.
    this.scene.matrixAutoUpdate = false
    this.backdrop = new Backdrop(this.scene, this.renderer, () => this.invalidate())
    this.loop = new RenderLoop(host, {
      onDraw: (now) => this.draw(now),
      onUnseen: (now) => this.events.onAdvance(now),
    })
    this.rig = new CameraRig(this.canvas, () => this.invalidate())
    this.painter = new Painter(this.renderer, this.scene, this.rig.camera, this.backdrop, () => {
      this.pace.restart()
      this.invalidate()
    })
    this.selection = new Selection(this.scene, (id) => {
      this.events.onSelect?.(id)
      this.invalidate()
    })
    this.listen()
    this.observer = new ResizeObserver(() => this.resize())
    this.observer.observe(host)
    this.resize()
  }

  get quality(): Quality {
    return this.current
  }

  set quality(quality: Quality) {
    this.applyQuality(quality, 'set')
  }

  get camera(): CameraState {
    return this.rig.state
  }

  set camera(state: CameraState) {
    this.rig.state = state
  }

  get figures(): RenderFigures {
    const { render, programs } = this.renderer.info
    return {
      pictures: this.loop.pictures,
      drawCalls: render.calls,
      triangles: render.triangles,
      programs: programs?.length ?? 0,
      cpuMs: this.cpuMs,
      full: this.painter.ready,
    }
  }

  show(graph: SceneGraph, settings: readonly Element[], onPicture: () => void): void {
    this.clear()
    this.graph = graph
    const info = settings.find((one) => one.tagName === 'WorldInfo')
    const system = systemOf(info?.getAttribute('coordinateSystem'), graph.older)
    zUpToYUp(graph.root, system)
    graph.root.matrixAutoUpdate = false
    zUpToYUp(this.world, system)
    this.scene.add(graph.root)
    for (const element of settings) if (element.tagName !== 'Viewpoint') this.applySetting(element)
    const bounds = this.fitSurroundings(graph)
    this.rig.begin(graph.root, system, bounds.isEmpty() ? 1 : bounds.getSize(new Vector3()).length())
    const viewpoint = settings.find((one) => one.tagName === 'Viewpoint')
    if (viewpoint) this.applySetting(viewpoint)
    this.rig.reset(true)
    if (viewpoint) this.followAsTold(viewpoint)
    this.firstPicture = onPicture
    this.invalidate()
  }

  /** Nodes came or went; what depends on the scene's extent is fitted before the next picture. */
  sceneChanged(): void {
    if (this.rig.followed && !this.isInScene(this.rig.followed)) this.follow(undefined)
    const { selected } = this.selection
    if (selected && !this.isInScene(selected)) this.selection.select(undefined)
    this.extentChanged = true
    this.invalidate()
  }

  clear(): void {
    this.selection.select(undefined)
    if (this.rig.followed) this.follow(undefined)
    this.rig.begin(undefined, 'ENU', 1)
    this.painter.clear()
    this.graph?.dispose()
    this.graph = undefined
    this.worldExposure = 1
    this.backdrop.reset()
    this.pace.restart()
    this.invalidate()
  }

  /** Viewpoint (its lens only while watching), Background and Fog. */
  applySetting(element: Element): void {
    if (element.tagName === 'Viewpoint') {
      this.rig.applyViewpoint(element)
      this.worldExposure = number(element, 'exposure', 1)
    } else if (element.tagName === 'Background')
      this.backdrop.applyBackground(element, this.graph?.assetBase ?? location.href)
    else if (element.tagName === 'Fog') this.backdrop.applyFog(element)
    this.invalidate()
  }

  resetCamera(): void {
    if (this.rig.followed) this.events.onFollow(undefined)
    this.rig.reset(false)
  }

  /** Behind a robot, above, beside or in front of it, or everything. The first robot when none is named. */
  look(camera: CameraMode, robot?: string): void {
    if (!this.graph) return
    const found = camera === 'stage' ? undefined : robotNamed(this.graph.root, robot)
    if (camera === 'follow' && !found) return this.look('stage')
    const before = this.rig.followed
    this.rig.view(camera, found)
    if (this.rig.followed !== before) this.events.onFollow(this.rig.followed?.userData.robot)
  }

  /** Selects a solid by its node's id. */
  select(id: string | undefined): void {
    this.selection.select(id === undefined ? undefined : this.graph?.objectOf(id))
  }

  /** Goes with a solid, by its node's id; `eye` wants a Camera of a robot. */
  followNode(id: string | undefined, mode: FollowMode = 'tracking', smoothness = 0): void {
    this.follow(id === undefined ? undefined : this.graph?.objectOf(id), mode, smoothness)
  }

  setTheme(dark: boolean): void {
    this.backdrop.setTheme(dark)
  }

  /** Draws soon. Cheap to call often. */
  invalidate(): void {
    this.loop?.invalidate()
  }

  /** Draws at once, as at a moment of the page's clock; until the next task the canvas has this picture. */
  drawNow(now: number): void {
    this.draw(now)
  }

  /** Draws nothing by itself until what is returned is called. */
  hold(): () => void {
    return this.loop.hold()
  }

  dispose(): void {
    this.loop.dispose()
    this.observer.disconnect()
    this.rig.dispose()
    this.selection.dispose()
    this.graph?.dispose()
    this.backdrop.dispose()
    this.painter.dispose()
    this.canvas.remove()
  }

  private listen(): void {
    this.canvas.addEventListener('click', (event) => {
      const solid = this.graph && solidAt(event, this.canvas, this.rig.camera, this.graph.root)
      this.selection.click(solid)
      this.events.onPick(solid && (robotOf(solid)?.userData.robot as string | undefined))
    })
    this.canvas.addEventListener('dblclick', (event) => {
      const solid = this.graph && solidAt(event, this.canvas, this.rig.camera, this.graph.root)
      const robot = solid && robotOf(solid)
      this.rig.follow(robot, 'tracking', 0, true)
      this.events.onFollow(robot?.userData.robot)
    })
    this.canvas.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.selection.select(undefined)
    })
  }

  private follow(solid: Object3D | undefined, mode: FollowMode = 'tracking', smoothness = 0): void {
    this.rig.follow(solid, mode, smoothness)
    this.events.onFollow(solid?.userData.robot ?? solid?.name)
  }

  /** Webots' own default: the viewpoint's followed solid. */
  private followAsTold(viewpoint: Element): void {
    const id = viewpoint.getAttribute('followedId')
    const solid = id === null ? undefined : this.graph?.objectOf(id)
    if (!solid) return
    const told = viewpoint.getAttribute('followType')
    const mode = told === 'Mounted Shot' ? 'mounted' : told === 'Pan and Tilt Shot' ? 'pan-and-tilt' : 'tracking'
    if (told !== 'None') this.follow(solid, mode, number(viewpoint, 'followSmoothness', 0.5))
  }

  /** What is on the screen, as a JPEG of so many pixels along its longer side, however few the screen has. */
  photograph(pixels: number): Promise<Blob | undefined> {
    const { canvas, host } = this
    const longer = Math.max(host.clientWidth, host.clientHeight, 1)
    // The canvas rounds down.
    this.renderer.setPixelRatio((pixels + 1e-3) / longer)
    // It is empty again once the browser has shown it: it is drawn and copied in one go.
    this.draw(performance.now())
    const copy = document.createElement('canvas')
    copy.width = canvas.width
    copy.height = canvas.height
    copy.getContext('2d')?.drawImage(canvas, 0, 0)
    this.resize()
    return new Promise((resolve) => copy.toBlob((blob) => resolve(blob ?? undefined), 'image/jpeg', 0.85))
  }

  private draw(now: number): boolean {
    const started = performance.now()
    const { graph } = this
    const moving = this.events.onAdvance(now)
    if (graph && this.extentChanged) this.fitSurroundings(graph)
    const turning = this.rig.advance(now)
    graph?.faceCamera(this.rig.camera.quaternion)
    this.backdrop.place(this.rig.camera.position)
    this.renderer.toneMappingExposure = this.worldExposure * this.current.exposure
    this.renderer.info.reset()
    if (graph) {
      this.scene.updateMatrixWorld()
      this.selection.place()
      this.painter.paint(graph, this.current)
    } else this.painter.paintBlank()
    this.cpuMs = performance.now() - started
    if (graph && this.firstPicture) {
      this.painter.tellDrawn(this.firstPicture)
      this.firstPicture = undefined
    }
    const going = moving || turning
    if (this.pace.picture(now, going) && this.current.automatic && !this.painter.compiling) this.lower()
    return going
  }

  private lower(): void {
    const next = lowered(this.current)
    if (next) this.applyQuality(next, 'slow')
  }

  private applyQuality(quality: Quality, reason: 'set' | 'slow'): void {
    const before = this.current
    this.current = quality
    this.pace.restart()
    this.painter.applyQuality(quality, before, this.graph)
    this.resize()
    this.events.onQuality?.(quality, reason)
  }

  private fitSurroundings(graph: SceneGraph): Box3 {
    graph.root.updateMatrixWorld(true)
    const bounds = new Box3().setFromObject(graph.root)
    this.backdrop.placeGround(bounds)
    this.fitShadows(bounds)
    this.extentChanged = false
    return bounds
  }

  private fitShadows(bounds: Box3): void {
    if (bounds.isEmpty()) return
    const radius = Math.min(Math.max(bounds.getSize(new Vector3()).length() / 2, 0.5), 30)
    this.graph?.root.traverse((one) => {
      const light = one as DirectionalLight
      if (!light.isDirectionalLight) return
      light.position.normalize().multiplyScalar(radius * 3)
      const camera = light.shadow.camera
      camera.left = camera.bottom = -radius
      camera.right = camera.top = radius
      camera.near = radius * 0.5
      camera.far = radius * 6
      light.shadow.bias = -0.0002
      light.shadow.normalBias = radius / 1024
      camera.updateProjectionMatrix()
    })
  }

  private isInScene(object: Object3D): boolean {
    let top: Object3D = object
    while (top.parent) top = top.parent
    return top === this.scene
  }

  private resize(): void {
    const width = Math.max(this.host.clientWidth, 1)
    const height = Math.max(this.host.clientHeight, 1)
    this.renderer.setPixelRatio(Math.min(devicePixelRatio, this.current.pixelRatioCap))
    this.renderer.setSize(width, height)
    this.rig.resize(width, height)
    this.invalidate()
  }
}

function systemOf(told: string | null | undefined, older: boolean): CoordinateSystem {
  if (told === 'NUE' || told === 'EUN' || told === 'ENU') return told
  return older ? 'NUE' : 'ENU'
}

/** The first robot when none is named. */
function robotNamed(root: Object3D, name: string | undefined): Object3D | undefined {
  let found: Object3D | undefined
  root.traverse((one) => {
    if (!found && one.userData.robot !== undefined && (name === undefined || one.userData.robot === name)) found = one
  })
  return found
}
