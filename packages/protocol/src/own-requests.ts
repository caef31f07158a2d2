import * as z from 'zod'

/**
 * What our own pages say on the stream beside the Webots words, as `simyard:<json>`. The bare `simyard:hello` of older
 * pages means `{"type":"hello"}`. See docs/protocol/stream-v1.md.
 */
export const OwnStreamRequest = z.discriminatedUnion('type', [
  /** Before the subscription. `frames`: how states of the scene are to come; text when it is left out. */
  z.strictObject({ type: z.literal('hello'), frames: z.enum(['json', 'binary']).optional() }),
  /** The newest binary frame that has arrived. */
  z.strictObject({ type: z.literal('ack'), frame: z.int().nonnegative() }),
  /** What the page wants to know beside the picture. Replaces what it wanted before. */
  z.strictObject({
    type: z.literal('watch'),
    /** Robots whose devices and their values are shown. */
    robots: z.array(z.string()).max(16),
    /** Those of them whose sensors are sampled also where their controller has not enabled them. */
    sampled: z.array(z.string()).max(16).optional(),
    /** Devices that see pictures or points: cameras, range finders, lidars. */
    pictures: z.array(z.strictObject({ robot: z.string(), device: z.string() })).max(8),
    contacts: z.boolean(),
  }),
  /** A motor is moved by hand, until its controller commands it. rad and rad/s, or m and m/s. */
  z.strictObject({
    type: z.literal('drive'),
    robot: z.string(),
    device: z.string(),
    position: z.number().optional(),
    velocity: z.number().optional(),
  }),
])
export type OwnStreamRequest = z.infer<typeof OwnStreamRequest>
