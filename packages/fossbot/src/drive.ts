import { WHEEL_RADIUS } from './model.js'

/** Newtons of a wheel at full command: after a stop, while turning on the spot, and in the end. */
const START_THRUST = 40
const TURNING_THRUST = 10
const FULL_THRUST = 100
/** Share of what misses to the full thrust that is gained in a sixtieth of a second. */
const GAIN = 0.01
const FRAMES_PER_SECOND = 60
/** At this speed a wheel has no thrust left. */
const MAX_RPM = 200

/** A value for each wheel. */
export interface Wheels {
  readonly left: number
  readonly right: number
}

/** The drive as measured on the original: thrust that grows while both wheels are driven, and falls with their speed. */
export class Drive {
  private thrust = START_THRUST

  /** After a stop. */
  reset(): void {
    this.thrust = START_THRUST
  }

  /** Newtons at the rims for the next `seconds`; percent with sign, wheel speeds in rad/s. */
  forces(percent: Wheels, speeds: Wheels, turning: boolean, seconds: number): Wheels {
    if (turning) this.thrust = TURNING_THRUST
    else if (Math.round(percent.left) !== 0 && Math.round(percent.right) !== 0) {
      this.thrust = FULL_THRUST - (FULL_THRUST - this.thrust) * (1 - GAIN) ** (seconds * FRAMES_PER_SECOND)
    }
    const force = (share: number, speed: number): number =>
      (share / 100) * this.thrust * (1 - Math.abs(rpm(speed)) / MAX_RPM)
    return { left: force(percent.left, speeds.left), right: force(percent.right, speeds.right) }
  }
}

function rpm(radiansPerSecond: number): number {
  return (60 * radiansPerSecond) / (2 * Math.PI)
}

/** Torque in N·m for a force at the rim. */
export function torque(force: number): number {
  return force * WHEEL_RADIUS
}
