import type { Object3D, Quaternion, Vector3 } from 'three'

const LONGEST_GAP_MS = 120

interface Moving {
  readonly object: Object3D
  readonly fromPosition: Vector3
  readonly toPosition: Vector3
  readonly fromRotation: Quaternion
  readonly toRotation: Quaternion
  /** Wall-clock start of the way to the target; negative: arrived. */
  startedAt: number
}

/**
 * Poses arrive at the simulation's frame rate; the screen shows them at its own, one frame late, on a straight way in
 * between. After a jump back in time (reset) poses are taken at once.
 */
export class Motion {
  private readonly moving = new Map<Object3D, Moving>()
  private gap = 33
  private lastFrameAt = -1

  /** Call once a received frame, before its poses. */
  beginFrame(now: number, jump: boolean): void {
    const gap = now - this.lastFrameAt
    if (this.lastFrameAt >= 0 && gap < LONGEST_GAP_MS * 2) this.gap += (Math.min(gap, LONGEST_GAP_MS) - this.gap) * 0.15
    this.lastFrameAt = now
    if (jump) this.settle()
  }

  target(
    object: Object3D,
    now: number,
    position: Vector3 | undefined,
    rotation: Quaternion | undefined,
    jump: boolean,
  ): void {
    let one = this.moving.get(object)
    if (!one) {
      one = {
        object,
        fromPosition: object.position.clone(),
        toPosition: object.position.clone(),
        fromRotation: object.quaternion.clone(),
        toRotation: object.quaternion.clone(),
        startedAt: -1,
      }
      this.moving.set(object, one)
    }
    one.fromPosition.copy(object.position)
    one.fromRotation.copy(object.quaternion)
    if (position) one.toPosition.copy(position)
    if (rotation) one.toRotation.copy(rotation)
    one.startedAt = now
    if (jump) this.finish(one)
  }

  /** Moves everything to where it is at `now`; false when nothing moves any more. */
  advance(now: number): boolean {
    let active = false
    for (const one of this.moving.values()) {
      if (one.startedAt < 0) continue
      const part = (now - one.startedAt) / Math.max(this.gap, 1)
      if (part >= 1) {
        this.finish(one)
      } else {
        one.object.position.lerpVectors(one.fromPosition, one.toPosition, Math.max(part, 0))
        one.object.quaternion.slerpQuaternions(one.fromRotation, one.toRotation, Math.max(part, 0))
      }
      active = true
    }
    return active
  }

  forget(root: Object3D): void {
    root.traverse((object) => this.moving.delete(object))
  }

  clear(): void {
    this.moving.clear()
    this.lastFrameAt = -1
  }

  private settle(): void {
    for (const one of this.moving.values()) if (one.startedAt >= 0) this.finish(one)
  }

  private finish(one: Moving): void {
    one.object.position.copy(one.toPosition)
    one.object.quaternion.copy(one.toRotation)
    one.startedAt = -1
  }
}
