// Bundles what pages load: dist/pages/fossbot_class.js and simulator_bridge.js for script elements, simyard-client.js
// as a module.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const bundle = (entry, name, format) =>
  build({
    entryPoints: [join(here, 'src/scripts', entry)],
    outfile: join(here, 'dist/pages', name),
    bundle: true,
    platform: 'browser',
    format,
    target: 'es2022',
    conditions: ['simyard-source'],
    minify: true,
    legalComments: 'eof',
    logLevel: 'warning',
  })
await Promise.all([
  bundle('fossbot-class.ts', 'fossbot_class.js', 'iife'),
  bundle('simulator-bridge.ts', 'simulator_bridge.js', 'iife'),
  bundle('simyard-client.ts', 'simyard-client.js', 'esm'),
])
