import { type SceneBase, sceneFrame, Timeline } from '@simyard/frames'
import {
  composePoses,
  ORIGIN,
  type Pose,
  type Quaternion,
  quaternionFromAxisAngle,
  type Vector3,
} from '@simyard/geometry'
import { BASIC_TIME_STEP_MS, driveTenRobots, tenRobotsWorld } from '../stream/ten-robots.js'

/**
 * Speeds that change slowly, so that also between two frames there is only one place where a robot can be. Both languages
 * compute it with the same roundings.
 */
const timetable = (step: number, wheel: number, robot: number): number => {
  const phase = (step * (1 + (robot % 2)) + wheel * 40 + robot * 70) % 400
  return (Math.min(step, 100) / 100) * (0.5 + (1.5 * Math.abs(phase - 200)) / 200)
}

const program = `from controller import Motor, Robot

robot = Robot()
index = int(robot.getName().split()[1])
motors = [one for one in robot.devices.values() if isinstance(one, Motor)]
for motor in motors:
    motor.setPosition(float("inf"))
step = 0
while True:
    for wheel, motor in enumerate(motors):
        phase = (step * (1 + index % 2) + wheel * 40 + index * 70) % 400
        motor.setVelocity(min(step, 100) / 100 * (0.5 + 1.5 * abs(phase - 200) / 200))
    step += 1
    if robot.step() == -1:
        break
`

/** Files of a project in which ten robots do what the truth does. */
export const drivenProject = {
  'worlds/obstacle_avoidance.wbt': tenRobotsWorld('driven'),
  'controllers/driven/driven.py': program,
}

/** Where every solid was, computed without server, stream and view. */
export class Truth {
  private readonly parents = new Map<number, number | undefined>()
  private readonly names = new Map<number, string>()
  private readonly base = new Map<number, Pose>()
  private readonly timeline: Timeline

  private constructor(
    xml: string,
    /** Solids that move. */
    readonly moving: readonly number[],
    frames: readonly ReturnType<typeof sceneFrame>[],
  ) {
    this.readTree(xml)
    const base: SceneBase = { pose: (id) => this.base.get(id), field: () => undefined }
    this.timeline = new Timeline(base)
    for (const frame of frames) this.timeline.append(frame)
  }

  static async compute(durationMs: number): Promise<Truth> {
    const run = await driveTenRobots({ durationMs, frameMs: BASIC_TIME_STEP_MS, full: true, timetable })
    const frames = run.frames.map((frame) => sceneFrame(frame))
    const first = new Map(frames[0]!.poses.map((pose) => [pose.id, JSON.stringify(pose)]))
    const moving = frames.at(-1)!.poses.filter((pose) => first.get(pose.id) !== JSON.stringify(pose))
    return new Truth(
      run.xml,
      moving.map(({ id }) => id),
      frames,
    )
  }

  get robots(): number[] {
    return this.moving.filter((id) => /^robot \d$/.test(this.nameOf(id)))
  }

  nameOf(id: number): string {
    return this.names.get(id) ?? ''
  }

  /** In the world's frame. Between two steps of the simulation, on the straight way from one to the other. */
  at(id: number, timeMs: number): Pose {
    const parent = this.parents.get(id)
    const base = this.base.get(id) ?? ORIGIN
    const own = {
      translation: this.timeline.translationAt(id, timeMs) ?? base.translation,
      rotation: this.timeline.rotationAt(id, timeMs) ?? base.rotation,
    }
    return composePoses(parent === undefined ? ORIGIN : this.at(parent, timeMs), own)
  }

  private readTree(xml: string): void {
    const open: (number | undefined)[] = []
    const tags = /<(\/?)([A-Za-z]\w*)((?:\s+[\w:-]+=(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
    for (const [, closing, , attributes = '', single] of xml.matchAll(tags)) {
      if (closing) {
        open.pop()
        continue
      }
      const read = (name: string) => new RegExp(`\\s${name}=['"]([^'"]*)['"]`).exec(attributes)?.[1]
      const id = read('id')?.replace(/^n/, '')
      if (id !== undefined) {
        const number = Number(id)
        this.parents.set(
          number,
          open.findLast((one) => one !== undefined),
        )
        this.names.set(number, read('name') ?? '')
        const numbers = (text: string) =>
          text
            .trim()
            .split(/[\s,]+/)
            .map(Number)
        const [x = 0, y = 0, z = 0] = numbers(read('translation') ?? '0 0 0')
        const [ax = 0, ay = 0, az = 1, angle = 0] = numbers(read('rotation') ?? '0 0 1 0')
        this.base.set(number, { translation: [x, y, z], rotation: quaternionFromAxisAngle([ax, ay, az, angle]) })
      }
      if (!single) open.push(id === undefined ? undefined : Number(id))
    }
  }
}

export const metresBetween = (a: Vector3, b: Vector3): number => Math.hypot(...a.map((value, i) => value - b[i]!))

export function degreesBetween(a: Quaternion, b: Quaternion): number {
  const distance = (sign: number) => Math.hypot(...a.map((value, i) => value - sign * b[i]!))
  return (4 * Math.asin(Math.min(1, Math.min(distance(1), distance(-1)) / 2)) * 180) / Math.PI
}
