import { BufferGeometry, Color, DoubleSide, Float32BufferAttribute, Mesh, MeshBasicMaterial } from 'three'
import { asOverlay, type OverlayHost, type Point } from './overlay.js'

/** What a pen drew: `density` 0–1 is how much it covers. */
export interface Stroke {
  readonly points: readonly Point[]
  readonly colour: Point
  readonly density: number
  /** Metres. */
  readonly width?: number
}

/** Thin ribbons on the floor. */
export class StrokeOverlay {
  private readonly drawn: Mesh<BufferGeometry, MeshBasicMaterial>[] = []

  constructor(
    private readonly host: OverlayHost,
    private readonly up: 'y' | 'z',
  ) {}

  add(stroke: Stroke): void {
    if (stroke.points.length < 2) return
    const material = new MeshBasicMaterial({
      color: new Color(...stroke.colour),
      transparent: true,
      opacity: stroke.density,
      side: DoubleSide,
      depthWrite: false,
      // Ink lies on the floor: the floor must not win where both are at the same height.
      polygonOffset: true,
      polygonOffsetFactor: -2,
      polygonOffsetUnits: -2,
    })
    const mesh = asOverlay(new Mesh(ribbon(stroke, this.up), material))
    mesh.visible = true
    this.drawn.push(mesh)
    this.host.world.add(mesh)
    this.host.invalidate()
  }

  get count(): number {
    return this.drawn.length
  }

  clear(): void {
    for (const mesh of this.drawn.splice(0)) {
      mesh.removeFromParent()
      mesh.geometry.dispose()
      mesh.material.dispose()
    }
    this.host.invalidate()
  }

  dispose(): void {
    this.clear()
  }
}

function ribbon({ points, width = 0.003 }: Stroke, up: 'y' | 'z'): BufferGeometry {
  const [a, b] = up === 'z' ? [0, 1] : [0, 2]
  const position: number[] = []
  const index: number[] = []
  points.forEach((point, at) => {
    const before = points[Math.max(at - 1, 0)]!
    const after = points[Math.min(at + 1, points.length - 1)]!
    const [x, y] = [after[a]! - before[a]!, after[b]! - before[b]!]
    const length = Math.hypot(x, y) || 1
    for (const side of [-1, 1]) {
      const corner = [...point]
      corner[a]! += (-y / length) * side * (width / 2)
      corner[b]! += (x / length) * side * (width / 2)
      position.push(...corner)
    }
    if (at === 0) return
    const k = at * 2
    index.push(k - 2, k - 1, k, k - 1, k + 1, k)
  })
  const geometry = new BufferGeometry()
  geometry.setAttribute('position', new Float32BufferAttribute(position, 3))
  geometry.setIndex(index)
  return geometry
}
