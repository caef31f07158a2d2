import type { Contact, PhysicsWorld } from '@simyard/physics'
import type {
  DeviceCommand,
  DeviceDescription,
  DeviceReading,
  InkStroke,
  NodeUpdate,
  Packet,
  SensorValue,
} from '@simyard/protocol'
import type { Scene, SceneNode } from '@simyard/scene'
import type { CameraRenderer } from './camera-renderer.js'
import type { Picture, RangeImage } from './picture.js'
import type { Radio } from './radio.js'
import type { Random } from './random.js'
import type { VisualWorld } from './visual-world.js'

/** What devices of one world share. */
export interface DeviceWorld {
  readonly scene: Scene
  readonly physics: PhysicsWorld
  readonly random: Random
  readonly visuals: VisualWorld
  readonly radio: Radio
  readonly cameras: CameraRenderer
  /** Contacts of the last step, gathered once when somebody asks. */
  contactsOf(solid: SceneNode): readonly Contact[]
}

/** What a device hands to its controller after a step. */
export interface Reading {
  readonly value?: SensorValue
  /** More values under `<device>/<key>`. */
  readonly extra?: Readonly<Record<string, SensorValue>>
  readonly picture?: Picture
  readonly ranges?: RangeImage
}

/**
 * One device of one robot. `apply` answers with a warning for the controller's author, or nothing. `sample` is called
 * when the sampling period is over.
 */
export interface Device {
  readonly node: SceneNode
  readonly description: DeviceDescription
  apply?(command: DeviceCommand): string | undefined
  sample?(): Reading
  /** Called after every basic step, also while the sensor is off. */
  afterStep?(seconds: number): void
  packets?(): readonly Packet[]
  /** What has been drawn since it was asked last. */
  strokes?(): readonly InkStroke[]
  /** What an actuator is set to, or a sensor's rays; for viewers. */
  show?(): Pick<DeviceReading, 'value' | 'rays'>
  updates?(): readonly NodeUpdate[]
  reset(): void
}
