import { FleetEntry } from '@simyard/protocol'
import * as z from 'zod'

const seconds = z.number().positive().max(3600)
/** As it stands in a header. */
const key = z.string().regex(/^[\x21-\x7e]{16,500}$/, 'must have at least 16 letters, digits or signs, and no blanks')
const httpUrl = z.url({ protocol: /^https?$/, error: 'must be an http: or https: address' })

/**
 * Settings of the session server. Keys of the original keep their names and, where a file of the original leaves them
 * out, their meaning; docs/operations/session-server.md has them as a table.
 */
export const SessionServerConfig = z.strictObject({
  port: z.int().min(0).max(65535).default(1999).describe('Port to listen on.'),
  server: z.string().default('localhost').describe('Public host name, for the addresses in mails.'),
  simulationServers: z
    .array(FleetEntry)
    .refine((entries) => new Set(entries).size === entries.length, 'names a server twice')
    .describe(
      '`host:port` of each simulation server, or `host/port` behind a proxy. May be empty: servers can register.',
    ),
  ssl: z
    .boolean()
    .optional()
    .describe(
      'Whether simulation servers are asked by `https:` and given out as `wss:`. Unset: yes; in generation `2019` yes when `sslCertificate` and `sslKey` are set.',
    ),
  portRewrite: z
    .boolean()
    .optional()
    .describe('Whether public addresses are `host/port`. Unset: yes; in generation `2019` no.'),
  sslCertificate: z
    .string()
    .optional()
    .describe('PEM file with the certificate chain; with `sslKey` the port itself speaks TLS.'),
  sslKey: z.string().optional().describe('PEM file with the private key.'),
  administrator: z.string().optional().describe('Address of who gets mails; needs `mailServer` and `mailSender`.'),
  mailServer: z.string().optional().describe('Host of the SMTP server.'),
  mailServerPort: z.int().min(0).max(65535).default(0).describe('Its port; 0 is 25. On 465 TLS begins at once.'),
  mailSender: z.string().optional().describe('Address that mails come from.'),
  mailSenderUser: z.string().optional().describe('Login name. Unset: `mailSender`.'),
  mailSenderPassword: z.string().optional().describe('When set, STARTTLS is required and the server logs in.'),
  logDir: z
    .string()
    .optional()
    .describe('Folder of `session/output.log`; `~` and `$VAR` are understood. Unset: log to stderr.'),
  debug: z.boolean().default(false).describe('Log to stdout.'),
  // ---- keys that the original does not have
  host: z.string().optional().describe('Address to listen on. Unset: all addresses, as the original.'),
  generation: z
    .enum(['current', '2019'])
    .default('current')
    .describe(
      'Whose values the keys have that are unset: those of the current servers, or of the servers of 2018 to 2020.',
    ),
  loadThreshold: z
    .number()
    .positive()
    .optional()
    .describe('A server at or over this load, in percent, gets no visitors. Unset: 95; in generation `2019` 99.'),
  unreachableLoad: z
    .number()
    .positive()
    .optional()
    .describe('Load that `/status` shows for a server that does not answer. Unset: 1000; in generation `2019` 100.'),
  pollInterval: seconds.default(1).describe('Seconds between two polls of a server.'),
  pollTimeout: seconds.default(2).describe('Seconds that a whole answer may take.'),
  reservationTime: seconds
    .default(15)
    .describe('Seconds that a seat is kept for a visitor who was sent to a server and has not arrived.'),
  fleetKey: key.optional().describe('Key with which simulation servers register. Unset: none can.'),
  operatorKey: key.optional().describe('Key for the operators’ requests of the API. Unset: there are none.'),
  allowRegistration: z
    .boolean()
    .default(false)
    .describe('Whether simulation servers of the original may register by their `notify`, without a key.'),
  trustedProxies: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .default([])
    .describe('Addresses of proxies whose `X-Forwarded-For` is believed when a server registers.'),
  mailVerifyCertificate: z
    .boolean()
    .default(true)
    .describe('Whether the mail server’s certificate is checked before the password is sent.'),
  webhooks: z.array(httpUrl).default([]).describe('Addresses that get each event as JSON.'),
  logFormat: z
    .enum(['text', 'json'])
    .optional()
    .describe('Form of the log lines. Unset: text for files and stdout, JSON for stderr.'),
})
export type SessionServerConfig = z.infer<typeof SessionServerConfig>
