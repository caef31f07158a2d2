import { BufferGeometry, Float32BufferAttribute, Points, PointsMaterial } from 'three'
import { asOverlay, type Overlay, type OverlayHost } from './overlay.js'

/** Points of a lidar: x, y and z of each, and if there is one, a colour 0–1 of each. */
export class PointOverlay implements Overlay<{ readonly xyz: Float32Array; readonly rgb?: Float32Array }> {
  private readonly geometry = new BufferGeometry()
  private readonly material = new PointsMaterial({ size: 3, sizeAttenuation: false, toneMapped: false, fog: false })
  private readonly object = asOverlay(new Points(this.geometry, this.material))

  constructor(private readonly host: OverlayHost) {
    host.world.add(this.object)
  }

  show({ xyz, rgb }: { readonly xyz: Float32Array; readonly rgb?: Float32Array }): void {
    this.geometry.dispose()
    this.geometry.setAttribute('position', new Float32BufferAttribute(xyz, 3))
    if (rgb) this.geometry.setAttribute('color', new Float32BufferAttribute(rgb, 3))
    else this.geometry.deleteAttribute('color')
    this.material.color.setHex(rgb ? 0xffffff : 0xff5a1f)
    if (this.material.vertexColors !== (rgb !== undefined)) {
      this.material.vertexColors = rgb !== undefined
      this.material.needsUpdate = true
    }
    this.object.visible = xyz.length > 0
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
    this.material.dispose()
    this.host.invalidate()
  }
}
