// Bundles the simulator into one folder that a sandbox can show by itself, dist/bundle/, and for pages, dist/worker/.
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, 'dist/bundle')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
await build({
  entryPoints: [join(here, 'src/main.ts')],
  outfile: join(out, 'simulator.mjs'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  conditions: ['simyard-source'],
  sourcemap: false,
  logLevel: 'warning',
  // Libraries in CommonJS ask for Node's own modules by require.
  banner: {
    js: "import { createRequire as simyardRequire } from 'node:module'; const require = simyardRequire(import.meta.url);",
  },
})
const mujoco = dirname(createRequire(import.meta.url).resolve('@mujoco/mujoco'))
cpSync(join(mujoco, 'mujoco.wasm'), join(out, 'mujoco.wasm'))

// The same simulator for the worker of a page: dist/worker/.
const worker = join(here, 'dist/worker')
rmSync(worker, { recursive: true, force: true })
mkdirSync(worker, { recursive: true })
await build({
  entryPoints: [join(here, 'worker/main.ts')],
  outfile: join(worker, 'simulator-worker.js'),
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'esm',
  target: 'es2022',
  conditions: ['simyard-source', 'browser'],
  // The engine's script asks for these only where it finds itself in Node.
  external: ['module', 'node:*'],
  sourcemap: false,
  logLevel: 'warning',
})
cpSync(join(mujoco, 'mujoco.wasm'), join(worker, 'mujoco.wasm'))
