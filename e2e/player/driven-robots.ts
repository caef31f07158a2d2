import { type SceneBase, sceneFrame, Timeline } from '@simyard/frames'
import {
  composePoses,
  ORIGIN,
  type Pose,
  type Quaternion,
  quaternionFromAxisAngle,
  type Vector3,
} from '@simyard/geometry'
import { encodeLine } from '@simyard/protocol'
import WebSocket from 'ws'
import { ScriptedController } from '../determinism/scripted-controller.js'
import { BASIC_TIME_STEP_MS, driveTenRobots, tenRobotsWorld } from '../stream/ten-robots.js'

/** Speeds that change slowly, so that also between two frames there is only one place where a robot can be. */
const timetable = (step: number, wheel: number, robot: number): number => {
  const phase = (step * (1 + (robot % 2)) + wheel * 40 + robot * 70) % 400
  return (Math.min(step, 100) / 100) * (0.5 + (1.5 * Math.abs(phase - 200)) / 200)
}

/** Files of a project with ten robots that wait for programs from outside. */
export const drivenProject = { 'worlds/obstacle_avoidance.wbt': tenRobotsWorld('<extern>') }

/** Drives a robot of a running simulation as the truth does; resolves when the world waits for it. */
export async function driveRobot(url: string, robot: string): Promise<WebSocket> {
  const controller = new ScriptedController(Number(robot.split(' ')[1]), /^$/, timetable)
  const socket = new WebSocket(url)
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const speak = () => {
    const message = controller.next()
    if (message) socket.send(encodeLine(message))
  }
  let heard = Buffer.alloc(0)
  const welcomed = new Promise((resolve, reject) => {
    socket.once('close', () => reject(new Error(`${robot} was not let in`)))
    socket.on('message', (data: Buffer) => {
      heard = Buffer.concat([heard, data])
      if (heard.at(-1) !== 10) return
      controller.receive(heard)
      heard = Buffer.alloc(0)
      speak()
      resolve(undefined)
    })
  })
  speak()
  await welcomed
  return socket
}

/** Where every solid was, computed without server, stream and view. */
export class Truth {
  private readonly parents = new Map<number, number | undefined>()
  private readonly names = new Map<number, string>()
  private readonly base = new Map<number, Pose>()
  private readonly timeline: Timeline

  private constructor(
    private readonly xml: string,
    /** Solids that move. */
    readonly moving: readonly number[],
    private readonly frames: readonly ReturnType<typeof sceneFrame>[],
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

  /** The same for somebody who has seen the run at these times only: straight ways from one to the next. */
  seenAt(timesMs: readonly number[]): Truth {
    const seen = new Set(timesMs)
    const frames = this.frames.filter(({ timeMs }) => seen.has(timeMs))
    if (frames.length !== seen.size) throw new Error('The run was seen at times that it did not have.')
    return new Truth(this.xml, this.moving, frames)
  }

  /** How far the frames before and after a moment are apart. */
  gapAt(timeMs: number): number {
    const before = this.frames.findLast((frame) => frame.timeMs <= timeMs)?.timeMs ?? timeMs
    const after = this.frames.find((frame) => frame.timeMs > timeMs)?.timeMs ?? timeMs
    return after - before
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
