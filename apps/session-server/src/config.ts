import { z } from 'zod'

/** Settings of the session server. Keys of the original keep their names; see docs/operations.md. */
export const SessionServerConfig = z.strictObject({
  port: z.int().min(0).max(65535).default(1999).describe('Port to listen on.'),
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  server: z.string().default('localhost').describe('Public host name.'),
  simulationServers: z
    .array(z.string())
    .describe('host:port of each simulation server, or host/port with portRewrite.'),
  ssl: z.boolean().default(false).describe('Whether the addresses given out and polled are wss: and https:.'),
  loadThreshold: z
    .number()
    .positive()
    .default(95)
    .describe('A simulation server at or over this load, in percent, gets no visitors.'),
  portRewrite: z.boolean().default(false).describe('Addresses are host/port instead of host:port.'),
})
export type SessionServerConfig = z.infer<typeof SessionServerConfig>
