import {
  conjugate,
  multiplyQuaternions,
  type Quaternion,
  quaternionFromAxisAngle,
  rotate,
  scale,
  subtract,
  type Vector3,
} from '@simyard/geometry'
import { numberField, stringField, vectorsField } from '@simyard/physics'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld, Reading } from './device.js'
import { LookupTable, toResolution } from './lookup-table.js'

/** PositionSensor: rad or m of its joint, with `noise` as absolute standard deviation. */
export function createPositionSensor(node: SceneNode, world: DeviceWorld): Device {
  const resolution = numberField(node, 'resolution', -1)
  const noise = numberField(node, 'noise', 0)
  return sensor(node, () => {
    const position = world.physics.jointPosition(node.id) ?? 0
    const value = noise > 0 ? position + noise * world.random.normal() : position
    return { value: toResolution(value, resolution) }
  })
}

/** GPS: metres in the world's axes; its speed under `<name>/speed` and `<name>/speedVector`, m/s. */
export function createGps(node: SceneNode, world: DeviceWorld): Device {
  const accuracy = numberField(node, 'accuracy', 0)
  const resolution = numberField(node, 'resolution', -1)
  return sensor(node, () => {
    const at = world.physics.worldPose(node.id)?.translation ?? [0, 0, 0]
    const v = world.physics.velocity(node.id)?.linear ?? [0, 0, 0]
    const value = at.map((part) =>
      toResolution(accuracy > 0 ? part + accuracy * world.random.normal() : part, resolution),
    )
    return { value, extra: { speedVector: v, speed: Math.sqrt(v[0] * v[0] + v[1] * v[1] + v[2] * v[2]) } }
  })
}

/** Compass: the world's north (x in ENU and NUE, z in EUN) in the sensor's frame. */
export function createCompass(node: SceneNode, world: DeviceWorld): Device {
  const table = new LookupTable(vectorsField(node, 'lookupTable'))
  const north: Vector3 =
    world.scene.coordinateSystem === 'EUN' ? [0, 0, -1] : world.scene.coordinateSystem === 'NUE' ? [1, 0, 0] : [0, 1, 0]
  return vectorSensor(node, world, table, () => inSensor(world, node, north))
}

/** Gyro: rad/s about the sensor's axes. */
export function createGyro(node: SceneNode, world: DeviceWorld): Device {
  const table = new LookupTable(vectorsField(node, 'lookupTable'))
  return vectorSensor(node, world, table, () =>
    inSensor(world, node, world.physics.velocity(node.id)?.angular ?? [0, 0, 0]),
  )
}

/** Accelerometer: m/s² along the sensor's axes, gravity included: +9.81 upwards at rest. */
export function createAccelerometer(node: SceneNode, world: DeviceWorld): Device {
  const table = new LookupTable(vectorsField(node, 'lookupTable'))
  const speed = (): Vector3 => world.physics.velocity(node.id)?.linear ?? [0, 0, 0]
  let before = speed()
  let acceleration: Vector3 = [0, 0, 0]
  return {
    ...vectorSensor(node, world, table, () => inSensor(world, node, subtract(acceleration, world.physics.gravity))),
    afterStep(seconds) {
      const now = speed()
      acceleration = scale(subtract(now, before), 1 / seconds)
      before = now
    },
    reset() {
      before = speed()
      acceleration = [0, 0, 0]
    },
  }
}

const NUE_TO_ENU: Quaternion = quaternionFromAxisAngle([1, 0, 0, Math.PI / 2])

/** InertialUnit: roll, pitch and yaw in rad, as ENU conventions have them; the quaternion under `<name>/quaternion`. */
export function createInertialUnit(node: SceneNode, world: DeviceWorld): Device {
  const noise = numberField(node, 'noise', 0)
  const resolution = numberField(node, 'resolution', -1)
  return sensor(node, () => {
    const rotation = world.physics.worldPose(node.id)?.rotation ?? [0, 0, 0, 1]
    const [x, y, z, w] =
      world.scene.coordinateSystem === 'ENU'
        ? rotation
        : multiplyQuaternions(multiplyQuaternions(NUE_TO_ENU, rotation), conjugate(NUE_TO_ENU))
    const angles = [
      Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
      Math.asin(Math.min(1, Math.max(-1, 2 * (w * y - z * x)))),
      Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
    ].map((angle) => toResolution(noise > 0 ? angle + noise * world.random.normal() : angle, resolution))
    return { value: angles, extra: { quaternion: [x, y, z, w] } }
  })
}

/** TouchSensor: bumper (0 or 1), force (N along x) or force-3d (N, sensor frame), from the contacts of its body. */
export function createTouchSensor(node: SceneNode, world: DeviceWorld): Device {
  const type = stringField(node, 'type', 'bumper')
  const table = new LookupTable(vectorsField(node, 'lookupTable'))
  return {
    ...sensor(node, () => {
      const contacts = world.contactsOf(node)
      if (type === 'bumper') return { value: contacts.length > 0 ? 1 : 0 }
      let total: Vector3 = [0, 0, 0]
      for (const { force, solidB } of contacts) {
        const sign = solidB.id === node.id ? 1 : -1
        total = [total[0] + sign * force[0], total[1] + sign * force[1], total[2] + sign * force[2]]
      }
      const local = inSensor(world, node, total)
      const read = (force: number): number => (table.isEmpty ? force : table.value(force, world.random))
      return { value: type === 'force-3d' ? local.map(read) : read(Math.max(0, -local[0])) }
    }),
    description: describe(node, { sensorType: type, lookupTable: table.flat }),
  }
}

/** LightSensor: irradiance from the lights that it faces (ambient, directional, and point lights by distance), W/m². */
export function createLightSensor(node: SceneNode, world: DeviceWorld): Device {
  const table = new LookupTable(vectorsField(node, 'lookupTable'))
  const resolution = numberField(node, 'resolution', -1)
  const irradiance = (): number => {
    const pose = world.physics.worldPose(node.id)
    if (!pose) return 0
    const ahead = rotate(pose.rotation, [1, 0, 0])
    let total = 0
    for (const light of world.visuals.lights) {
      if (light.fields.get('on') === false) continue
      const intensity = numberField(light, 'intensity', 1)
      total += intensity * numberField(light, 'ambientIntensity', 0)
      const direction = light.fields.get('direction')
      if (light.type !== 'DirectionalLight' || !Array.isArray(direction)) continue
      const [x, y, z] = direction.map(Number)
      const length = Math.sqrt((x ?? 0) ** 2 + (y ?? 0) ** 2 + (z ?? 0) ** 2) || 1
      total += (intensity * Math.max(0, -(ahead[0] * (x ?? 0) + ahead[1] * (y ?? 0) + ahead[2] * (z ?? 0)))) / length
    }
    return total
  }
  return {
    ...sensor(node, () => ({ value: toResolution(table.value(irradiance(), world.random), resolution) })),
    description: describe(node, { lookupTable: table.flat }),
  }
}

function sensor(node: SceneNode, sample: () => Reading): Device {
  return { node, description: describe(node), sample, reset: () => {} }
}

function vectorSensor(node: SceneNode, world: DeviceWorld, table: LookupTable, read: () => Vector3): Device {
  const resolution = numberField(node, 'resolution', -1)
  return {
    ...sensor(node, () => ({
      value: read().map((part) => toResolution(table.isEmpty ? part : table.value(part, world.random), resolution)),
    })),
    description: describe(node, { lookupTable: table.flat }),
  }
}

function inSensor(world: DeviceWorld, node: SceneNode, vector: Vector3): Vector3 {
  const rotation = world.physics.worldPose(node.id)?.rotation
  return rotation ? rotate(conjugate(rotation), vector) : vector
}
