import { FOSSBOT_MAX_MESSAGE_BYTES, FOSSBOT_NAMESPACE, roomRoles } from '@simyard/protocol'
import * as z from 'zod'

const count = z.int().positive()

/**
 * Settings of the relay; docs/operations/relay.md has them as a table, docs/protocol/compat/fossbot-relay.md says what they
 * mean for clients.
 */
export const RelayServerConfig = z.strictObject({
  port: z.int().min(0).max(65535).default(8000).describe('Port to listen on; users’ libraries take 8000.'),
  host: z
    .string()
    .default('127.0.0.1')
    .describe('Address to listen on: this machine only. `0.0.0.0` for everybody, or a proxy before it.'),
  sslKey: z.string().optional().describe('PEM file with the private key; read again when it changes.'),
  sslCertificate: z
    .string()
    .optional()
    .describe('PEM file with the certificate chain; with `sslKey` the port itself speaks TLS.'),
  logDir: z
    .string()
    .optional()
    .describe('Folder of `relay/output.log`; `~` and `$VAR` are understood. Unset: log to stderr.'),
  debug: z.boolean().default(false).describe('Log to stdout.'),
  logFormat: z
    .enum(['text', 'json'])
    .optional()
    .describe('Form of the log lines. Unset: text for files and stdout, JSON for stderr.'),
  namespace: z
    .string()
    .regex(/^\/[\w-]+$/)
    .default(FOSSBOT_NAMESPACE)
    .describe('Socket.IO namespace; the libraries of users take `/godot`.'),
  allowedOrigins: z
    .array(z.url({ protocol: /^https?$/ }))
    .default([])
    .describe('Origins of other sites whose pages may connect. Pages of the same host always may.'),
  secret: z
    .string()
    .min(16)
    .optional()
    .describe(
      'Signs the cookie of simulator pages, and tokens. Unset: a new one at each start; rooms do not outlive it anyway.',
    ),
  idRole: z.enum(roomRoles).default('stage-hand').describe('What those may do who know the id of a room.'),
  codeRole: z.enum(roomRoles).default('viewer').describe('What those may do who know its join code.'),
  maxRooms: count.default(5000).describe('Rooms at a time.'),
  maxMembers: count.default(100).describe('Members of a room.'),
  maxWatchers: count.default(100).describe('Who may watch a room at a time, beside its members.'),
  feedBytesPerSecond: count
    .default(1_000_000)
    .describe('Bytes that a simulator may send for ever for those who watch its room.'),
  watchMemory: count.default(1024).describe('MiB that all rooms which are watched may fill; one may fill 64.'),
  maxMessageBytes: count.default(FOSSBOT_MAX_MESSAGE_BYTES).describe('A larger message ends its connection.'),
  messagesPerSecond: count.default(5000).describe('Messages that a member may send for ever.'),
  bytesPerSecond: count.default(4_000_000).describe('Bytes that a member may send for ever.'),
  pingInterval: z
    .number()
    .positive()
    .default(25)
    .describe('Seconds between two pings; clients are told, and wait accordingly.'),
  pingTimeout: z
    .number()
    .positive()
    .default(20)
    .describe('Seconds after a ping without an answer, after which a connection is lost.'),
  returnTime: z.number().positive().default(60).describe('Seconds for which a lost connection keeps its place.'),
  simulatorWaitTime: z
    .number()
    .positive()
    .default(600)
    .describe('Seconds for which a room waits for a simulator before it ends.'),
  roomLife: z.number().positive().default(86_400).describe('Seconds after which a room ends in any case.'),
})
export type RelayServerConfig = z.infer<typeof RelayServerConfig>
