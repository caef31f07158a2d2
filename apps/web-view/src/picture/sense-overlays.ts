import type { InkStroke, PictureHeader, RobotReadings, RobotSummary } from '@simyard/protocol'
import { Quaternion, Vector3 } from 'three'
import type { WatchMessage } from '../connection/watch-message.js'
import type { SettingsPanel } from '../controls/settings-panel.js'
import type { Player } from '../player/player.js'
import type { Overlays } from '../stage/overlay/overlays.js'
import { pointsOf } from '../window/sight-picture.js'
import type { WindowHost } from '../window/window-host.js'

const SEEING = new Set(['Camera', 'Display', 'RangeFinder'])
/** Pictures over the scene at once; each costs the simulator a drawing. */
const MOST_PICTURES = 4

type Sense = 'contacts' | 'rays' | 'joints' | 'points' | 'pictures'

/** What robots touch, sense and see, drawn where it is; asked of the simulator only while somebody looks. */
export class SenseOverlays {
  private readonly on: Record<Sense, boolean> = {
    contacts: false,
    rays: false,
    joints: false,
    points: false,
    pictures: false,
  }
  private robots: readonly string[] = []
  private readonly stops: readonly (() => void)[]
  /** Devices that see, by robot. */
  private readonly seeing = new Map<string, readonly { readonly name: string; readonly type: string }[]>()

  constructor(
    private readonly host: WindowHost,
    private readonly overlays: Overlays,
    private readonly player: Player,
    settings: SettingsPanel,
  ) {
    const sense = (name: Sense, label: string, note?: string) => ({
      group: 'What robots sense',
      label,
      ...(note ? { note } : {}),
      get: () => this.on[name],
      set: (on: boolean) => this.switch(name, on),
    })
    settings.add(
      sense('rays', 'Rays of distance sensors'),
      sense('points', 'Points of lidars'),
      sense('pictures', 'Pictures of cameras'),
      sense('contacts', 'Touches'),
      sense('joints', 'Axes of joints'),
    )
    this.stops = [
      host.onDevices((robot, devices) => {
        this.seeing.set(
          robot,
          devices.filter(({ type }) => SEEING.has(type) || type === 'Lidar'),
        )
        this.watch()
      }),
      host.onReadings((_timeMs, robots, contacts) => this.showReadings(robots, contacts)),
      host.onPicture((header, bytes) => void this.showPicture(header, bytes)),
    ]
  }

  /** The picture goes: nothing is asked of the simulator for it any more. */
  dispose(): void {
    for (const sense of Object.keys(this.on) as Sense[]) this.on[sense] = false
    for (const stop of this.stops) stop()
    this.host.watch({})
  }

  setRobots(robots: readonly RobotSummary[]): void {
    this.robots = robots.map(({ name }) => name)
    if (Object.values(this.on).some(Boolean)) this.watch()
  }

  /** What a pen has drawn; it lies on its solid where that is now. */
  ink(strokes: readonly InkStroke[], clear: boolean): void {
    if (clear) this.overlays.strokes.clear()
    for (const { node, points, color, density, width } of strokes) {
      const solid = this.player.scene?.objectOf(`n${node}`)
      if (!solid) continue
      solid.updateWorldMatrix(true, false)
      const root = this.player.scene!.root
      const placed = points.map((point) =>
        root.worldToLocal(new Vector3(...point).applyMatrix4(solid.matrixWorld)).toArray(),
      )
      const colour = [(color >> 16) & 255, (color >> 8) & 255, color & 255].map((part) => part / 255)
      this.overlays.strokes.add({ points: placed, colour: colour as [number, number, number], density, width })
    }
  }

  private switch(sense: Sense, on: boolean): void {
    this.on[sense] = on
    if (!on) this.overlays[sense].hide()
    this.watch()
  }

  private watch(): void {
    const { on } = this
    const wanted = [...this.seeing].flatMap(([robot, devices]) =>
      devices
        .filter(({ type }) => (type === 'Lidar' ? on.points : on.pictures))
        .map(({ name }) => ({ robot, device: name })),
    )
    const needsRobots = on.rays || on.joints || on.points || on.pictures
    this.host.watch({
      ...(needsRobots ? { robots: this.robots } : {}),
      ...(wanted.length > 0 ? { pictures: wanted.slice(0, MOST_PICTURES) } : {}),
      ...(on.contacts ? { contacts: true } : {}),
    })
  }

  private showReadings(
    robots: readonly RobotReadings[],
    contacts: Extract<WatchMessage, { type: 'readings' }>['contacts'],
  ): void {
    const devices = robots.flatMap((robot) => robot.devices)
    if (this.on.rays) this.overlays.rays.show(devices.flatMap(({ rays }) => rays ?? []))
    if (this.on.joints) {
      this.overlays.joints.show(
        devices.flatMap(({ joint }) => (joint ? [{ position: joint.anchor, axis: joint.axis, type: joint.type }] : [])),
      )
    }
    if (this.on.contacts && contacts) {
      this.overlays.contacts.show(contacts.map(({ point, normal }) => ({ position: point, normal })))
    }
  }

  private async showPicture(header: PictureHeader, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const { robot, device, width, height, ranges } = header
    if (header.encoding === 'ranges') {
      if (!this.on.points || !ranges) return
      const turn = new Quaternion(...ranges.rotation)
      const points = pointsOf({ width, height, ranges }, bytes)
      const xyz = new Float32Array(points.length * 3)
      points.forEach((point, at) => {
        new Vector3(...point)
          .applyQuaternion(turn)
          .add(new Vector3(...ranges.translation))
          .toArray(xyz, at * 3)
      })
      return this.overlays.points.show({ xyz })
    }
    if (!this.on.pictures) return
    try {
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height)
      const context = canvas.getContext('2d')
      context?.drawImage(bitmap, 0, 0)
      bitmap.close()
      const pixels = context?.getImageData(0, 0, canvas.width, canvas.height).data
      if (pixels && this.on.pictures)
        this.overlays.pictures.show(`${robot}: ${device}`, canvas.width, canvas.height, pixels)
    } catch {
      // A picture that cannot be decoded is skipped; the next one comes in a moment.
    }
  }
}
