import { distance, invertPose, rotate, transformPoint, type Vector3 } from '@simyard/geometry'
import { booleanField, numberField, vectorField } from '@simyard/physics'
import { getString, type SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'

/** A line that nobody has been told of. */
interface Line {
  readonly node: number
  readonly color: number
  readonly density: number
  readonly points: Vector3[]
}

/** A point is worth drawing when it is this far from the last one, in widths of the lead. */
const LEAST_STEP = 0.5

/** Pen: draws on what its ray meets, which goes against its z axis. `maxDistance` 0 has no limit, as in Webots. */
export function createPen(node: SceneNode, robot: SceneNode, world: DeviceWorld): Device {
  const width = numberField(node, 'leadSize', 0.002)
  const reach = numberField(node, 'maxDistance', 0)
  const start = {
    writes: booleanField(node, 'write', true),
    color: colorOf(vectorField(node, 'inkColor', [0, 0, 0])),
    density: numberField(node, 'inkDensity', 0.5),
  }
  let { writes, color, density } = start
  let line: Line | undefined
  let finished: Line[] = []
  const end = (): void => {
    if (line && line.points.length > 1) finished.push(line)
    line = undefined
  }
  const touched = (): { solid: SceneNode; point: Vector3 } | undefined => {
    const pose = world.physics.worldPose(node.id)
    const hit =
      pose &&
      world.physics.castRay({
        origin: pose.translation,
        direction: rotate(pose.rotation, [0, 0, -1]),
        maxDistance: reach > 0 ? reach : 1000,
        ignoreRobot: robot,
      })
    const place = hit && world.physics.worldPose(hit.solid.id)
    return place && { solid: hit.solid, point: transformPoint(invertPose(place), hit.point) }
  }
  return {
    node,
    description: describe(node, { leadSize: width }),
    apply(command) {
      if (command.set === 'pen') writes = command.value
      else if (command.set === 'ink') {
        color = command.value
        density = command.density
      } else return `a pen has no '${command.set}'.`
      return undefined
    },
    afterStep() {
      const at = writes ? touched() : undefined
      if (!at) return end()
      if (line?.node !== at.solid.id || line.color !== color || line.density !== density) {
        // Another ink goes on where the last one ended.
        const joined = line?.node === at.solid.id ? line.points.slice(-1) : []
        end()
        line = { node: at.solid.id, color, density, points: [...joined, at.point] }
        return
      }
      const last = line.points.at(-1)
      if (!last || distance(last, at.point) >= LEAST_STEP * width) line.points.push(at.point)
    },
    show: () => ({ value: writes ? 1 : 0 }),
    strokes() {
      const told = [...finished, ...(line && line.points.length > 1 ? [line] : [])]
      finished = []
      // The line goes on where it is now.
      if (line && line.points.length > 1) line = { ...line, points: line.points.slice(-1) }
      const device = getString(node, 'name')
      return told.map((one) => ({ robot: getString(robot, 'name'), device, width, ...one }))
    },
    reset() {
      ;({ writes, color, density } = start)
      line = undefined
      finished = []
    },
  }
}

function colorOf([r, g, b]: Vector3): number {
  const channel = (part: number) => Math.round(255 * Math.min(1, Math.max(0, part)))
  return (channel(r) << 16) | (channel(g) << 8) | channel(b)
}
