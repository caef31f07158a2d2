import {
  type BufferGeometry,
  DirectionalLight,
  Light,
  type Material,
  type Mesh,
  type MeshStandardMaterial,
  type Object3D,
  type PointLight,
  Vector3,
} from 'three'
import { SceneGraph } from '../../apps/web-view/src/scene/scene-graph.js'
import { Stage } from '../../apps/web-view/src/stage/stage.js'

export { describeScene } from '../../apps/web-view/src/inspect/description.js'
export { InspectPanel, inspectStyle } from '../../apps/web-view/src/inspect/inspect-panel.js'
export { Inspector, solidTree } from '../../apps/web-view/src/inspect/inspection.js'
export { LabelOverlay } from '../../apps/web-view/src/stage/overlay/labels.js'
export * from '../../apps/web-view/src/stage/overlay/marks.js'
export { PictureOverlay } from '../../apps/web-view/src/stage/overlay/picture-overlay.js'
export { PointOverlay } from '../../apps/web-view/src/stage/overlay/points.js'
export { StrokeOverlay } from '../../apps/web-view/src/stage/overlay/strokes.js'
export { TrailOverlay } from '../../apps/web-view/src/stage/overlay/trails.js'

/** A stage with a scene on it, driven from the test as the element drives it. */
export class PictureBench {
  readonly heard: string[] = []
  readonly host = document.createElement('div')
  readonly stage: Stage
  graph: SceneGraph | undefined

  constructor(width = 320, height = 240) {
    document.body.style.margin = '0'
    Object.assign(this.host.style, { width: `${width}px`, height: `${height}px`, position: 'relative' })
    document.body.append(this.host)
    this.stage = new Stage(this.host, {
      onAdvance: () => false,
      onPick: (robot) => this.heard.push(`pick ${robot}`),
      onFollow: (name) => this.heard.push(`follow ${name}`),
      onSelect: (id) => this.heard.push(`select ${id}`),
      onQuality: (_quality, reason) => this.heard.push(`quality ${reason}`),
    })
    // Software WebGL compiles the full materials for seconds, which most tests need not wait for.
    this.stage.quality = { ...this.stage.quality, materials: 'simple', automatic: false }
    this.heard.length = 0
  }

  /** Resolves when the first picture is on the screen. */
  show(xml: string): Promise<void> {
    const graph = new SceneGraph(`${location.origin}/`, {
      onChange: () => this.stage.invalidate(),
      onSetting: (element) => this.stage.applySetting(element),
    })
    this.graph = graph
    const settings = graph.load(xml)
    return new Promise((resolve) => this.stage.show(graph, settings, resolve))
  }

  /** Until the full materials are on the screen. */
  async full(): Promise<void> {
    this.stage.quality = { ...this.stage.quality, materials: 'full' }
    while (!this.stage.figures.full) await picture()
    await picture()
    await picture()
  }

  /** Until no more pictures are drawn by themselves. */
  async still(): Promise<void> {
    for (let before = -1, quiet = 0; quiet < 5; ) {
      await picture()
      const { pictures } = this.stage.figures
      quiet = pictures === before ? quiet + 1 : 0
      before = pictures
    }
  }

  /** Colour in the middle of the picture, or at a share of its width and height. */
  async colorAt(x = 0.5, y = 0.5): Promise<number[]> {
    const gl = this.stage.canvas.getContext('webgl2')!
    this.stage.invalidate()
    await picture()
    const pixel = new Uint8Array(4)
    gl.readPixels(
      Math.round(x * gl.drawingBufferWidth),
      Math.round((1 - y) * gl.drawingBufferHeight),
      1,
      1,
      gl.RGBA,
      gl.UNSIGNED_BYTE,
      pixel,
    )
    return [...pixel.slice(0, 3)]
  }

  meshes(id: number): Mesh[] {
    const found: Mesh[] = []
    this.graph?.objectOf(`n${id}`)?.traverse((one) => {
      if ((one as Mesh).isMesh) found.push(one as Mesh)
    })
    return found
  }

  shape(
    id: number,
  ): { size: number[]; low: number[]; triangles: number; attributes: string[]; area: number } | undefined {
    const geometry = this.meshes(id)[0]?.geometry
    if (!geometry) return undefined
    geometry.computeBoundingBox()
    const { min } = geometry.boundingBox!
    const size = geometry.boundingBox!.getSize(new Vector3())
    return {
      size: size.toArray().map(round),
      low: min.toArray().map(round),
      triangles: (geometry.index?.count ?? geometry.getAttribute('position').count) / 3,
      attributes: Object.keys(geometry.attributes).sort(),
      area: round(areaOf(geometry)),
    }
  }

  normals(id: number): string[] {
    const normal = this.meshes(id)[0]!.geometry.getAttribute('normal')
    const all = Array.from({ length: normal.count }, (_, at) =>
      [normal.getX(at), normal.getY(at), normal.getZ(at)].map(round).join(' '),
    )
    return [...new Set(all)].sort()
  }

  material(id: number): MeshStandardMaterial {
    return this.meshes(id)[0]!.material as MeshStandardMaterial
  }

  lights(): Record<string, unknown>[] {
    const found: Record<string, unknown>[] = []
    this.graph?.root.traverse((one) => {
      if (!(one instanceof Light)) return
      const { type, visible, castShadow, color } = one
      const common = { type, visible, castShadow, color: color.toArray().map(round) }
      found.push(
        one instanceof DirectionalLight
          ? common
          : { ...common, decay: (one as PointLight).decay, distance: (one as PointLight).distance },
      )
    })
    return found
  }

  /** Which way an axis of an object points, in the renderer's axes. */
  axis(id: number, x: number, y: number, z: number): number[] {
    const object = this.graph!.objectOf(`n${id}`) as Object3D
    this.graph!.root.updateMatrixWorld()
    return new Vector3(x, y, z).transformDirection(object.matrixWorld).toArray().map(round)
  }

  materialTypes(): string[] {
    return [...new Set([...this.graph!.materials()].map((one: Material) => one.type))]
  }
}

export const picture = (): Promise<void> => new Promise((resolve) => requestAnimationFrame(() => resolve()))

const round = (value: number) => Math.round(value * 1000) / 1000 + 0

function areaOf(geometry: BufferGeometry): number {
  const points = (geometry.index ? geometry.toNonIndexed() : geometry).getAttribute('position')
  let sum = 0
  for (let at = 0; at < points.count; at += 3) {
    const [a, b, c] = [0, 1, 2].map((k) => new Vector3().fromBufferAttribute(points, at + k)) as [
      Vector3,
      Vector3,
      Vector3,
    ]
    sum += b.sub(a).cross(c.sub(a)).length() / 2
  }
  return sum
}
