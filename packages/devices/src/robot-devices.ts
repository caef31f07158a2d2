import { isMotor, isRobot } from '@simyard/physics'
import type {
  DeviceCommand,
  DeviceDescription,
  DeviceReading,
  InkStroke,
  NodeUpdate,
  Packet,
  SensorValue,
} from '@simyard/protocol'
import { childNodes, type SceneNode } from '@simyard/scene'
import { createEmitter, createLed, createMotor, describe } from './actuators.js'
import { createCamera } from './camera.js'
import type { Device, DeviceWorld, Reading } from './device.js'
import { createDistanceSensor } from './distance-sensor.js'
import { axisOf, type JointPlace, jointPlaces } from './joint-place.js'
import { createLidar } from './lidar.js'
import {
  createAccelerometer,
  createCompass,
  createGps,
  createGyro,
  createInertialUnit,
  createLightSensor,
  createPositionSensor,
  createTouchSensor,
} from './motion-sensors.js'
import { createPen } from './pen.js'
import { createRangeFinder } from './range-finder.js'
import { createReceiver } from './receiver.js'
import { encodeSight, type Sight } from './sight.js'

/** What one robot's sensors have to say after a step. */
export interface Readings {
  readonly values: Readonly<Record<string, SensorValue>>
  readonly packets: Readonly<Record<string, readonly Packet[]>>
  /** Pictures (BGRA) and range images (float32 little-endian), as the controller gets them. */
  readonly attachments: readonly {
    readonly device: string
    readonly width: number
    readonly height: number
    readonly bytes: Uint8Array
  }[]
}

type Factory = (node: SceneNode, robot: SceneNode, world: DeviceWorld) => Device

const FACTORIES: Readonly<Record<string, Factory>> = {
  RotationalMotor: (node, _, world) => createMotor(node, world),
  LinearMotor: (node, _, world) => createMotor(node, world),
  PositionSensor: (node, _, world) => createPositionSensor(node, world),
  DistanceSensor: createDistanceSensor,
  LightSensor: (node, _, world) => createLightSensor(node, world),
  TouchSensor: (node, _, world) => createTouchSensor(node, world),
  GPS: (node, _, world) => createGps(node, world),
  Compass: (node, _, world) => createCompass(node, world),
  Gyro: (node, _, world) => createGyro(node, world),
  Accelerometer: (node, _, world) => createAccelerometer(node, world),
  InertialUnit: (node, _, world) => createInertialUnit(node, world),
  LED: (node) => createLed(node),
  Camera: (node, _, world) => createCamera(node, world),
  Lidar: createLidar,
  RangeFinder: (node, _, world) => createRangeFinder(node, world),
  Pen: createPen,
  Emitter: createEmitter,
  Receiver: createReceiver,
}
/** Devices whose samples are pictures. */
const SEEING = new Set(['Camera', 'Lidar', 'RangeFinder'])
/** Devices that exist for the controller, but do nothing yet. */
const INERT = new Set(['Speaker', 'Display', 'Brake', 'Connector', 'Radar', 'Altimeter'])

/** All devices of one robot: commands in, readings out. */
export class RobotDevices {
  private readonly devices = new Map<string, Device>()
  /** The newest sample of each sensor that its controller has enabled. */
  private readonly newest = new Map<string, Reading>()
  private readonly joints: ReadonlyMap<number, JointPlace>
  private readonly periods = new Map<string, { readonly periodMs: number; next: number }>()

  constructor(
    readonly robot: SceneNode,
    private readonly world: DeviceWorld,
  ) {
    this.joints = jointPlaces(robot)
    for (const node of deviceNodes(robot)) {
      const factory = FACTORIES[node.type]
      const device = factory ? factory(node, robot, world) : { node, description: describe(node), reset: () => {} }
      if (!this.devices.has(device.description.name)) this.devices.set(device.description.name, device)
    }
  }

  get descriptions(): readonly DeviceDescription[] {
    return [...this.devices.values()].map((device) => device.description)
  }

  /** A warning for the controller's author, or nothing; a wrong command changes nothing. */
  apply(command: DeviceCommand, timeMs: number): string | undefined {
    if (command.set === 'customData' || command.set === 'windowText') return undefined
    const device = this.devices.get(command.device)
    if (!device) return `"${command.device}" device not found.`
    if (command.set === 'enable') {
      if (command.periodMs === 0) {
        this.periods.delete(command.device)
        this.newest.delete(command.device)
      } else this.periods.set(command.device, { periodMs: command.periodMs, next: timeMs + command.periodMs })
      if ('enabled' in device) device.enabled = command.periodMs > 0
      return undefined
    }
    const warning = device.apply?.(command)
    return warning ?? (device.apply ? undefined : `"${command.device}" has no '${command.set}'.`)
  }

  afterStep(seconds: number): void {
    for (const device of this.devices.values()) device.afterStep?.(seconds)
  }

  /** Samples that are due at `timeMs`. */
  read(timeMs: number): Readings {
    const values: Record<string, SensorValue> = {}
    const packets: Record<string, readonly Packet[]> = {}
    const attachments: Readings['attachments'][number][] = []
    for (const [name, period] of this.periods) {
      if (timeMs < period.next) continue
      while (period.next <= timeMs) period.next += period.periodMs
      const device = this.devices.get(name)
      const arrived = device?.packets?.() ?? []
      if (arrived.length > 0) packets[name] = arrived
      const reading = device?.sample?.()
      if (!reading) continue
      this.newest.set(name, reading)
      if (reading.value !== undefined) values[name] = reading.value
      const seen = attachmentOf(reading)
      if (seen) attachments.push({ device: name, ...seen })
      for (const [key, value] of Object.entries(reading.extra ?? {})) values[`${name}/${key}`] = value
    }
    return { values, packets, attachments }
  }

  /**
   * What the devices say and do now, for viewers; the run does not notice. `sampled`: also sensors that the controller has
   * not enabled, without their noise.
   */
  show(sampled: boolean): DeviceReading[] {
    return [...this.devices].map(([name, device]) => {
      const place = this.joints.get(device.node.id)
      const joint = place && axisOf(place, this.world.physics)
      const enabled = !device.sample || isMotor(device.node) || this.periods.has(name)
      const value = enabled ? this.newest.get(name)?.value : sampled ? this.sampleFor(device)?.value : undefined
      return {
        device: name,
        enabled,
        ...(value === undefined ? {} : { value }),
        ...device.show?.(),
        ...defined('position', this.world.physics.jointPosition(device.node.id)),
        ...defined('velocity', this.world.physics.jointVelocity(device.node.id)),
        ...(joint ? { joint } : {}),
      }
    })
  }

  /** What a device sees now; undefined for one that sees nothing. */
  see(name: string): Sight | undefined {
    const device = this.devices.get(name)
    if (!device || !SEEING.has(device.node.type)) return undefined
    const newest = this.newest.get(name) ?? this.world.random.silent(() => device.sample?.())
    return newest && encodeSight(newest)
  }

  private sampleFor(device: Device): Reading | undefined {
    return SEEING.has(device.node.type) ? undefined : this.world.random.silent(() => device.sample?.())
  }

  /** Lines that pens have drawn since they were asked last. */
  strokes(): InkStroke[] {
    return [...this.devices.values()].flatMap((device) => device.strokes?.() ?? [])
  }

  updates(): NodeUpdate[] {
    return [...this.devices.values()].flatMap((device) => device.updates?.() ?? [])
  }

  reset(): void {
    this.periods.clear()
    this.newest.clear()
    for (const device of this.devices.values()) device.reset()
  }
}

const defined = <Key extends string>(key: Key, value: number | undefined) =>
  value === undefined ? {} : ({ [key]: value } as Record<Key, number>)

function attachmentOf({ picture, ranges }: Reading): Omit<Readings['attachments'][number], 'device'> | undefined {
  if (picture) return { width: picture.width, height: picture.height, bytes: picture.bgra }
  if (!ranges) return undefined
  // Typed arrays have the byte order of the machine; every machine that runs this has the small end first.
  const { buffer, byteOffset, byteLength } = ranges.values
  return { width: ranges.width, height: ranges.height, bytes: new Uint8Array(buffer, byteOffset, byteLength) }
}

/** Device nodes of a robot in document order, not those of robots inside it. */
function deviceNodes(robot: SceneNode): SceneNode[] {
  const found: SceneNode[] = []
  const visit = (node: SceneNode): void => {
    for (const child of childNodes(node)) {
      if (isRobot(child)) continue
      if (child.type in FACTORIES || INERT.has(child.type)) found.push(child)
      visit(child)
    }
  }
  visit(robot)
  return found
}
