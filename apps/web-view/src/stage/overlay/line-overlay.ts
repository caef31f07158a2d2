import { BufferGeometry, DynamicDrawUsage, Float32BufferAttribute, LineBasicMaterial, LineSegments } from 'three'
import { asOverlay, type OverlayHost, type Point } from './overlay.js'

export type Tint = readonly [number, number, number]

/** Coloured segments; their memory grows to what was needed once and is used again. */
export class LineOverlay {
  private readonly geometry = new BufferGeometry()
  private readonly object: LineSegments
  private room = 0

  constructor(
    private readonly host: OverlayHost,
    { onTop = true }: { readonly onTop?: boolean } = {},
  ) {
    const material = new LineBasicMaterial({ vertexColors: true, toneMapped: false, depthTest: !onTop, fog: false })
    material.transparent = onTop
    this.object = asOverlay(new LineSegments(this.geometry, material))
    this.object.renderOrder = onTop ? 9 : 0
    host.world.add(this.object)
  }

  /** Two points each. */
  draw(segments: readonly (readonly [from: Point, to: Point, tint: Tint])[]): void {
    this.reserve(segments.length)
    const position = this.geometry.getAttribute('position')
    const color = this.geometry.getAttribute('color')
    segments.forEach(([from, to, tint], at) => {
      position.setXYZ(at * 2, ...from)
      position.setXYZ(at * 2 + 1, ...to)
      color.setXYZ(at * 2, ...tint)
      color.setXYZ(at * 2 + 1, ...tint)
    })
    if (segments.length > 0) position.needsUpdate = color.needsUpdate = true
    this.geometry.setDrawRange(0, segments.length * 2)
    this.object.visible = segments.length > 0
    this.host.invalidate()
  }

  hide(): void {
    if (!this.object.visible) return
    this.object.visible = false
    this.host.invalidate()
  }

  dispose(): void {
    this.object.removeFromParent()
    this.geometry.dispose()
    ;(this.object.material as LineBasicMaterial).dispose()
    this.host.invalidate()
  }

  private reserve(segments: number): void {
    if (segments <= this.room) return
    this.room = Math.max(segments, this.room * 2, 16)
    this.geometry.dispose()
    for (const name of ['position', 'color']) {
      const attribute = new Float32BufferAttribute(new Float32Array(this.room * 6), 3)
      this.geometry.setAttribute(name, attribute.setUsage(DynamicDrawUsage))
    }
  }
}
