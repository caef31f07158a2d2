import { z } from 'zod'
import { projectConfig } from './project/project-config.js'
import { controllerLimits, SandboxLimits, simulatorLimits } from './sandbox/limits.js'

/** Settings of one simulation server. Keys of the original keep their names; see docs/operations.md. */
export const SimulationServerConfig = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65535)
    .default(2000)
    .describe('Port of /client, /load and /monitor; the streams use the ports after it.'),
  host: z.string().default('127.0.0.1').describe('Address to listen on.'),
  server: z.string().default('localhost').describe('Public host name in the stream addresses that clients get.'),
  ssl: z.boolean().default(false).describe('Whether the public addresses are wss: (TLS ends at a proxy).'),
  portRewrite: z
    .boolean()
    .default(false)
    .describe('Public addresses are host/port instead of host:port; streams are then served on the main port.'),
  maxConnections: z
    .int()
    .min(1)
    .default(16)
    .describe('Simulations at the same time. Eight for each core is a good limit.'),
  warmSimulators: z.int().min(0).default(2).describe('Simulators kept ready. Each takes about 100 MB.'),
  timeout: z.int().min(1).default(7200).describe('Seconds before a simulation is ended.'),
  websites: z
    .array(z.string())
    .default([])
    .describe('Origins of the website hosts whose projects may run here, for example https://robots.example.'),
  sandbox: z.enum(['auto', 'bubblewrap', 'none']).default('auto').describe('How programs are confined.'),
  controllerHangSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('A controller that does not answer for so long is ended.'),
  controllerLimits: SandboxLimits.default(controllerLimits),
  simulatorLimits: SandboxLimits.default(simulatorLimits),
  ...projectConfig,
})
export type SimulationServerConfig = z.infer<typeof SimulationServerConfig>
