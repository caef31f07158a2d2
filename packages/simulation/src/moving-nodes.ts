import {
  axisAngleFromQuaternion,
  conjugate,
  distance,
  multiplyQuaternions,
  type Pose,
  type Quaternion,
} from '@simyard/geometry'
import type { PhysicsWorld } from '@simyard/physics'
import type { NodeUpdate } from '@simyard/protocol'

/** Steps of the written numbers: a hundredth of a millimetre, and of a milliradian. */
const TRANSLATION_DIGITS = 5
const ROTATION_DIGITS = 5
/** A viewer is told of motion by this much since it was told last: metres, and radians. */
const LEAST_MOTION = 5e-5
const LEAST_TURN = 1e-4

interface Told {
  /** As it was when it was told last. */
  readonly pose: Pose
  readonly translation: string
  readonly rotation: string
}

/** Writes the poses of moving solids as stream updates, each only when a viewer could see the difference. */
export class MovingNodes {
  private readonly told = new Map<number, Told>()

  constructor(private readonly physics: PhysicsWorld) {}

  forget(ids: ReadonlySet<number>): void {
    for (const id of ids) this.told.delete(id)
  }

  changes(full: boolean): NodeUpdate[] {
    const updates: NodeUpdate[] = []
    for (const { id } of this.physics.movingSolids) {
      const now = this.physics.relativePose(id)
      if (!now) continue
      const before = this.told.get(id)
      const moved = !before || distance(before.pose.translation, now.translation) >= LEAST_MOTION
      const turned = !before || angleBetween(before.pose.rotation, now.rotation) >= LEAST_TURN
      const pose = {
        translation: moved ? now.translation : before.pose.translation,
        rotation: turned ? now.rotation : before.pose.rotation,
      }
      const translation = moved ? writeTranslation(pose) : before.translation
      const rotation = turned ? writeRotation(pose) : before.rotation
      if (moved || turned) this.told.set(id, { pose, translation, rotation })
      if (full) updates.push({ id, translation, rotation })
      else if (moved || turned) updates.push({ id, ...(moved ? { translation } : {}), ...(turned ? { rotation } : {}) })
    }
    return updates
  }
}

function angleBetween(a: Quaternion, b: Quaternion): number {
  const [x, y, z] = multiplyQuaternions(conjugate(a), b)
  return 2 * Math.sqrt(x * x + y * y + z * z)
}

function writeTranslation({ translation }: Pose): string {
  return translation.map((value) => write(value, TRANSLATION_DIGITS)).join(' ')
}

/** No rotation is always written with the same axis: the axis of a tiny one is noise. */
function writeRotation({ rotation }: Pose): string {
  const axisAngle = axisAngleFromQuaternion(rotation)
  if (axisAngle[3] < 10 ** -ROTATION_DIGITS) return '0 0 1 0'
  return axisAngle.map((value) => write(value, ROTATION_DIGITS)).join(' ')
}

function write(value: number, digits: number): string {
  const rounded = Number(value.toFixed(digits))
  // A negative zero would be written as a change that nobody sees.
  return String(rounded === 0 ? 0 : rounded)
}
