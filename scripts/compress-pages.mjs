// Compresses what is served once, beside the original, so that a server need not do it for every visitor.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { root } from './steps.mjs'

const served = {
  'apps/website/dist/pages/site': /\.(js|css|svg)$/,
  'apps/website/dist/python': /\.(mjs|wasm|json)$/,
  'packages/client/dist/pages': /\.js$/,
  'apps/web-view/dist': /^(simyard-view.*|WebotsView|webots)\.js$/,
  'apps/simulator/dist/worker': /\.(js|wasm)$/,
}
/** The best takes half a minute for a large file and saves a twentieth of it. */
const LARGE_BYTES = 3_000_000

copyPython()
for (const [folder, pattern] of Object.entries(served)) {
  for (const name of readdirSync(root + folder)) {
    if (!pattern.test(name)) continue
    const path = `${root}${folder}/${name}`
    if (isCompressed(path)) continue
    const text = readFileSync(path)
    if (text.length < 1024) continue
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }))
    const quality = text.length > LARGE_BYTES ? 9 : 11
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }))
  }
}

function isCompressed(path) {
  return existsSync(`${path}.br`) && statSync(`${path}.br`).mtimeMs >= statSync(path).mtimeMs
}

/** The parts of Pyodide that a page loads, without its maps and types. */
function copyPython() {
  const require = createRequire(join(root, 'package.json'))
  const from = dirname(require.resolve('pyodide/package.json'))
  const to = `${root}apps/website/dist/python`
  mkdirSync(to, { recursive: true })
  for (const name of ['pyodide.mjs', 'pyodide.asm.mjs', 'pyodide.asm.wasm', 'python_stdlib.zip', 'pyodide-lock.json']) {
    const [source, target] = [join(from, name), join(to, name)]
    const same = existsSync(target) && statSync(target).size === statSync(source).size
    if (!same) copyFileSync(source, target)
  }
}
