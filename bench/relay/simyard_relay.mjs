// The relay by itself, so that its processor time and memory are nobody else's.
import { readFileSync } from 'node:fs'
import { RelayServer, RelayServerConfig } from '@simyard/relay-server'
import { createLogger, listen } from '@simyard/service-host'

const config = RelayServerConfig.parse(JSON.parse(readFileSync(process.argv[2], 'utf8')))
const relay = new RelayServer({ config, log: createLogger({ name: 'relay', level: 'warn' }) })
const { port } = await listen(relay, { host: '127.0.0.1', port: 0 })
process.stdout.write(`server running on port ${port}\n`)
process.on('SIGINT', () => process.exit(0))
