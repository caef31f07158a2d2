import { cpus } from 'node:os'
import * as z from 'zod'
import { projectConfig } from './project/project-config.js'
import { controllerLimits, SandboxLimits, simulatorLimits } from './sandbox/limits.js'

const SIMULATIONS_PER_CORE = 8

/** Containers in which Webots runs with `docker`. */
const ContainerConfig = z.strictObject({
  socket: z.string().default('/var/run/docker.sock').describe('Socket of the Docker Engine.'),
  image: z
    .string()
    .optional()
    .describe("Image; when absent the one that Cyberbotics publishes for the world's release."),
  webotsHome: z.string().default('/usr/local/webots').describe('Folder of Webots in the image.'),
  prefix: z
    .array(z.string())
    .default(['xvfb-run', '--auto-servernum'])
    .describe('Program and arguments before Webots, a virtual display; empty with a display of your own.'),
  network: z
    .string()
    .default('bridge')
    .describe('Network of the container; its port is published unless it is `host`.'),
  memoryMiB: z.int().min(128).default(4096).describe('Memory of all its processes together.'),
  cpus: z.number().positive().default(2).describe('Processors.'),
  processes: z.int().min(16).default(512).describe('Processes and threads together.'),
})

const FleetConfig = z.strictObject({
  sessionServer: z.url().describe('Its address, for example `https://robots.example`.'),
  key: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'must have no blanks')
    .describe('Its `fleetKey`.'),
  entry: z
    .string()
    .optional()
    .describe('Public address of this server, `host:port` or `host/port`; made of `server` and `port` when absent.'),
})

/** Settings of one simulation server. Keys of the original keep their names; see docs/operations/simulation-server.md. */
export const SimulationServerConfig = z.strictObject({
  port: z
    .int()
    .min(0)
    .max(65535)
    .default(2000)
    .describe('Port of `/client`, `/load` and `/monitor`; the streams use the ports after it.'),
  host: z.string().default('0.0.0.0').describe('Address to listen on; `127.0.0.1` for this machine only.'),
  server: z
    .string()
    .optional()
    .describe('Public host name in the addresses that clients get; the one that the visitor used when absent.'),
  fullyQualifiedDomainName: z.string().optional().describe('The same, as older releases wrote it.'),
  ssl: z
    .boolean()
    .default(true)
    .describe('Whether public addresses are `wss:`: TLS ends at a proxy, or here with `sslKey` and `sslCertificate`.'),
  portRewrite: z
    .boolean()
    .default(true)
    .describe('Public addresses are `host/port` instead of `host:port`: a proxy leads `/2001/` to port 2001.'),
  sslKey: z
    .string()
    .optional()
    .describe('File of the key when the server does TLS itself; read again when it changes.'),
  sslCertificate: z.string().optional().describe('File of the certificate.'),
  maxConnections: z
    .int()
    .min(1)
    .default(cpus().length * SIMULATIONS_PER_CORE)
    .describe('Simulations at the same time; eight for each core when absent.'),
  timeout: z.number().positive().default(7200).describe('Seconds before a simulation is ended.'),
  relay: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(
      'Relay at which simulations with FOSSBots have rooms, for example `https://robots.example`; none when absent.',
    ),
  notify: z
    .union([z.string().transform((url) => [url]), z.array(z.string())])
    .default([])
    .describe('Addresses that are told where this server is when it starts.'),
  webotsHome: z.string().optional().describe('Folder of Webots; when given, Webots runs the simulations.'),
  webotsVersion: z.string().optional().describe('Release of that Webots, `R2023b`; asked from it when absent.'),
  docker: z.boolean().default(false).describe('Whether Webots runs in containers.'),
  persistantDockerImages: z.array(z.string()).optional().describe('Understood and not needed: no image is removed.'),
  multimediaServer: z.string().optional().describe('Passed to Webots of 2019 and 2020.'),
  multimediaStream: z.string().optional().describe('Passed to Webots of 2019 and 2020.'),
  title: z.string().optional().describe('Heading of the monitor page.'),
  description: z.string().optional().describe('Text under it.'),
  logDir: z
    .string()
    .optional()
    .describe(
      'Folder of `simulation/output.log` and `simulation/monitor.csv`; `~` and `$VAR` are understood. Unset: log to stderr.',
    ),
  monitorLogEnabled: z.boolean().default(true).describe('Whether `monitor.csv` is written into `logDir`.'),
  debug: z.boolean().default(false).describe('Log to stdout.'),
  logFormat: z
    .enum(['text', 'json'])
    .optional()
    .describe('Form of the log: lines of the original, or JSON for machines.'),
  // Ours.
  placement: z
    .enum(['auto', 'embedded', 'enki', 'webots', 'docker'])
    .default('auto')
    .describe('What runs simulations; `auto` is Webots when `webotsHome` or `docker` is set, else our own simulator.'),
  generation: z
    .enum(['current', '2019'])
    .default('current')
    .describe('Whose way of computing the load: the present one, or that of the servers until R2022a.'),
  warmSimulators: z.int().min(0).default(2).describe('Simulators kept ready at least. Each takes about 100 MB.'),
  warmSimulatorsMax: z
    .int()
    .min(0)
    .default(8)
    .describe('Kept ready at most, when many visitors came together lately; 0 with `warmSimulators` 0.'),
  container: ContainerConfig.prefault({}).describe('Containers in which Webots runs with `docker`.'),
  startTimeout: z.number().positive().default(120).describe('Seconds that Webots may take until it is ready.'),
  drainTimeout: z
    .number()
    .min(0)
    .default(3600)
    .describe('Seconds that simulations may go on after SIGTERM; then they are ended.'),
  websites: z
    .array(z.string())
    .default([])
    .describe('Origins of the website hosts whose projects may run here, for example `https://robots.example`.'),
  sandbox: z
    .enum(['auto', 'bubblewrap', 'firejail', 'docker', 'none'])
    .default('auto')
    .describe('How programs are confined; `auto` is bubblewrap when it works here, else none.'),
  sandboxImage: z
    .string()
    .optional()
    .describe("Image of the sandbox's containers; this machine's programs when absent."),
  selfTestDelay: z
    .number()
    .min(0)
    .default(30)
    .describe(
      'Seconds after the start when the sandbox is tried; on an address that others can reach, before the port opens.',
    ),
  fleet: FleetConfig.optional().describe('Session server at which this server registers itself.'),
  controllerHangSeconds: z
    .number()
    .positive()
    .default(30)
    .describe('A controller that does not answer for so long is ended.'),
  controllerLimits: SandboxLimits.default(controllerLimits).describe('What each controller may use.'),
  simulatorLimits: SandboxLimits.default(simulatorLimits).describe('What each simulator may use.'),
  ...projectConfig,
})
export type SimulationServerConfig = z.infer<typeof SimulationServerConfig>
