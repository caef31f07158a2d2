import { distance, normalize, rotate, subtract, type Vector3 } from '@simyard/geometry'
import { numberField, type PhysicsWorld, stringField } from '@simyard/physics'
import type { Packet } from '@simyard/protocol'
import type { SceneNode } from '@simyard/scene'

/** A receiver that wants packets. */
export interface Listener {
  readonly node: SceneNode
  readonly robot: SceneNode
  readonly channel: number
  accept(packet: Packet, bytes: number): void
}

interface Message {
  readonly emitter: SceneNode
  readonly robot: SceneNode
  readonly channel: number
  readonly range: number
  readonly base64: string
}

const SMALLEST_DISTANCE = 1e-3

/** The air between emitters and receivers: what is sent in one step arrives in the next. */
export class Radio {
  private listeners: Listener[] = []
  private waiting: Message[] = []

  constructor(private readonly physics: PhysicsWorld) {}

  listen(listener: Listener): void {
    this.listeners.push(listener)
  }

  /** These robots are gone: nobody there listens, and what they sent in this step is lost. */
  forget(robots: ReadonlySet<SceneNode>): void {
    this.listeners = this.listeners.filter(({ robot }) => !robots.has(robot))
    this.waiting = this.waiting.filter(({ robot }) => !robots.has(robot))
  }

  send(message: Message): void {
    this.waiting.push(message)
  }

  reset(): void {
    this.waiting = []
  }

  deliver(): void {
    const messages = this.waiting
    this.waiting = []
    for (const message of messages) {
      for (const listener of this.listeners) this.offer(message, listener)
    }
  }

  private offer(message: Message, listener: Listener): void {
    if (listener.robot === message.robot) return
    if (message.channel !== -1 && listener.channel !== -1 && message.channel !== listener.channel) return
    const emitterType = stringField(message.emitter, 'type', 'radio')
    if (emitterType !== stringField(listener.node, 'type', 'radio')) return
    const from = this.physics.worldPose(message.emitter.id)
    const to = this.physics.worldPose(listener.node.id)
    if (!from || !to) return
    const r = Math.max(distance(from.translation, to.translation), SMALLEST_DISTANCE)
    if (message.range >= 0 && r > message.range) return
    const away = normalize(subtract(from.translation, to.translation))
    const [x, y, z, w] = to.rotation
    const direction = rotate([-x, -y, -z, w], away)
    if (emitterType === 'infra-red') {
      const ahead = rotate(from.rotation, [1, 0, 0])
      if (!withinAperture(ahead, [-away[0], -away[1], -away[2]], numberField(message.emitter, 'aperture', -1))) return
      if (!withinAperture([1, 0, 0], direction, numberField(listener.node, 'aperture', -1))) return
    }
    const bytes = atob(message.base64).length
    listener.accept({ base64: message.base64, strength: 1 / (r * r), direction }, bytes)
  }
}

function withinAperture(axis: Vector3, direction: Vector3, aperture: number): boolean {
  if (aperture < 0) return true
  return axis[0] * direction[0] + axis[1] * direction[1] + axis[2] * direction[2] >= Math.cos(aperture / 2)
}
