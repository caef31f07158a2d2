import { isJoint, numberField, stringField, vectorsField } from '@simyard/physics'
import type { DeviceCommand, DeviceDescription, NodeUpdate } from '@simyard/protocol'
import { childNodes, getString, type SceneNode } from '@simyard/scene'
import type { Device, DeviceWorld, Reading } from './device.js'

export function describe(node: SceneNode, constants: DeviceDescription['constants'] = {}): DeviceDescription {
  return {
    name: getString(node, 'name'),
    type: node.type,
    model: stringField(node, 'model', ''),
    constants,
  }
}

/** RotationalMotor and LinearMotor. */
export function createMotor(node: SceneNode, world: DeviceWorld): Device {
  const motor = world.physics.motor(node.id)
  const limit = node.type === 'LinearMotor' ? 'maxForce' : 'maxTorque'
  const description = describe(node, {
    minPosition: numberField(node, 'minPosition', 0),
    maxPosition: numberField(node, 'maxPosition', 0),
    maxVelocity: numberField(node, 'maxVelocity', 10),
    [limit]: numberField(node, limit, 10),
    acceleration: numberField(node, 'acceleration', -1),
    multiplier: numberField(node, 'multiplier', 1),
  })
  return {
    node,
    description,
    reset: () => {},
    apply(command) {
      if (!motor) return `motor "${description.name}" is not in a joint and moves nothing.`
      return applyToMotor(command, motor)
    },
    sample(): Reading {
      return { extra: { force: motor?.forceFeedback() ?? 0 } }
    },
  }
}

type Motor = NonNullable<ReturnType<DeviceWorld['physics']['motor']>>

function applyToMotor(command: DeviceCommand, motor: Motor): string | undefined {
  switch (command.set) {
    case 'position':
      motor.setPosition(command.value === 'inf' ? Infinity : command.value === '-inf' ? -Infinity : command.value)
      return undefined
    case 'velocity':
      motor.setVelocity(command.value)
      return Math.abs(command.value) > motor.maxVelocity * (1 + 1e-9)
        ? `The requested velocity ${command.value} exceeds 'maxVelocity' = ${motor.maxVelocity}.`
        : undefined
    case 'force':
      motor.setForce(command.value)
      return undefined
    case 'availableForce':
      motor.setAvailableForce(command.value)
      return command.value > motor.maxForce
        ? `The requested available force ${command.value} exceeds the maximum of ${motor.maxForce}.`
        : undefined
    case 'acceleration':
      motor.setAcceleration(command.value)
      return undefined
    case 'controlPID':
      motor.setPid(command.p, command.i, command.d)
      return undefined
    default:
      return `a motor has no '${command.set}'.`
  }
}

/** LED: its value picks a colour, which becomes the emissive colour of the first material inside. */
export function createLed(node: SceneNode): Device {
  const gradual = node.fields.get('gradual') === true
  const colors = vectorsField(node, 'color')
  const targets = materialsIn(node)
  let value = 0
  let sent = 0
  const color = (): readonly number[] => {
    if (value <= 0) return [0, 0, 0]
    if (!gradual) return colors[value - 1] ?? colors[0] ?? [1, 0, 0]
    if (colors.length === 0) return [((value >> 16) & 255) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255]
    return (colors[0] ?? [1, 0, 0]).map((part) => part * Math.min(value / 255, 1))
  }
  return {
    node,
    description: describe(node),
    apply(command) {
      if (command.set !== 'led') return `an LED has no '${command.set}'.`
      if (!gradual && (command.value < 0 || command.value > Math.max(colors.length, 1))) {
        return `the LED has no colour ${command.value}.`
      }
      value = command.value
      return undefined
    },
    show: () => ({ value }),
    updates(): readonly NodeUpdate[] {
      if (value === sent) return []
      sent = value
      const text = color()
        .map((part) => Math.round(part * 1000) / 1000)
        .join(' ')
      return targets.map((target) => ({ id: target.id, emissiveColor: text }))
    },
    reset() {
      value = 0
    },
  }
}

function materialsIn(node: SceneNode): SceneNode[] {
  const found: SceneNode[] = []
  for (const child of childNodes(node)) {
    if (child.type === 'Material' || child.type === 'PBRAppearance') found.push(child.useOf ?? child)
    else if (!isJoint(child)) found.push(...materialsIn(child))
  }
  return found
}

/** Emitter of radio or infra-red packets. */
export function createEmitter(node: SceneNode, robot: SceneNode, world: DeviceWorld): Device {
  const startChannel = numberField(node, 'channel', 0)
  const startRange = numberField(node, 'range', -1)
  const maxRange = numberField(node, 'maxRange', -1)
  let channel = startChannel
  let range = startRange
  const bufferSize = numberField(node, 'bufferSize', -1)
  return {
    node,
    description: describe(node, { channel, range, bufferSize, emitterType: stringField(node, 'type', 'radio') }),
    apply(command) {
      if (command.set === 'channel') channel = command.value
      else if (command.set === 'range') range = maxRange >= 0 ? Math.min(command.value, maxRange) : command.value
      else if (command.set === 'emit') {
        if (!/^[A-Za-z0-9+/]*={0,2}$/.test(command.base64) || command.base64.length % 4 !== 0)
          return 'the packet is not base64.'
        if (bufferSize >= 0 && (command.base64.length * 3) / 4 > bufferSize + 2)
          return 'the packet is larger than bufferSize.'
        world.radio.send({ emitter: node, robot, channel, range, base64: command.base64 })
      } else return `an emitter has no '${command.set}'.`
      return undefined
    },
    reset() {
      channel = startChannel
      range = startRange
    },
  }
}
