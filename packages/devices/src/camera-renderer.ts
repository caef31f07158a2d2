import { conjugate, dot, normalize, type Pose, rotate, subtract, type Vector3 } from '@simyard/geometry'
import type { Picture } from './picture.js'
import { surfaceColor, type VisualShape, type VisualWorld } from './visual-world.js'

/** A look at the world: along `pose`'s x, with y to the left and z up; horizontal field of view in radians. */
export interface CameraView {
  readonly pose: Pose
  readonly width: number
  readonly height: number
  readonly fieldOfView: number
  readonly near: number
  readonly far: number
  /** 0–1, at luminosity 1. */
  readonly background: Vector3
  /**
   * Factor on the light of sky and sun: of the background, and of everything that shines by reflection. What a surface
   * emits by itself stays. Values beyond white are white.
   */
  readonly luminosity: number
}

/** Makes camera pictures. The one that ships is `Rasterizer`; a GPU one may stand in for it. */
export interface CameraRenderer {
  render(view: CameraView): Picture
  /** Metres along the view's x for each pixel, infinite where nothing is nearer than `far`. */
  depths(view: CameraView): Float32Array
}

const LIGHT: Vector3 = normalize([0.4, 0.3, 0.87])
const AMBIENT = 0.45
const DIFFUSE = 0.55

/** A z-buffer in plain code: the same pixels in Node and in every browser. Flat shading from one sun, nearest texels. */
export class Rasterizer implements CameraRenderer {
  private depth = new Float32Array(0)

  constructor(
    private readonly world: VisualWorld,
    private readonly up: Vector3,
  ) {}

  render(view: CameraView): Picture {
    const { width, height, luminosity } = view
    const bgra = new Uint8Array(width * height * 4)
    if (this.depth.length < width * height) this.depth = new Float32Array(width * height)
    this.depth.fill(0, 0, width * height)
    const [r, g, b] = view.background.map((part) => channel(part * luminosity))
    for (let i = 0; i < bgra.length; i += 4) {
      bgra[i] = b ?? 0
      bgra[i + 1] = g ?? 0
      bgra[i + 2] = r ?? 0
      bgra[i + 3] = 255
    }
    const focal = width / 2 / Math.tan(view.fieldOfView / 2)
    for (const shape of this.world.shapes) {
      if (shape.surface.transparency < 0.95) this.draw(shape, view, focal, bgra)
    }
    return { width, height, bgra }
  }

  depths(view: CameraView): Float32Array {
    this.render(view)
    return this.depth.slice(0, view.width * view.height).map((inverse) => (inverse > 0 ? 1 / inverse : Infinity))
  }

  private draw(shape: VisualShape, view: CameraView, focal: number, bgra: Uint8Array): void {
    const pose = this.world.poseOf(shape)
    const toCamera = conjugate(view.pose.rotation)
    const center = rotate(toCamera, subtract(pose.translation, view.pose.translation))
    if (center[0] + shape.radius < view.near || center[0] - shape.radius > view.far) return
    const sideSlope = view.width / 2 / focal
    if (Math.abs(center[1]) - shape.radius * Math.sqrt(1 + sideSlope * sideSlope) > center[0] * sideSlope) return
    const upSlope = view.height / 2 / focal
    if (Math.abs(center[2]) - shape.radius * Math.sqrt(1 + upSlope * upSlope) > center[0] * upSlope) return
    const { positions, indices, uvs } = shape.mesh
    const count = positions.length / 3
    const cameraPoints = new Float64Array(positions.length)
    const worldPoints = new Float64Array(positions.length)
    for (let i = 0; i < count; i++) {
      const local: Vector3 = [positions[3 * i] ?? 0, positions[3 * i + 1] ?? 0, positions[3 * i + 2] ?? 0]
      const turned = rotate(pose.rotation, local)
      const point: Vector3 = [
        turned[0] + pose.translation[0],
        turned[1] + pose.translation[1],
        turned[2] + pose.translation[2],
      ]
      worldPoints.set(point, 3 * i)
      cameraPoints.set(rotate(toCamera, subtract(point, view.pose.translation)), 3 * i)
    }
    const sun = this.up[1] === 1 ? ([LIGHT[0], LIGHT[2], LIGHT[1]] as const) : LIGHT
    const corner = (index: number): number[] => [
      cameraPoints[3 * index] ?? 0,
      cameraPoints[3 * index + 1] ?? 0,
      cameraPoints[3 * index + 2] ?? 0,
      uvs?.[2 * index] ?? 0,
      uvs?.[2 * index + 1] ?? 0,
    ]
    for (let t = 0; t + 2 < indices.length; t += 3) {
      const [ia, ib, ic] = [indices[t] ?? 0, indices[t + 1] ?? 0, indices[t + 2] ?? 0]
      const clipped = clipNear([corner(ia), corner(ib), corner(ic)], view.near)
      if (clipped.length < 3) continue
      const facing = Math.abs(dot(faceNormal(worldPoints, ia, ib, ic), sun))
      const shade = (AMBIENT + DIFFUSE * Math.max(0, facing)) * view.luminosity
      for (let k = 1; k + 1 < clipped.length; k++) {
        this.fill(shape, view, focal, shade, clipped[0] ?? [], clipped[k] ?? [], clipped[k + 1] ?? [], bgra)
      }
    }
  }

  private fill(
    shape: VisualShape,
    view: CameraView,
    focal: number,
    shade: number,
    a: readonly number[],
    b: readonly number[],
    c: readonly number[],
    bgra: Uint8Array,
  ): void {
    const { width, height } = view
    const project = ([x = 1, y = 0, z = 0, u = 0, v = 0]: readonly number[]) => ({
      x: width / 2 - (focal * y) / x,
      y: height / 2 - (focal * z) / x,
      w: 1 / x,
      u: u / x,
      v: v / x,
    })
    const p = project(a)
    const q = project(b)
    const r = project(c)
    const area = (q.x - p.x) * (r.y - p.y) - (q.y - p.y) * (r.x - p.x)
    if (Math.abs(area) < 1e-9) return
    const left = Math.max(0, Math.floor(Math.min(p.x, q.x, r.x)))
    const right = Math.min(width - 1, Math.ceil(Math.max(p.x, q.x, r.x)))
    const top = Math.max(0, Math.floor(Math.min(p.y, q.y, r.y)))
    const bottom = Math.min(height - 1, Math.ceil(Math.max(p.y, q.y, r.y)))
    const { surface } = shape
    const plain = surface.texture ? undefined : surface.color
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const px = x + 0.5
        const py = y + 0.5
        const wq = ((px - p.x) * (r.y - p.y) - (py - p.y) * (r.x - p.x)) / area
        const wr = ((q.x - p.x) * (py - p.y) - (q.y - p.y) * (px - p.x)) / area
        const wp = 1 - wq - wr
        if (wp < 0 || wq < 0 || wr < 0) continue
        const w = wp * p.w + wq * q.w + wr * r.w
        const at = y * width + x
        if (w <= (this.depth[at] ?? 0) || w < 1 / view.far) continue
        this.depth[at] = w
        const color =
          plain ?? surfaceColor(surface, (wp * p.u + wq * q.u + wr * r.u) / w, (wp * p.v + wq * q.v + wr * r.v) / w)
        bgra[4 * at] = channel(color[2] * shade + surface.emissive[2])
        bgra[4 * at + 1] = channel(color[1] * shade + surface.emissive[1])
        bgra[4 * at + 2] = channel(color[0] * shade + surface.emissive[0])
      }
    }
  }
}

function channel(value: number): number {
  return Math.min(255, Math.round(255 * value))
}

/** The part of a polygon in front of x = near (Sutherland and Hodgman). */
function clipNear(polygon: readonly (readonly number[])[], near: number): (readonly number[])[] {
  const result: (readonly number[])[] = []
  polygon.forEach((from, i) => {
    const to = polygon[(i + 1) % polygon.length] ?? from
    const x0 = from[0] ?? 0
    const x1 = to[0] ?? 0
    if (x0 >= near) result.push(from)
    if (x0 >= near !== x1 >= near) {
      const share = (near - x0) / (x1 - x0)
      result.push(from.map((value, k) => value + share * ((to[k] ?? 0) - value)))
    }
  })
  return result
}

function faceNormal(points: Float64Array, a: number, b: number, c: number): Vector3 {
  const at = (i: number, k: number): number => points[3 * i + k] ?? 0
  const u = [at(b, 0) - at(a, 0), at(b, 1) - at(a, 1), at(b, 2) - at(a, 2)] as const
  const v = [at(c, 0) - at(a, 0), at(c, 1) - at(a, 1), at(c, 2) - at(a, 2)] as const
  return normalize([u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]])
}
