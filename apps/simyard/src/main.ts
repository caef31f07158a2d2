import { SimyardError } from '@simyard/protocol'
import { parseArguments, usage } from './arguments.js'
import { serverCommand } from './daemon/server-command.js'
import { doctor } from './doctor.js'
import { layout } from './layout.js'
import { run } from './run.js'
import { serveRelay, serveSessions, serveSimulations } from './standalone.js'
import { up } from './up.js'

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
      await up(parsed)
      break
    case 'session-server':
      await serveSessions(parsed)
      break
    case 'simulation-server':
      await serveSimulations(parsed)
      break
    case 'relay-server':
      await serveRelay(parsed)
      break
    case 'server':
      process.exit(await serverCommand(parsed))
      break
    case 'run':
      process.exit(await run(parsed))
      break
    case 'doctor':
      process.exit((await doctor(parsed)) ? 0 : 1)
  }
} catch (error) {
  if (!(error instanceof SimyardError)) throw error
  const where = error.location ? `${error.location.file}:${error.location.line}:${error.location.column}: ` : ''
  process.stderr.write(`simyard: ${where}${error.message} [${error.code}]\n`)
  process.exit(1)
}
