import type { Pose } from '@simyard/geometry'
import { getString, type SceneNode } from '@simyard/scene'
import { robotDegrees } from './frame.js'
import { Inertia } from './inertia.js'
import type { RobotParts } from './model.js'
import { Motion, type MotionWorld } from './motion.js'

/** Below this height a robot is put back to where it started (m). */
const LOST_BELOW = -25

/** One robot that programs drive. */
export class FossbotRobot {
  readonly name: string
  readonly motion: Motion
  readonly inertia: Inertia
  /** The program whose commands it takes, by its `user_id`. */
  owner: string | undefined

  constructor(
    private readonly world: MotionWorld,
    readonly node: SceneNode,
    readonly parts: RobotParts,
    /** Where it returns when it falls off the floor. */
    private start: Pose,
    levelGround: boolean,
  ) {
    this.name = getString(node, 'name')
    this.motion = new Motion(world, node, parts, levelGround)
    this.inertia = new Inertia(world.supervisor, node)
  }

  /** Its rotation as users count it. */
  get degrees(): number {
    const pose = this.world.supervisor.physics.worldPose(this.node.id)
    return pose ? robotDegrees(pose) : 0
  }

  place(pose: Pose, levelGround: boolean): void {
    this.start = pose
    this.motion.levelGround = levelGround
    this.world.supervisor.setPose(this.node, pose)
    this.motion.teleported()
  }

  shine(color: readonly number[]): void {
    for (const light of this.parts.light) this.world.supervisor.setField(light, 'emissiveColor', color)
  }

  paint(color: readonly number[]): void {
    for (const part of this.parts.body) this.world.supervisor.setField(part, 'baseColor', color)
  }

  /** Its driver has left: it stands still, dark and free. */
  free(): void {
    this.motion.stop()
    this.shine([0, 0, 0])
    this.owner = undefined
  }

  beforeStep(seconds: number): void {
    this.motion.beforeStep(seconds)
  }

  afterStep(seconds: number): void {
    this.motion.afterStep(seconds)
    this.inertia.afterStep(seconds)
    const height = this.world.supervisor.physics.worldPose(this.node.id)?.translation[2] ?? 0
    if (height > LOST_BELOW) return
    this.world.supervisor.setPose(this.node, this.start)
    this.motion.teleported()
  }
}
