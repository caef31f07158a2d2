import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import { createLogger } from '@simyard/service-host'
import { runLocally } from '@simyard/simulation-server'
import type { Arguments } from './arguments.js'
import { layout } from './layout.js'

const DEFAULT_SECONDS = 10

/** `simyard run WORLD`: prints what the world's programs print. Returns the exit code. */
export async function run(parsed: Arguments): Promise<number> {
  const [given, ...rest] = parsed.files
  if (!given || rest.length > 0)
    throw new SimyardError('CONFIG_INVALID', 'Name one world: simyard run projects/<project>/worlds/<world>.wbt')
  const worldFile = resolve(given)
  if (!existsSync(worldFile)) throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${worldFile}.`)
  if (!worldFile.endsWith('.wbt') || basename(dirname(worldFile)) !== 'worlds') {
    throw new SimyardError('CONFIG_INVALID', 'A world is a .wbt file in the worlds folder of a project.')
  }
  const result = await runLocally({
    worldFile,
    simulatedSeconds: parsed.seconds ?? DEFAULT_SECONDS,
    seed: parsed.seed,
    sandbox: parsed.sandbox ?? 'auto',
    simulator: parsed.simulator ?? 'embedded',
    sources: { simulatorDir: layout.simulatorDir, pythonDir: layout.pythonDir, javascriptDir: layout.javascriptDir },
    assetsDir: layout.assetsDir,
    log: createLogger({ name: 'run', level: 'warn' }),
    line: (stream, text) => process[stream].write(`${text}\n`),
  })
  const factor = result.simulatedMs / result.wallMs
  process.stderr.write(
    `${result.simulatedMs / 1000} s simulated in ${(result.wallMs / 1000).toFixed(2)} s (${factor.toFixed(1)} × real time)\n`,
  )
  return result.errors.length === 0 ? 0 : 1
}
