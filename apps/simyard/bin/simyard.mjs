#!/usr/bin/env node
// The command line runs from built code; a checkout that was never built says how to build it.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (!existsSync(main)) {
  console.error(
    'Simyard is not built yet. Run "npm start" once (it installs, builds and serves), or "npm install && npm run build".',
  )
  process.exit(1)
}
await import(main.href)
