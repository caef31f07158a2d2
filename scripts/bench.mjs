// npm run bench: measures what docs promise, on this machine. `-- --only clients` runs one part of it.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { build as bundle } from 'esbuild'
import { build, checkNode, installPackages, root } from './steps.mjs'

checkNode()
installPackages()
build()

// Below node_modules, so that the built packages are found from there.
const folder = `${root}node_modules/.cache/simyard-bench`
mkdirSync(folder, { recursive: true })
await bundle({
  entryPoints: [`${root}bench/main.ts`],
  outfile: `${folder}/bench.mjs`,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  packages: 'external',
  logLevel: 'warning',
})
const { status } = spawnSync(process.execPath, [`${folder}/bench.mjs`, ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
})
rmSync(folder, { recursive: true, force: true })
process.exitCode = status ?? 1
