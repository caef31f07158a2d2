import { NeutralToneMapping, PCFShadowMap, type PerspectiveCamera, type Scene, WebGLRenderer } from 'three'
import type { SceneGraph } from '../scene/scene-graph.js'
import type { Occlusion } from './ambient-occlusion.js'
import type { Backdrop } from './backdrop.js'
import { Draft } from './draft.js'
import { InstancePools } from './instance-pools.js'
import type { AmbientOcclusion, Quality } from './quality.js'

/** Throws when the browser has no WebGL. */
export function makeRenderer(): WebGLRenderer {
  const renderer = new WebGLRenderer({ antialias: true, powerPreference: 'high-performance' })
  // Asking for errors waits for the graphics process, which may be compiling for seconds.
  renderer.debug.checkShaderErrors = false
  renderer.toneMapping = NeutralToneMapping
  renderer.shadowMap.enabled = true
  renderer.shadowMap.type = PCFShadowMap
  renderer.info.autoReset = false
  return renderer
}

/** Puts the scene on the canvas: with one small shader at first, and with the full materials once they are compiled. */
export class Painter {
  private readonly draft = new Draft()
  private readonly pools = new InstancePools()
  private occlusion: Occlusion | undefined
  private wantedOcclusion: AmbientOcclusion = 'off'
  private full: 'no' | 'compiling' | 'yes' = 'no'
  /** Whether the graphics process has drawn the scene. */
  private shown = false
  /** Counts scenes, so that what comes late is told from what is about this one. */
  private round = 0

  /** `onReady`: it would draw better now. */
  constructor(
    private readonly renderer: WebGLRenderer,
    private readonly scene: Scene,
    private readonly camera: PerspectiveCamera,
    private readonly backdrop: Backdrop,
    private readonly onReady: () => void,
  ) {}

  /** Whether the full materials are there. */
  get ready(): boolean {
    return this.full === 'yes'
  }

  /** Pictures take long for a reason that passes. */
  get compiling(): boolean {
    return this.full === 'compiling'
  }

  /** There will be another scene. */
  clear(): void {
    this.round++
    this.pools.clear()
    this.draft.forget()
    this.full = 'no'
    this.shown = false
  }

  paint(graph: SceneGraph, quality: Quality): void {
    const { renderer, scene, camera, backdrop } = this
    this.pools.update(graph.root, graph.shapeChanges)
    if (this.full !== 'yes' || quality.materials === 'simple') {
      const shadows = renderer.shadowMap.autoUpdate
      renderer.shadowMap.autoUpdate = false
      this.draft.draw(scene, backdrop.ambient(), () => renderer.render(scene, camera))
      renderer.shadowMap.autoUpdate = shadows
      if (this.full === 'no' && this.shown && quality.materials === 'full') this.compile()
      return
    }
    backdrop.light()
    if (this.occlusion) this.occlusion.render()
    else renderer.render(scene, camera)
  }

  /** Nothing but the sky, and that without a shader. */
  paintBlank(): void {
    this.renderer.setClearColor(this.backdrop.horizon)
    this.renderer.clear()
  }

  /** When the graphics process has drawn it, not when it was told to; only then more work is given to it. */
  tellDrawn(told: () => void): void {
    const { round } = this
    const gl = this.renderer.getContext() as WebGL2RenderingContext
    const drawn = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0)
    gl.flush()
    const look = () => {
      if (round !== this.round) return
      const status = drawn && !gl.isContextLost() ? gl.clientWaitSync(drawn, 0, 0) : gl.CONDITION_SATISFIED
      if (status === gl.TIMEOUT_EXPIRED) {
        setTimeout(look, 4)
        return
      }
      gl.deleteSync(drawn)
      this.shown = true
      told()
      this.onReady()
    }
    setTimeout(look)
  }

  applyQuality(quality: Quality, before: Quality, graph: SceneGraph | undefined): void {
    if (quality.shadows !== before.shadows) {
      this.renderer.shadowMap.enabled = quality.shadows
      for (const material of graph?.materials() ?? []) material.needsUpdate = true
    }
    if (quality.ambientOcclusion !== before.ambientOcclusion) void this.loadOcclusion(quality)
  }

  dispose(): void {
    this.clear()
    this.draft.dispose()
    this.occlusion?.dispose()
    this.renderer.dispose()
    // A page has room for few of these, and gives them back late by itself.
    this.renderer.forceContextLoss()
  }

  /** The full materials, while the small shader goes on showing the scene. */
  private compile(): void {
    this.full = 'compiling'
    const { round } = this
    this.backdrop.light()
    void this.renderer.compileAsync(this.scene, this.camera).then(() => {
      if (round !== this.round) return
      this.full = 'yes'
      this.onReady()
    })
  }

  private async loadOcclusion({ ambientOcclusion }: Quality): Promise<void> {
    this.wantedOcclusion = ambientOcclusion
    this.occlusion?.dispose()
    this.occlusion = undefined
    if (ambientOcclusion !== 'off') {
      const { Occlusion } = await import('./ambient-occlusion.js')
      if (this.wantedOcclusion !== ambientOcclusion) return
      this.occlusion = new Occlusion(this.renderer, this.scene, this.camera, ambientOcclusion)
    }
    this.onReady()
  }
}
