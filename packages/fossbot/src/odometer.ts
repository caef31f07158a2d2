import type { Wheels } from './drive.js'
import { WHEEL_RADIUS } from './model.js'

const STEPS_PER_TURN = 20

/** How far each wheel has turned in either direction since it was zeroed; slip counts. */
export class Odometer {
  private left = 0
  private right = 0
  /** Steps that programs added by hand. */
  private counted = { left: 0, right: 0 }

  zero(): void {
    this.left = 0
    this.right = 0
    this.counted = { left: 0, right: 0 }
  }

  /** Wheel speeds in rad/s over some seconds. */
  advance(speeds: Wheels, seconds: number): void {
    this.left += Math.abs(speeds.left) * seconds
    this.right += Math.abs(speeds.right) * seconds
  }

  count(side: keyof Wheels): void {
    this.counted[side]++
  }

  /** Metres at the rim. */
  distance(side: keyof Wheels): number {
    return this[side] * WHEEL_RADIUS
  }

  steps(side: keyof Wheels): number {
    return (this[side] / (2 * Math.PI)) * STEPS_PER_TURN + this.counted[side]
  }

  revolutions(side: keyof Wheels): number {
    return this.steps(side) / STEPS_PER_TURN
  }
}
