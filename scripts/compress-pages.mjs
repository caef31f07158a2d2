// Compresses built text once, beside the original, so that a server need not do it for every visitor.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { root } from './steps.mjs'

const served = {
  'apps/website/dist/pages/site': /\.(js|css|svg)$/,
  'apps/web-view/dist': /^simyard-view.*\.js$/,
  'packages/client/dist/pages': /\.js$/,
}

for (const [folder, pattern] of Object.entries(served)) {
  for (const name of readdirSync(root + folder)) {
    if (!pattern.test(name)) continue
    const path = `${root}${folder}/${name}`
    const text = readFileSync(path)
    if (text.length < 1024) continue
    writeFileSync(`${path}.gz`, gzipSync(text, { level: 9 }))
    writeFileSync(`${path}.br`, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
  }
}
