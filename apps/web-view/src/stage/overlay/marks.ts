import { Box3, type Object3D, Vector3 } from 'three'
import { settle } from '../../scene/world-frame.js'
import { LineOverlay, type Tint } from './line-overlay.js'
import type { Overlay, OverlayHost, Point } from './overlay.js'

type Segment = readonly [from: Point, to: Point, tint: Tint]

const RED: Tint = [0.9, 0.1, 0.1]
const GREEN: Tint = [0.1, 0.65, 0.15]
const BLUE: Tint = [0.15, 0.35, 0.95]
const YELLOW: Tint = [0.95, 0.75, 0.05]
const GREY: Tint = [0.45, 0.48, 0.52]

export interface Contact {
  readonly position: Point
  readonly normal: Point
}

export interface Ray {
  readonly from: Point
  readonly to: Point
  readonly hit: boolean
}

export interface Joint {
  readonly position: Point
  readonly axis: Point
  readonly type: string
}

/** x red, y green, z blue, of the world or of a solid. */
export class AxesOverlay implements Overlay<{ readonly of?: Object3D; readonly length: number }> {
  private readonly lines: LineOverlay
  constructor(private readonly host: OverlayHost) {
    this.lines = new LineOverlay(host)
  }
  show({ of, length }: { readonly of?: Object3D; readonly length: number }): void {
    const place = (x: number, y: number, z: number): Point => {
      const point = new Vector3(x, y, z)
      if (!of) return point.toArray()
      settle(of)
      return this.host.world.worldToLocal(point.applyMatrix4(of.matrixWorld)).toArray()
    }
    const origin = place(0, 0, 0)
    this.lines.draw([
      [origin, place(length, 0, 0), RED],
      [origin, place(0, length, 0), GREEN],
      [origin, place(0, 0, length), BLUE],
    ])
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

/** Contacts as small crosses with their normals; `length` of a normal in metres. */
export class ContactOverlay implements Overlay<readonly Contact[]> {
  private readonly lines: LineOverlay
  constructor(
    host: OverlayHost,
    private readonly length = 0.05,
  ) {
    this.lines = new LineOverlay(host)
  }
  show(contacts: readonly Contact[]): void {
    const arm = this.length / 5
    this.lines.draw(
      contacts.flatMap(({ position: [x, y, z], normal }): Segment[] => [
        [[x - arm, y, z], [x + arm, y, z], YELLOW],
        [[x, y - arm, z], [x, y + arm, z], YELLOW],
        [[x, y, z - arm], [x, y, z + arm], YELLOW],
        [[x, y, z], ahead([x, y, z], normal, this.length), GREEN],
      ]),
    )
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

/** Rays of sensors: red up to what they hit, grey when they hit nothing. */
export class RayOverlay implements Overlay<readonly Ray[]> {
  private readonly lines: LineOverlay
  constructor(host: OverlayHost) {
    this.lines = new LineOverlay(host)
  }
  show(rays: readonly Ray[]): void {
    this.lines.draw(rays.map(({ from, to, hit }): Segment => [from, to, hit ? RED : GREY]))
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

/** Axes of joints: those that turn blue, those that slide yellow. */
export class JointOverlay implements Overlay<readonly Joint[]> {
  private readonly lines: LineOverlay
  constructor(
    host: OverlayHost,
    private readonly length = 0.1,
  ) {
    this.lines = new LineOverlay(host)
  }
  show(joints: readonly Joint[]): void {
    this.lines.draw(
      joints.map(({ position, axis, type }): Segment => {
        const half = this.length / 2
        return [ahead(position, axis, -half), ahead(position, axis, half), /slid/i.test(type) ? YELLOW : BLUE]
      }),
    )
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

/** Lines on the floor. `up` is the world's own axis that points upwards. */
export class GridOverlay
  implements Overlay<{ readonly size: number; readonly spacing: number; readonly up: 'y' | 'z' }>
{
  private readonly lines: LineOverlay
  constructor(host: OverlayHost) {
    this.lines = new LineOverlay(host, { onTop: false })
  }
  show({ size, spacing, up }: { readonly size: number; readonly spacing: number; readonly up: 'y' | 'z' }): void {
    const half = Math.ceil(size / 2 / spacing)
    // Not in the floor itself, where the two would flicker.
    const height = 0.001 * spacing
    const place = (a: number, b: number): Point => (up === 'z' ? [a, b, height] : [a, height, b])
    const lines: Segment[] = []
    for (let at = -half; at <= half; at++) {
      const tint = at === 0 ? BLUE : GREY
      lines.push([place(at * spacing, -half * spacing), place(at * spacing, half * spacing), tint])
      lines.push([place(-half * spacing, at * spacing), place(half * spacing, at * spacing), tint])
    }
    this.lines.draw(lines)
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

/** Boxes around objects, along the world's axes. */
export class BoundsOverlay implements Overlay<readonly Object3D[]> {
  private readonly lines: LineOverlay
  constructor(private readonly host: OverlayHost) {
    this.lines = new LineOverlay(host)
  }
  show(objects: readonly Object3D[]): void {
    this.lines.draw(
      objects.flatMap((object): Segment[] => {
        const { min, max } = new Box3().setFromObject(object)
        if (min.x > max.x) return []
        const corner = (at: number): Point =>
          this.host.world
            .worldToLocal(new Vector3(at & 1 ? max.x : min.x, at & 2 ? max.y : min.y, at & 4 ? max.z : min.z))
            .toArray()
        return [0, 1, 2, 3, 4, 5, 6, 7].flatMap((at) =>
          [1, 2, 4].filter((bit) => !(at & bit)).map((bit): Segment => [corner(at), corner(at | bit), GREEN]),
        )
      }),
    )
  }
  hide(): void {
    this.lines.hide()
  }
  dispose(): void {
    this.lines.dispose()
  }
}

function ahead(from: Point, way: Point, length: number): Point {
  const size = Math.hypot(...way) || 1
  return [0, 1, 2].map((at) => from[at]! + (way[at]! / size) * length) as unknown as Point
}
