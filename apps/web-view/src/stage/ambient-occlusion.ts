import {
  HalfFloatType,
  type PerspectiveCamera,
  type Scene,
  Vector2,
  type WebGLRenderer,
  WebGLRenderTarget,
} from 'three'
import { EffectComposer } from 'three/addons/postprocessing/EffectComposer.js'
import { GTAOPass } from 'three/addons/postprocessing/GTAOPass.js'
import { OutputPass } from 'three/addons/postprocessing/OutputPass.js'
import { RenderPass } from 'three/addons/postprocessing/RenderPass.js'
import type { AmbientOcclusion } from './quality.js'

const samples: Record<Exclude<AmbientOcclusion, 'off'>, number> = { low: 6, normal: 10, high: 16, ultra: 32 }

/** Darkens corners and what lies close together. */
export class Occlusion {
  private readonly composer: EffectComposer
  private readonly size = new Vector2()

  constructor(
    private readonly renderer: WebGLRenderer,
    scene: Scene,
    camera: PerspectiveCamera,
    level: Exclude<AmbientOcclusion, 'off'>,
  ) {
    const { x, y } = renderer.getSize(new Vector2())
    const target = new WebGLRenderTarget(x, y, { type: HalfFloatType, samples: 4 })
    this.composer = new EffectComposer(renderer, target)
    this.composer.addPass(new RenderPass(scene, camera))
    const occlusion = new GTAOPass(scene, camera, x, y)
    occlusion.updateGtaoMaterial({ samples: samples[level], radius: 0.25, thickness: 1, scale: 1 })
    this.composer.addPass(occlusion)
    this.composer.addPass(new OutputPass())
  }

  render(): void {
    const { x, y } = this.renderer.getDrawingBufferSize(new Vector2())
    if (x !== this.size.x || y !== this.size.y) {
      this.size.set(x, y)
      this.composer.setPixelRatio(1)
      this.composer.setSize(x, y)
    }
    this.composer.render()
  }

  dispose(): void {
    for (const pass of this.composer.passes) pass.dispose()
    this.composer.dispose()
  }
}
