import { parseArgs } from 'node:util'
import { SimyardError } from '@simyard/protocol'
import { nearest } from '@simyard/service-host'

export const usage = `Simyard: robot simulations in a web browser, hosted by anyone.

Usage: simyard <command> [options]

Commands
  up                        all servers behind one port (what npm start runs)
  session-server FILE       a session server by itself
  simulation-server FILE    a simulation server by itself
  relay-server FILE         a relay by itself: rooms of simulators and the programs that drive them
  server start|stop|restart|status [NAME]
                            these servers, without a terminal: those of config/session/NAME.json,
                            config/simulation/NAME.json and config/relay/NAME.json that are there
                            (local when no name is given)
  run WORLD                 run a world without a browser and print its console
  doctor                    say what this machine has and what is missing
  help, --help              this text
  version, --version        the version

Options of up
  --port N          port, 8000 by default
  --host ADDRESS    address to listen on, 127.0.0.1 by default; 0.0.0.0 for everybody
  --data DIR        folder for what visitors save, .simyard by default
  --sandbox KIND    auto (default), bubblewrap, firejail, docker, or none
  --max N           simulations at the same time, eight for each processor core by default; 0 for none
  --warm N          simulators kept ready for visitors, 2 by default, of about 100 MB each; 0 for none
  --self-test-delay N
                    seconds after the start when the sandbox is tried, 30 by default; on an address that
                    others can reach, before the port opens
  --fleet FILE      configuration of a session server whose simulation servers take visitors too
  --host-key FILE   file with the key that simulation servers show to fetch projects, host.key in the data
                    folder by default
  --quiet           log only warnings

Options of server
  --drain           stop and restart wait until the last simulation has ended

Options of run
  --seconds N       simulated seconds, 10 by default
  --seed N          seed of the sensors' noise, 1 by default
  --sandbox KIND    as above
  --simulator NAME  embedded (default), or enki

Examples
  npx simyard up --port 8123
  npx simyard run projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt --seconds 5
`

const commands = [
  'up',
  'session-server',
  'simulation-server',
  'relay-server',
  'server',
  'run',
  'doctor',
  'help',
  'version',
] as const
export type Command = (typeof commands)[number]

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  sandbox: { type: 'string' },
  simulator: { type: 'string' },
  max: { type: 'string' },
  warm: { type: 'string' },
  'self-test-delay': { type: 'string' },
  fleet: { type: 'string' },
  'host-key': { type: 'string' },
  seconds: { type: 'string' },
  seed: { type: 'string' },
  quiet: { type: 'boolean' },
  drain: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

const sandboxes = ['auto', 'bubblewrap', 'firejail', 'docker', 'none'] as const
const simulators = ['embedded', 'enki'] as const

export interface Arguments {
  readonly command: Command
  readonly files: readonly string[]
  readonly port?: number
  readonly host?: string
  readonly data?: string
  readonly sandbox?: (typeof sandboxes)[number]
  readonly simulator?: (typeof simulators)[number]
  readonly max?: number
  readonly warm?: number
  /** Seconds. */
  readonly selfTestDelay?: number
  readonly fleet?: string
  readonly hostKey?: string
  readonly seconds?: number
  readonly seed?: number
  readonly quiet: boolean
  readonly drain: boolean
}

/** Parses the command line. Throws CONFIG_INVALID with a sentence about the word that is wrong. */
export function parseArguments(argv: readonly string[]): Arguments {
  let parsed: ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (cause) {
    const word = /'(--?[^'= ]+)/.exec((cause as Error).message)?.[1]
    const near = word ? nearest(word.replace(/^-+/, ''), Object.keys(options)) : undefined
    throw new SimyardError(
      'CONFIG_INVALID',
      `Unknown option ${word ?? ''}${near ? `; did you mean --${near}?` : '.'} See simyard --help.`,
      { cause },
    )
  }
  const { values, positionals } = parsed
  if (values.version) return { command: 'version', files: [], quiet: false, drain: false }
  if (values.help) return { command: 'help', files: [], quiet: false, drain: false }
  const [word = 'help', ...files] = positionals
  const command = commands.find((name) => name === word)
  if (!command) {
    const near = nearest(word, commands)
    throw new SimyardError(
      'CONFIG_INVALID',
      `Unknown command "${word}"${near ? `; did you mean "${near}"?` : '.'} See simyard --help.`,
    )
  }
  return {
    command,
    files,
    port: numberOption('port', values.port, { min: 0, max: 65535 }),
    host: values.host,
    data: values.data,
    fleet: values.fleet,
    sandbox: wordOption('sandbox', values.sandbox, sandboxes),
    simulator: wordOption('simulator', values.simulator, simulators),
    max: numberOption('max', values.max, { min: 0, max: 10_000 }),
    warm: numberOption('warm', values.warm, { min: 0, max: 1000 }),
    selfTestDelay: numberOption('self-test-delay', values['self-test-delay'], { min: 0, max: 86_400 }),
    hostKey: values['host-key'],
    seconds: numberOption('seconds', values.seconds, { min: 0, max: 1e7 }),
    seed: numberOption('seed', values.seed, { min: 0, max: 2 ** 31 }),
    quiet: values.quiet ?? false,
    drain: values.drain ?? false,
  }
}

function wordOption<T extends string>(name: string, text: string | undefined, words: readonly T[]): T | undefined {
  const found = words.find((word) => word === text)
  if (text !== undefined && !found) {
    throw new SimyardError('CONFIG_INVALID', `--${name} is one of ${words.join(', ')}, not "${text}".`)
  }
  return found
}

function numberOption(name: string, text: string | undefined, range: { min: number; max: number }): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (text.trim() === '' || !(value >= range.min && value <= range.max)) {
    throw new SimyardError(
      'CONFIG_INVALID',
      `--${name} takes a number from ${range.min} to ${range.max}, not "${text}".`,
    )
  }
  return value
}
