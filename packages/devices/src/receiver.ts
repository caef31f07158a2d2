import { numberField } from '@simyard/physics'
import type { Packet } from '@simyard/protocol'
import type { SceneNode } from '@simyard/scene'
import { describe } from './actuators.js'
import type { Device, DeviceWorld } from './device.js'

const MAX_WAITING = 1000

/** Receiver: hands packets on with the next answer to its controller, which keeps the queue. */
export function createReceiver(node: SceneNode, robot: SceneNode, world: DeviceWorld): Device & { enabled: boolean } {
  const startChannel = numberField(node, 'channel', 0)
  const bufferSize = numberField(node, 'bufferSize', -1)
  let channel = startChannel
  let waiting: Packet[] = []
  const device = {
    node,
    enabled: false,
    description: describe(node, { channel, bufferSize }),
    apply(command: { set: string; value?: unknown }): string | undefined {
      if (command.set === 'nextPacket') return undefined
      if (command.set !== 'channel' || typeof command.value !== 'number') return `a receiver has no '${command.set}'.`
      channel = command.value
      return undefined
    },
    packets(): readonly Packet[] {
      const packets = waiting
      waiting = []
      return packets
    },
    reset(): void {
      channel = startChannel
      waiting = []
      device.enabled = false
    },
  }
  world.radio.listen({
    node,
    robot,
    get channel() {
      return channel
    },
    accept(packet, bytes) {
      if (!device.enabled || waiting.length >= MAX_WAITING || (bufferSize >= 0 && bytes > bufferSize)) return
      waiting.push(packet)
    },
  })
  return device
}
