import type { PictureHeader } from '@simyard/protocol'

const NOTHING = 65_535
const FARTHEST = 65_534
/** Pixels of the plan of a lidar's points. */
const PLAN = 320

/** What a camera, a range finder or a lidar sees. Pictures that come while one is decoded replace each other. */
export class SightPicture {
  readonly element = document.createElement('canvas')
  private next: { header: PictureHeader; bytes: Uint8Array<ArrayBuffer> } | undefined
  private busy = false

  constructor(name: string) {
    this.element.className = 'sight'
    this.element.setAttribute('role', 'img')
    this.element.setAttribute('aria-label', `What ${name} sees`)
    this.element.width = this.element.height = 1
  }

  show(header: PictureHeader, bytes: Uint8Array<ArrayBuffer>): void {
    if (header.encoding === 'ranges') return this.drawPlan(header, bytes)
    this.next = { header, bytes }
    if (!this.busy) void this.decode()
  }

  private async decode(): Promise<void> {
    this.busy = true
    while (this.next) {
      const { header, bytes } = this.next
      this.next = undefined
      try {
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
        this.size(header.width, header.height)?.drawImage(bitmap, 0, 0)
        bitmap.close()
      } catch {
        // A picture that cannot be decoded is skipped; the next one comes in a moment.
      }
    }
    this.busy = false
  }

  /** The points of a lidar from above, its x upwards. */
  private drawPlan({ width, height, ranges }: PictureHeader, bytes: Uint8Array<ArrayBuffer>): void {
    const context = this.size(PLAN, PLAN)
    if (!ranges || !context) return
    const middle = PLAN / 2
    const scale = middle / ranges.maxRange
    const { color } = getComputedStyle(this.element)
    context.clearRect(0, 0, PLAN, PLAN)
    context.strokeStyle = color
    context.globalAlpha = 0.3
    for (const share of [0.5, 1]) {
      context.beginPath()
      context.arc(middle, middle, middle * share - 1, 0, 2 * Math.PI)
      context.stroke()
    }
    context.globalAlpha = 1
    context.fillStyle = color
    for (const [x, y] of pointsOf({ width, height, ranges }, bytes)) {
      context.fillRect(middle - y * scale - 1, middle - x * scale - 1, 3, 3)
    }
    context.beginPath()
    context.moveTo(middle, middle - 7)
    context.lineTo(middle - 5, middle + 5)
    context.lineTo(middle + 5, middle + 5)
    context.fill()
  }

  private size(width: number, height: number): CanvasRenderingContext2D | null {
    if (this.element.width !== width || this.element.height !== height) {
      this.element.width = width
      this.element.height = height
    }
    return this.element.getContext('2d')
  }
}

type Ranges = NonNullable<PictureHeader['ranges']>

/** The points that a lidar has met, in its own frame, metres: x ahead, y left, z up. */
export function pointsOf(
  { width, height, ranges }: { readonly width: number; readonly height: number; readonly ranges: Ranges },
  bytes: Uint8Array<ArrayBuffer>,
): (readonly [number, number, number])[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { fieldOfView, verticalFieldOfView, minRange, maxRange } = ranges
  const turn = fieldOfView / (fieldOfView >= 2 * Math.PI - 1e-3 ? width : Math.max(1, width - 1))
  const points: (readonly [number, number, number])[] = []
  for (let index = 0; index < Math.min(width * height, bytes.byteLength / 2); index++) {
    const step = view.getUint16(2 * index, true)
    if (step === NOTHING) continue
    const layer = Math.floor(index / width)
    const elevation = height > 1 ? verticalFieldOfView * (0.5 - layer / (height - 1)) : 0
    const azimuth = width > 1 ? fieldOfView / 2 - (index % width) * turn : 0
    const distance = minRange + (step / FARTHEST) * (maxRange - minRange)
    const flat = distance * Math.cos(elevation)
    points.push([flat * Math.cos(azimuth), flat * Math.sin(azimuth), distance * Math.sin(elevation)])
  }
  return points
}
