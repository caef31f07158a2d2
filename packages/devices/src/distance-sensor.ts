import { add, dot, type Pose, quaternionFromAxisAngle, rotate, scale, type Vector3 } from '@simyard/geometry'
import { numberField, stringField, vectorsField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'
import { LookupTable, toResolution } from './lookup-table.js'

interface Beam {
  readonly direction: Vector3
  readonly weight: number
}

/**
 * DistanceSensor: rays along x, spread over `aperture`, averaged with Gaussian weights (the nearest one counts for
 * sonars), through the lookup table. Infra-red readings depend on the red of what the ray meets: the response over the
 * value at infinity is scaled by 0.2 + 0.8 · red.
 */
export function createDistanceSensor(node: SceneNode, robot: SceneNode, world: DeviceWorld): Device {
  const rows = vectorsField(node, 'lookupTable')
  const table = new LookupTable(
    rows.length > 0
      ? rows
      : [
          [0, 0, 0],
          [0.1, 1000, 0],
        ],
  )
  const type = stringField(node, 'type', 'generic')
  const resolution = numberField(node, 'resolution', -1)
  const beams = beamsOf(node, type)
  const reach = table.maxInput
  const [minValue, maxValue] = table.outputRange
  const cast = (pose: Pose, beam: Beam) => {
    const direction = rotate(pose.rotation, beam.direction)
    const hit = world.physics.castRay({ origin: pose.translation, direction, maxDistance: reach, ignoreRobot: robot })
    // Sound that meets a wall too flatly does not come back.
    const lost = type === 'sonar' && hit && Math.abs(dot(hit.normal, direction)) < Math.cos(Math.PI / 8)
    const seen = lost ? undefined : hit
    return { direction, seen, distance: seen ? seen.distance : reach }
  }
  return {
    node,
    description: describe(node, {
      minValue,
      maxValue,
      aperture: numberField(node, 'aperture', 1.5708),
      sensorType: type,
      lookupTable: table.flat,
    }),
    reset: () => {},
    show() {
      const pose = world.physics.worldPose(node.id)
      if (!pose) return {}
      return {
        rays: beams.map((beam) => {
          const { direction, distance, seen } = cast(pose, beam)
          return {
            from: pose.translation,
            to: add(pose.translation, scale(direction, distance)),
            hit: seen !== undefined,
          }
        }),
      }
    },
    sample() {
      const pose = world.physics.worldPose(node.id)
      if (!pose) return { value: 0 }
      let sum = 0
      let nearest = reach
      let red = 0
      for (const beam of beams) {
        const { direction, distance, seen } = cast(pose, beam)
        sum += beam.weight * distance
        nearest = Math.min(nearest, distance)
        if (type !== 'infra-red') continue
        red += beam.weight * (seen ? world.visuals.colorAt(seen.solid, pose.translation, direction, distance)[0] : 1)
      }
      const raw = table.value(type === 'sonar' ? nearest : sum, world.random)
      const rest = table.flat[table.flat.length - 2] ?? 0
      const value = type === 'infra-red' ? rest + (raw - rest) * (0.2 + 0.8 * red) : raw
      return { value: toResolution(value, resolution) }
    },
  }
}

function beamsOf(node: SceneNode, type: string): readonly Beam[] {
  const count = type === 'laser' ? 1 : Math.max(1, numberField(node, 'numberOfRays', 1))
  const aperture = numberField(node, 'aperture', 1.5708)
  const width = numberField(node, 'gaussianWidth', 1)
  if (count === 1) return [{ direction: [1, 0, 0], weight: 1 }]
  const beams = Array.from({ length: count }, (_, i) => {
    const angle = aperture * (i / (count - 1) - 0.5)
    const spread = angle / (aperture * width)
    return {
      direction: rotate(quaternionFromAxisAngle([0, 0, 1, angle]), [1, 0, 0]),
      weight: Math.exp(-spread * spread),
    }
  })
  const total = beams.reduce((sum, beam) => sum + beam.weight, 0)
  return beams.map((beam) => ({ ...beam, weight: beam.weight / total }))
}
