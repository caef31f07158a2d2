import { conjugate, rotate, scale, subtract, type Vector3, ZERO } from '@simyard/geometry'
import type { SceneNode } from '@simyard/scene'
import type { Supervisor } from '@simyard/simulation'

/** Changes of speed (m/s², rad/s²) below this are the solver's, not the robot's. */
const RESIDUE = 2e-3

/** What a robot feels of its motion, from the speeds after the last two steps. */
export class Inertia {
  private linear: Vector3 = ZERO
  private angular: Vector3 = ZERO
  private linearChange: Vector3 = ZERO
  private angularChange: Vector3 = ZERO

  constructor(
    private readonly supervisor: Supervisor,
    private readonly node: SceneNode,
  ) {}

  afterStep(seconds: number): void {
    const { linear, angular } = this.supervisor.physics.velocity(this.node.id) ?? { linear: ZERO, angular: ZERO }
    this.linearChange = scale(subtract(linear, this.linear), 1 / seconds)
    this.angularChange = scale(subtract(angular, this.angular), 1 / seconds)
    this.linear = linear
    this.angular = angular
  }

  /** m/s² along the world's axes, without gravity, as the original has it. */
  worldAcceleration(axis: number): number {
    return settled(this.linearChange[axis] ?? 0)
  }

  /** rad/s² about the world's axes: the original's "gyroscope" is a rate of change. */
  worldAngularAcceleration(axis: number): number {
    return settled(this.angularChange[axis] ?? 0)
  }

  /** m/s² along the robot's axes (x ahead, y left, z up), gravity included: 9.8 upwards at rest. */
  properAcceleration(axis: number): number {
    const felt = subtract(this.linearChange.map(settled) as unknown as Vector3, this.supervisor.physics.gravity)
    return this.inRobot(felt)[axis] ?? 0
  }

  /** rad/s about the robot's axes. */
  angularVelocity(axis: number): number {
    return settled(this.inRobot(this.angular)[axis] ?? 0)
  }

  private inRobot(vector: Vector3): Vector3 {
    const rotation = this.supervisor.physics.worldPose(this.node.id)?.rotation
    return rotation ? rotate(conjugate(rotation), vector) : vector
  }
}

function settled(value: number): number {
  return Math.abs(value) < RESIDUE ? 0 : value
}
