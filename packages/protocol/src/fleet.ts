import * as z from 'zod'

/** fleet-v1: between simulation servers, operators, visitors and a session server. See docs/protocol/fleet-v1.md. */
export const FLEET_PROTOCOL_VERSION = 1

const count = z.int().min(0)

/** What a simulation server tells of itself. */
export const FleetReport = z.object({
  load: z.number().min(0).describe('Percent of the machine.'),
  seats: z.object({ taken: count, total: count }).optional(),
  opened: count.optional().describe('Simulations opened since the server started.'),
  warm: z.object({ ready: count, size: count }).optional().describe('Simulators that are started before anybody asks.'),
  draining: z.boolean().optional().describe('It takes no new visitors.'),
  allowedRepositories: z
    .array(z.string().max(500))
    .max(1000)
    .optional()
    .describe('Beginnings of addresses whose worlds it runs.'),
  shareIdleTime: z.number().min(0).max(100).optional().describe('Load in percent up to which it runs other worlds.'),
})
export type FleetReport = z.infer<typeof FleetReport>

/** `host:port`, or `host/port` behind a proxy with port rewriting, whose own port may follow the host. */
export const FleetEntry = z
  .string()
  .max(300)
  .regex(
    /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9_.-]+)(?::\d{1,5}|(?::\d{1,5})?\/\d{1,5})$/,
    'must be host:port, or host/port behind a proxy',
  )

export const FleetRegistration = z.object({
  version: z.literal(FLEET_PROTOCOL_VERSION),
  entry: FleetEntry.describe('Public address, without a scheme.'),
  report: FleetReport,
})
export type FleetRegistration = z.infer<typeof FleetRegistration>

const order = z.enum(['cordon', 'drain', 'return'])

export const FleetLease = z.object({
  epoch: z.int().describe('Number of the lease; each heartbeat carries it.'),
  renewMs: z.int().positive().describe('Time between heartbeats.'),
  order,
})
export type FleetLease = z.infer<typeof FleetLease>

export const FleetHeartbeat = z.object({ entry: FleetEntry, epoch: z.int(), report: FleetReport })
export type FleetHeartbeat = z.infer<typeof FleetHeartbeat>

export const FleetHeartbeatAnswer = z.object({ order: order.describe('What an operator wants of this node.') })
export type FleetHeartbeatAnswer = z.infer<typeof FleetHeartbeatAnswer>

export const FleetLeave = z.object({ entry: FleetEntry, epoch: z.int() })
export type FleetLeave = z.infer<typeof FleetLeave>

export const FleetOrder = z.object({ entry: FleetEntry, order })
export type FleetOrder = z.infer<typeof FleetOrder>

export const SessionRequest = z.object({
  url: z.string().max(2000).optional().describe('Address of the world, for servers that run only some.'),
})
export type SessionRequest = z.infer<typeof SessionRequest>

/** Either a server, or a place in the queue of those who wait for one. */
export const SessionAnswer = z.union([
  z.object({ server: z.string().describe('ws:// or wss://; the client socket is at /client below it.') }),
  z.object({
    ticket: z.string(),
    place: z.int().min(1).describe('1 is the next.'),
    estimateSeconds: z.int().min(0).nullable().describe('Null when nobody can tell.'),
    retryAfterMs: z.int().positive().describe('When to ask again; who does not ask for ten seconds loses the place.'),
  }),
])
export type SessionAnswer = z.infer<typeof SessionAnswer>
