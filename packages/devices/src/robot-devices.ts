import { isRobot } from '@simyard/physics'
import type { DeviceCommand, DeviceDescription, NodeUpdate, Packet, SensorValue } from '@simyard/protocol'
import { childNodes, type SceneNode } from '@simyard/scene'
import { createEmitter, createLed, createMotor, describe } from './actuators.js'
import { createCamera } from './camera.js'
import type { Device, DeviceWorld } from './device.js'
import { createDistanceSensor } from './distance-sensor.js'
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
import type { Picture } from './picture.js'
import { createReceiver } from './receiver.js'

/** What one robot's sensors have to say after a step. */
export interface Readings {
  readonly values: Readonly<Record<string, SensorValue>>
  readonly packets: Readonly<Record<string, readonly Packet[]>>
  readonly pictures: readonly { readonly device: string; readonly picture: Picture }[]
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
  Emitter: createEmitter,
  Receiver: createReceiver,
}
/** Devices that exist for the controller, but do nothing yet. */
const INERT = new Set(['Speaker', 'Display', 'Brake', 'Connector', 'Pen', 'Lidar', 'RangeFinder', 'Radar', 'Altimeter'])

/** All devices of one robot: commands in, readings out. */
export class RobotDevices {
  private readonly devices = new Map<string, Device>()
  private readonly periods = new Map<string, { readonly periodMs: number; next: number }>()

  constructor(
    readonly robot: SceneNode,
    world: DeviceWorld,
  ) {
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
      if (command.periodMs === 0) this.periods.delete(command.device)
      else this.periods.set(command.device, { periodMs: command.periodMs, next: timeMs + command.periodMs })
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
    const pictures: { device: string; picture: Picture }[] = []
    for (const [name, period] of this.periods) {
      if (timeMs < period.next) continue
      while (period.next <= timeMs) period.next += period.periodMs
      const device = this.devices.get(name)
      const arrived = device?.packets?.() ?? []
      if (arrived.length > 0) packets[name] = arrived
      const reading = device?.sample?.()
      if (!reading) continue
      if (reading.value !== undefined) values[name] = reading.value
      if (reading.picture) pictures.push({ device: name, picture: reading.picture })
      for (const [key, value] of Object.entries(reading.extra ?? {})) values[`${name}/${key}`] = value
    }
    return { values, packets, pictures }
  }

  updates(): NodeUpdate[] {
    return [...this.devices.values()].flatMap((device) => device.updates?.() ?? [])
  }

  reset(): void {
    this.periods.clear()
    for (const device of this.devices.values()) device.reset()
  }
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
