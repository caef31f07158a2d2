// Bundles the scripts that pages of Webots load: dist/WebotsView.js as a module, dist/webots.js for script elements.
// Both fetch dist/simyard-view.js, which lies beside them.
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const bundle = (entry, name, format) =>
  build({
    entryPoints: [join(here, 'src/compat', entry)],
    outfile: join(here, 'dist', name),
    bundle: true,
    platform: 'browser',
    format,
    target: 'es2022',
    conditions: ['simyard-source'],
    minify: true,
    logLevel: 'warning',
  })
await Promise.all([bundle('webots-view.ts', 'WebotsView.js', 'esm'), bundle('webots-classic.ts', 'webots.js', 'iife')])
