import { axisAngleFromQuaternion } from '@simyard/geometry'
import type { PhysicsWorld } from '@simyard/physics'
import type { NodeUpdate } from '@simyard/protocol'

/** Steps of the written numbers: a hundredth of a millimetre, and of a milliradian. */
const TRANSLATION_DIGITS = 5
const ROTATION_DIGITS = 5

/** Writes the poses of moving solids as stream updates, each only when its text has changed. */
export class MovingNodes {
  private readonly last = new Map<number, { translation: string; rotation: string }>()

  constructor(private readonly physics: PhysicsWorld) {}

  changes(full: boolean): NodeUpdate[] {
    const updates: NodeUpdate[] = []
    for (const { id } of this.physics.movingSolids) {
      const pose = this.physics.relativePose(id)
      if (!pose) continue
      const translation = pose.translation.map((value) => write(value, TRANSLATION_DIGITS)).join(' ')
      const rotation = axisAngleFromQuaternion(pose.rotation)
        .map((value) => write(value, ROTATION_DIGITS))
        .join(' ')
      const before = this.last.get(id)
      const moved = full || before?.translation !== translation
      const turned = full || before?.rotation !== rotation
      if (!moved && !turned) continue
      updates.push({ id, ...(moved ? { translation } : {}), ...(turned ? { rotation } : {}) })
      this.last.set(id, { translation, rotation })
    }
    return updates
  }
}

function write(value: number, digits: number): string {
  const rounded = Number(value.toFixed(digits))
  // A negative zero would be written as a change that nobody sees.
  return String(rounded === 0 ? 0 : rounded)
}
