import * as z from 'zod'

/**
 * controller-v1: a robot's controller ↔ the simulation, in lock-step.
 *
 * Framing: one JSON object a line (UTF-8, `\n`). A `stepped` line may announce binary attachments; their bytes follow
 * the line at once, in the announced order. The controller speaks first (`hello`), then asks one thing at a time:
 * each `step` is answered by exactly one `stepped` or `quit`. Units are SI; time is simulated seconds.
 */
export const CONTROLLER_PROTOCOL_VERSION = 1

/** Characters of one text between a robot's window and its controller. */
export const MAX_WINDOW_TEXT = 1_000_000

/** Values a controller writes; applied in order when its step reaches the simulation. */
export const DeviceCommand = z.discriminatedUnion('set', [
  /** Motor target; rad or m. `Infinity` travels as the string 'inf' (JSON has none), '-inf' likewise. */
  z.strictObject({
    set: z.literal('position'),
    device: z.string(),
    value: z.union([z.number(), z.enum(['inf', '-inf'])]),
  }),
  /** Motor velocity; rad/s or m/s. */
  z.strictObject({ set: z.literal('velocity'), device: z.string(), value: z.number() }),
  /** Motor force (N) or torque (N·m) control, until the next position or velocity command. */
  z.strictObject({ set: z.literal('force'), device: z.string(), value: z.number() }),
  z.strictObject({ set: z.literal('availableForce'), device: z.string(), value: z.number().nonnegative() }),
  z.strictObject({ set: z.literal('acceleration'), device: z.string(), value: z.number() }),
  z.strictObject({ set: z.literal('controlPID'), device: z.string(), p: z.number(), i: z.number(), d: z.number() }),
  /** LED value: 0 off, n the n-th colour, or 0xRRGGBB for gradual LEDs. */
  z.strictObject({ set: z.literal('led'), device: z.string(), value: z.int() }),
  /** Sampling period in ms; 0 disables. Motors use it for position, velocity and force feedback too. */
  z.strictObject({
    set: z.literal('enable'),
    device: z.string(),
    periodMs: z.int().nonnegative(),
    what: z.string().optional(),
  }),
  z.strictObject({ set: z.literal('emit'), device: z.string(), base64: z.string() }),
  z.strictObject({ set: z.literal('channel'), device: z.string(), value: z.int() }),
  z.strictObject({ set: z.literal('range'), device: z.string(), value: z.number() }),
  /** Drops the head of a receiver's queue `count` times. */
  z.strictObject({ set: z.literal('nextPacket'), device: z.string(), count: z.int().positive() }),
  z.strictObject({ set: z.literal('fov'), device: z.string(), value: z.number() }),
  /** Whether a pen draws. */
  z.strictObject({ set: z.literal('pen'), device: z.string(), value: z.boolean() }),
  /** Of a pen: 0xRRGGBB, and how much of what is below it covers, 0–1. */
  z.strictObject({
    set: z.literal('ink'),
    device: z.string(),
    value: z.int().min(0).max(0xffffff),
    density: z.number().min(0).max(1),
  }),
  z.strictObject({ set: z.literal('customData'), value: z.string() }),
  /** Text for the robot's window. */
  z.strictObject({ set: z.literal('windowText'), value: z.string().max(MAX_WINDOW_TEXT) }),
])
export type DeviceCommand = z.infer<typeof DeviceCommand>

export const ControllerMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), version: z.literal(CONTROLLER_PROTOCOL_VERSION), language: z.string() }),
  /** Ask for `ms` of simulated time (a multiple of the basic time step is rounded up); commands are applied first. */
  z.strictObject({ type: z.literal('step'), ms: z.int().nonnegative(), commands: z.array(DeviceCommand) }),
  /** Apply commands without waiting for time; not answered. */
  z.strictObject({ type: z.literal('commands'), commands: z.array(DeviceCommand) }),
])
export type ControllerMessage = z.infer<typeof ControllerMessage>

/** What a controller may know of a device: its node type and its constant fields. */
export interface DeviceDescription {
  readonly name: string
  /** Webots node type: 'RotationalMotor', 'DistanceSensor', 'Camera', … */
  readonly type: string
  readonly model?: string
  /**
   * Constant fields the API can ask for, by API name: minPosition, maxPosition, maxVelocity, maxForce or maxTorque,
   * acceleration, lookupTable (flat), minValue, maxValue, width, height, fov, near, far, channel, range, sensorType …
   */
  readonly constants: Readonly<Record<string, number | string | readonly number[]>>
}

/** A sensor's newest sample: a number, a vector, or (cameras) an attachment. */
export type SensorValue = number | readonly number[]

export interface Packet {
  readonly base64: string
  /** Signal strength: 1/r² with r in metres. */
  readonly strength: number
  /** Unit vector to the emitter in the receiver's frame. */
  readonly direction: readonly [number, number, number]
}

export type SimulationToController =
  | {
      readonly type: 'welcome'
      readonly version: typeof CONTROLLER_PROTOCOL_VERSION
      readonly robot: string
      readonly model: string
      readonly customData: string
      readonly basicTimeStepMs: number
      readonly time: number
      readonly mode: 'simulation'
      readonly supervisor: boolean
      readonly projectPath: string
      readonly worldPath: string
      readonly devices: readonly DeviceDescription[]
    }
  | {
      readonly type: 'stepped'
      /** Simulated seconds. */
      readonly time: number
      /** Only sensors with a new sample. Motors feed back under `<name>/velocity` and `<name>/force`. */
      readonly values: Readonly<Record<string, SensorValue>>
      /** Packets that arrived since the last step, by receiver. */
      readonly packets?: Readonly<Record<string, readonly Packet[]>>
      /** Camera images (BGRA rows from the top left); `bytes` of each follow this line in order. */
      readonly attachments?: readonly {
        readonly device: string
        readonly bytes: number
        readonly width: number
        readonly height: number
      }[]
      readonly customData?: string
      /** What the robot's window said since the last step, oldest first. */
      readonly windowTexts?: readonly string[]
      /** A message for the controller's author, printed to stderr by the library. */
      readonly warning?: string
    }
  | { readonly type: 'quit'; readonly reason: 'reset' | 'reload' | 'close' | 'refused'; readonly message?: string }
