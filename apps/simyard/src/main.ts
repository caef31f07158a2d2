import { SimyardError } from '@simyard/protocol'
import { parseArguments, usage } from './arguments.js'
import { layout } from './layout.js'

// Each command reads what it needs: all servers together are hundreds of files, which take half a second.
try {
  const parsed = parseArguments(process.argv.slice(2))
  switch (parsed.command) {
    case 'help':
      process.stdout.write(usage)
      break
    case 'version':
      process.stdout.write(`${layout.version}\n`)
      break
    case 'up':
      await (await import('./up.js')).up(parsed)
      break
    case 'session-server':
      await (await import('./standalone.js')).serveSessions(parsed)
      break
    case 'simulation-server':
      await (await import('./standalone.js')).serveSimulations(parsed)
      break
    case 'relay-server':
      await (await import('./standalone.js')).serveRelay(parsed)
      break
    case 'server':
      process.exit(await (await import('./daemon/server-command.js')).serverCommand(parsed))
      break
    case 'run':
      process.exit(await (await import('./run.js')).run(parsed))
      break
    case 'doctor':
      process.exit((await (await import('./doctor.js')).doctor(parsed)) ? 0 : 1)
  }
} catch (error) {
  if (!(error instanceof SimyardError)) throw error
  const where = error.location ? `${error.location.file}:${error.location.line}:${error.location.column}: ` : ''
  process.stderr.write(`simyard: ${where}${error.message} [${error.code}]\n`)
  process.exit(1)
}
