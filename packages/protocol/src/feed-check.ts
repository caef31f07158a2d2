import * as z from 'zod'
import { type ErrorCode, errorCatalogue, SimyardError } from './errors.js'
import type { FeedMessage } from './feed.js'

/*
 * The shapes of a feed as a relay takes them from a stranger's tab: everything bounded, what nobody knows left out.
 */
const name = z.string().max(200)
const text = z.string().max(8000)
const finite = z.number()
/** What is not finite is null in JSON. */
const reading = z.custom<number>((one) => typeof one === 'number' || one === null)
const ms = z.number().nonnegative()
const id = z.int().nonnegative()
const triple = z.tuple([finite, finite, finite])
const quaternion = z.tuple([finite, finite, finite, finite])
const code = z.enum(Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]])
const location = z.object({ file: text, line: finite, column: finite })
const error = z.object({ code, message: text, location: location.optional() })
const diagnostic = z.object({
  severity: z.enum(['warning', 'error']),
  code: z.union([code, z.enum(['SCENE_UNKNOWN_NODE', 'SCENE_NOT_SIMULATED'])]),
  message: text,
  location: location.optional(),
})
const diagnostics = z.array(diagnostic).max(500)
const robots = z
  .array(z.object({ name, model: name, controller: name, window: name, main: z.boolean().optional(), nodeId: id }))
  .max(1000)
const stream = z.enum(['stdout', 'stderr'])
const value = z.union([z.string().max(100_000), finite, z.array(z.string().max(2000)).max(64)])
const update = z.object({ id }).catchall(value)
const label = z.object({ id, font: name, rgba: name, size: finite, x: finite, y: finite, text })
const deviceReading = z.object({
  device: name,
  enabled: z.boolean(),
  value: z.union([reading, z.array(reading).max(4096)]).optional(),
  position: reading.optional(),
  velocity: reading.optional(),
  joint: z.object({ type: z.enum(['hinge', 'slider']), anchor: triple, axis: triple }).optional(),
  rays: z
    .array(z.object({ from: triple, to: triple, hit: z.boolean() }))
    .max(1000)
    .optional(),
})
const device = z.object({
  name,
  type: name,
  model: name.optional(),
  constants: z.record(name, z.union([reading, text, z.array(reading).max(10_000)])),
})
const stroke = z.object({
  robot: name,
  device: name,
  node: id,
  color: z.int().min(0).max(0xffffff),
  density: z.number().min(0).max(1),
  width: z.number().positive(),
  points: z.array(triple).min(2).max(10_000),
})
const ranges = z.object({
  translation: triple,
  rotation: quaternion,
  fieldOfView: finite,
  verticalFieldOfView: finite,
  minRange: finite,
  maxRange: finite,
})
const upload = z.object({ received: id, pieces: id })
const surroundings = z.object({
  noise: z.boolean(),
  brightness: finite,
  timer: z.object({ running: z.boolean(), seconds: finite }),
  upload: upload.optional(),
})
const xml = z.string().max(1_000_000)

const shapes = z.discriminatedUnion('type', [
  z.object({ type: z.literal('world-leaves') }),
  z.object({ type: z.literal('loading'), phase: name, percent: finite }),
  z.object({
    type: z.literal('loaded'),
    world: text,
    title: text,
    info: z.array(text).max(100),
    basicTimeStepMs: z.number().positive(),
    fps: z.number().positive(),
    robots,
    diagnostics,
  }),
  z.object({ type: z.literal('load-failed'), error, diagnostics }),
  z.object({ type: z.literal('scene'), request: z.int() }),
  z.object({
    type: z.literal('frame'),
    frame: z.object({
      timeMs: ms,
      updates: z.array(update).max(50_000),
      labels: z.array(label).max(200).optional(),
    }),
    full: z.boolean(),
  }),
  z.object({
    type: z.literal('mode'),
    mode: z.enum(['pause', 'real-time', 'fast']),
    timeMs: ms,
    by: z.enum(['request', 'limit', 'simulation']),
  }),
  z.object({ type: z.literal('reset-finished') }),
  z.object({ type: z.literal('speed'), realTimeFactor: finite, reason: text.optional() }),
  z.object({ type: z.literal('console'), stream, robot: name.optional(), line: text }),
  z.object({ type: z.literal('diagnostic'), diagnostic }),
  z.object({ type: z.literal('node-added'), parentId: id, xml: z.object({ x3d: xml, 'x3d-2019': xml }) }),
  z.object({ type: z.literal('node-removed'), id, inside: z.array(id).max(50_000) }),
  z.object({ type: z.literal('robots'), robots }),
  z.object({ type: z.literal('devices'), robot: name, devices: z.array(device).max(500) }),
  z.object({
    type: z.literal('readings'),
    timeMs: ms,
    robots: z.array(z.object({ robot: name, devices: z.array(deviceReading).max(500) })).max(16),
    contacts: z
      .array(z.object({ point: triple, normal: triple, bodies: z.tuple([name, name]) }))
      .max(200)
      .optional(),
  }),
  z.object({
    type: z.literal('picture'),
    robot: name,
    device: name,
    encoding: z.enum(['png', 'ranges']),
    width: z.int().positive(),
    height: z.int().positive(),
    timeMs: ms,
    ranges: ranges.optional(),
  }),
  z.object({ type: z.literal('ink'), strokes: z.array(stroke).max(10_000), clear: z.boolean() }),
  z.object({ type: z.literal('surroundings'), surroundings }),
  z.object({ type: z.literal('sound'), robot: name, name }),
  z.object({ type: z.literal('made-file'), path: z.string().regex(/^[\w-]+(\/[\w-][\w.-]*){1,8}$/) }),
])

/** The header of a message of a feed; throws STREAM_BAD_MESSAGE with what is wrong in it. */
export function checkFeedMessage(header: unknown): FeedMessage {
  const result = shapes.safeParse(header)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw new SimyardError(
    'STREAM_BAD_MESSAGE',
    `The simulator of this room sent a message that is no message of simulator-v1: ${issue?.path.join('.') || 'its type'} is wrong. ${issue?.message ?? ''}`.trim(),
  )
}
