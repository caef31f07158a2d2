import {
  Box3,
  type Mesh,
  type MeshStandardMaterial,
  type Object3D,
  PerspectiveCamera,
  Scene,
  WebGLRenderer,
} from 'three'
import { SceneGraph } from '../../apps/web-view/src/scene/scene-graph.js'

/** A scene on a canvas, driven from the test as the stream drives it. */
export class ViewBench {
  readonly settings: string[] = []
  private readonly renderer = new WebGLRenderer()
  private readonly scene = new Scene()
  private readonly graph: SceneGraph

  constructor(xml: string) {
    document.body.append(this.renderer.domElement)
    this.graph = new SceneGraph(`${location.origin}/`, {
      onChange: () => {},
      onSetting: (element) => {
        this.settings.push(`${element.tagName} ${element.getAttribute('luminosity')}`)
      },
    })
    this.graph.load(xml)
    this.scene.add(this.graph.root)
  }

  insert(xml: string): void {
    this.graph.insert('n0', xml)
  }

  remove(id: number): void {
    this.graph.remove(`n${id}`)
  }

  update(change: { id: number }): void {
    this.graph.apply([change])
  }

  /** Draws, and tells what the graphics card holds. */
  draw(): { geometries: number; textures: number } {
    this.renderer.render(this.scene, new PerspectiveCamera().translateZ(5) as PerspectiveCamera)
    const { geometries, textures } = this.renderer.info.memory
    return { geometries, textures }
  }

  looks(id: number): { color: number[]; opacity: number; picture: string } | undefined {
    const { material } = this.mesh(id) ?? {}
    if (!material) return undefined
    const image = material.map?.image as { src?: string; currentSrc?: string } | undefined
    return {
      color: material.color.toArray().map((part) => Math.round(part * 100) / 100),
      opacity: material.opacity,
      picture: image?.src?.replace(location.origin, '') ?? '',
    }
  }

  /** Width of what is drawn, metres. */
  width(id: number): number {
    const object = this.graph.objectOf(`n${id}`)
    if (!object) return 0
    const { min, max } = new Box3().setFromObject(object)
    return max.x - min.x
  }

  private mesh(id: number): (Object3D & { material: MeshStandardMaterial }) | undefined {
    let found: (Object3D & { material: MeshStandardMaterial }) | undefined
    this.graph.objectOf(`n${id}`)?.traverse((one) => {
      if ((one as Mesh).isMesh) found ??= one as Mesh & { material: MeshStandardMaterial }
    })
    return found
  }
}
