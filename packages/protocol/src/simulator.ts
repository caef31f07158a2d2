import * as z from 'zod'
import { type DeviceDescription, MAX_WINDOW_TEXT, type SensorValue } from './controller.js'
import type { Diagnostic } from './diagnostic.js'
import type { ErrorReport } from './errors.js'

/**
 * simulator-v1: a simulation server ↔ one simulator, over an inherited socket.
 *
 * Framing (see framing.ts): uint32 big-endian length of the JSON header, uint32 length of the binary body, header,
 * body. The simulator has no files and no network: it asks the server for every file (`read-file`), and controllers
 * are started by the server and reached through it (`controller-data`, bytes of controller-v1 in the body).
 */
export const SIMULATOR_PROTOCOL_VERSION = 1

/** How the simulation runs. `step` is one basic step, then pause. */
export const RunMode = z.enum(['pause', 'step', 'real-time', 'fast'])
export type RunMode = z.infer<typeof RunMode>

/** The scene as XML is wanted; answered by `scene` with the same number. */
export const SceneWish = z.strictObject({
  type: z.literal('export-scene'),
  request: z.int(),
  dialect: z.enum(['x3d', 'x3d-2019']),
})

/** What viewers want to know beside the picture; replaces what they wanted before. A world begins with nothing. */
export const WatchWish = z.strictObject({
  type: z.literal('watch'),
  robots: z.array(z.string()),
  /** Robots whose sensors are sampled for viewers also where their controller has not enabled them. */
  sampled: z.array(z.string()),
  pictures: z.array(z.strictObject({ robot: z.string(), device: z.string() })),
  contacts: z.boolean(),
})
export type WatchWish = z.infer<typeof WatchWish>

export const ServerToSimulator = z.discriminatedUnion('type', [
  /** Load a world (a project-relative path, `worlds/x.wbt`) and pause at time 0. Replaces what was loaded. */
  z.strictObject({ type: z.literal('load'), world: z.string(), seed: z.int().optional() }),
  /** `untilMs`: pause by itself when simulated time reaches this; absent = no limit. */
  z.strictObject({ type: z.literal('mode'), mode: RunMode, untilMs: z.number().optional() }),
  z.strictObject({ type: z.literal('reset') }),
  /** Answer to read-file; the body is the file, `error` when there is none. */
  z.strictObject({ type: z.literal('file'), request: z.int(), found: z.boolean(), error: z.string().optional() }),
  SceneWish,
  z.strictObject({ type: z.literal('controller-started'), controller: z.int() }),
  z.strictObject({ type: z.literal('controller-data'), controller: z.int() }),
  /** The controller's process has ended, or could not be started (`report`). */
  z.strictObject({
    type: z.literal('controller-ended'),
    controller: z.int(),
    exitCode: z.int().nullable(),
    signal: z.string().nullable(),
    report: z.custom<ErrorReport>().optional(),
  }),
  /** Text for a robot from its window. */
  z.strictObject({ type: z.literal('robot-message'), robot: z.string(), message: z.string().max(MAX_WINDOW_TEXT) }),
  /** What a member of the room says to a robot or to the scene: FOSSBot's `clientMessage`, with `user_id`. */
  z.strictObject({ type: z.literal('room-message'), message: z.record(z.string(), z.unknown()) }),
  /** The controls of the page beside the picture. */
  z.strictObject({
    type: z.literal('surroundings'),
    /** Whether somebody makes a noise that robots hear. */
    noise: z.boolean().optional(),
    /** Of the light, 0–100; 50 is plain daylight. */
    brightness: z.number().min(0).max(100).optional(),
  }),
  WatchWish,
  /** A viewer moves a motor by hand. */
  z.strictObject({
    type: z.literal('drive'),
    robot: z.string(),
    device: z.string(),
    position: z.number().optional(),
    velocity: z.number().optional(),
  }),
  z.strictObject({ type: z.literal('close') }),
])
export type ServerToSimulator = z.infer<typeof ServerToSimulator>

/** Fields of one node that changed, by field name, as stream text (`"x y z"`, `url` as a list); see docs/conventions.md. */
export interface NodeUpdate {
  readonly id: number
  readonly [field: string]: string | number | readonly string[]
}

export interface LabelUpdate {
  readonly id: number
  readonly font: string
  /** r,g,b 0–255 and a 0–1. */
  readonly rgba: string
  readonly size: number
  readonly x: number
  readonly y: number
  readonly text: string
}

/** One state of the world: only what changed since the last frame. */
export interface WorldFrame {
  readonly timeMs: number
  readonly updates: readonly NodeUpdate[]
  readonly labels?: readonly LabelUpdate[]
}

/** What is around the robots and not a thing of the scene. */
export interface Surroundings {
  readonly noise: boolean
  /** 0–100; 50 is plain daylight. */
  readonly brightness: number
  /** The one timer that programs start and stop; simulated seconds. */
  readonly timer: { readonly running: boolean; readonly seconds: number }
  /** Pictures for floors that are being received: pieces that are there, and pieces in all. */
  readonly upload?: { readonly received: number; readonly pieces: number }
}

type Triple = readonly [number, number, number]

export interface DeviceReading {
  readonly device: string
  /** Its controller samples it; motors, LEDs and what has no samples always are. */
  readonly enabled: boolean
  /** The controller's newest sample; without noise where the controller takes none. */
  readonly value?: SensorValue
  /** Motors and position sensors: rad and rad/s, or m and m/s. */
  readonly position?: number
  readonly velocity?: number
  /** Where the joint turns or slides, world frame. */
  readonly joint?: { readonly type: 'hinge' | 'slider'; readonly anchor: Triple; readonly axis: Triple }
  /** Of distance sensors, world frame, metres. */
  readonly rays?: readonly { readonly from: Triple; readonly to: Triple; readonly hit: boolean }[]
}

/** A line that a pen has drawn on a solid. */
export interface InkStroke {
  readonly robot: string
  readonly device: string
  /** The solid; its points move with it. */
  readonly node: number
  /** 0xRRGGBB. */
  readonly color: number
  /** 0–1: how much of what is below it covers. */
  readonly density: number
  /** Metres. */
  readonly width: number
  /** Where it is on the solid, in the solid's frame, metres: at least two. */
  readonly points: readonly Triple[]
}

export interface RobotReadings {
  readonly robot: string
  readonly devices: readonly DeviceReading[]
}

/** A touch of two solids, world frame, metres. `normal` points from the first to the second. */
export interface ContactPoint {
  readonly point: Triple
  readonly normal: Triple
  readonly bodies: readonly [string, string]
}

/** Before the bytes of a picture. */
export interface PictureHeader {
  readonly robot: string
  readonly device: string
  /**
   * `png`: a picture. `ranges`: uint16 little-endian for each point, layers from the top, from left to right; 0 is
   * `minRange` and 65534 `maxRange`, 65535 is nothing in reach.
   */
  readonly encoding: 'png' | 'ranges'
  readonly width: number
  readonly height: number
  readonly timeMs: number
  /** Of ranges: where the device is in the world, and what it covers. Angles in rad, ranges in m; rotation x, y, z, w. */
  readonly ranges?: {
    readonly translation: Triple
    readonly rotation: readonly [number, number, number, number]
    readonly fieldOfView: number
    readonly verticalFieldOfView: number
    readonly minRange: number
    readonly maxRange: number
  }
}

export interface RobotSummary {
  readonly name: string
  /** Field `model` of the robot: `FOSSBot` answers to programs of a room. */
  readonly model: string
  readonly controller: string
  readonly window: string
  /** Its window is the world's: `WorldInfo.window` names it. */
  readonly main?: boolean
  readonly nodeId: number
}

export type SimulatorToServer =
  | { readonly type: 'hello'; readonly version: typeof SIMULATOR_PROTOCOL_VERSION }
  /** Phase and percent of loading, in Webots' words: 'Parsing nodes', 'Creating nodes', 'Downloading assets', 'Finalizing nodes'. */
  | { readonly type: 'loading'; readonly phase: string; readonly percent: number }
  | {
      readonly type: 'loaded'
      readonly world: string
      readonly title: string
      readonly info: readonly string[]
      readonly basicTimeStepMs: number
      /** Frames a second of wall-clock time that viewers get (WorldInfo.FPS). */
      readonly fps: number
      readonly robots: readonly RobotSummary[]
      readonly diagnostics: readonly Diagnostic[]
    }
  | { readonly type: 'load-failed'; readonly error: ErrorReport; readonly diagnostics: readonly Diagnostic[] }
  /** `scope`: 'project' = path inside the project; 'asset' = path inside the assets that ship with Simyard (protos, textures). */
  | { readonly type: 'read-file'; readonly request: number; readonly scope: 'project' | 'asset'; readonly path: string }
  /** The body is the scene as XML. */
  | { readonly type: 'scene'; readonly request: number }
  | { readonly type: 'frame'; readonly frame: WorldFrame; readonly full: boolean; readonly stateHash?: string }
  | {
      readonly type: 'mode'
      readonly mode: 'pause' | 'real-time' | 'fast'
      readonly timeMs: number
      readonly by: 'request' | 'limit' | 'simulation'
    }
  | { readonly type: 'reset-finished' }
  /** Real-time factor over the last second of wall-clock time, with the reason when it is below 0.95. */
  | { readonly type: 'speed'; readonly realTimeFactor: number; readonly reason?: string }
  | { readonly type: 'console'; readonly stream: 'stdout' | 'stderr'; readonly robot?: string; readonly line: string }
  | { readonly type: 'diagnostic'; readonly diagnostic: Diagnostic }
  /** Start `controllers/<name>/<name>.<ext>` for a robot, or wait for an extern one. */
  | {
      readonly type: 'start-controller'
      readonly controller: number
      readonly robot: string
      readonly name: string
      readonly args: readonly string[]
      readonly extern: boolean
    }
  | { readonly type: 'stop-controller'; readonly controller: number }
  | { readonly type: 'controller-data'; readonly controller: number }
  /** Text of a controller for its robot's window. */
  | { readonly type: 'robot-message'; readonly robot: string; readonly message: string }
  | {
      readonly type: 'node-added'
      readonly parentId: number
      readonly xml: Readonly<Record<'x3d' | 'x3d-2019', string>>
    }
  /** `inside`: ids of all that went with it, so that nobody keeps state of them. */
  | { readonly type: 'node-removed'; readonly id: number; readonly inside: readonly number[] }
  /** Robots came or went. */
  | { readonly type: 'robots'; readonly robots: readonly RobotSummary[] }
  /** An answer to a member of the room: FOSSBot's `godotMessage` or `godotError`, with `user_id`. */
  | {
      readonly type: 'room-reply'
      readonly event: 'godotMessage' | 'godotError'
      readonly payload: Readonly<Record<string, unknown>> & { readonly user_id: string }
    }
  /** The devices of a robot that is watched; again when the world is loaded or the robot comes anew. */
  | { readonly type: 'devices'; readonly robot: string; readonly devices: readonly DeviceDescription[] }
  /** What devices of watched robots say and do at this moment, and what touches what. */
  | {
      readonly type: 'readings'
      readonly timeMs: number
      readonly robots: readonly RobotReadings[]
      readonly contacts?: readonly ContactPoint[]
    }
  /** What a device sees; the body is `encoding`. */
  | ({ readonly type: 'picture' } & PictureHeader)
  /** Lines that pens have drawn since the last frame. `clear`: all that were there before are gone. */
  | { readonly type: 'ink'; readonly strokes: readonly InkStroke[]; readonly clear: boolean }
  | { readonly type: 'surroundings'; readonly surroundings: Surroundings }
  /** A robot plays a sound: one of the names that viewers know (`r2d2`). */
  | { readonly type: 'sound'; readonly robot: string; readonly name: string }
  /** A file that came about in the run (a picture for the floor), for viewers, at this path beside the project's files. */
  | { readonly type: 'made-file'; readonly path: string }
