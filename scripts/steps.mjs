// Steps that several scripts share: each runs a program, shows what it does and stops with a sentence when it fails.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

export function say(text) {
  process.stderr.write(`${text}\n`)
}

/** Runs a program to its end; its output is shown only when it fails, or at once with `show`. */
export function step(title, program, args, { show = false, env = {} } = {}) {
  const startedAt = Date.now()
  if (!show) process.stderr.write(`• ${title} … `)
  else say(`• ${title}`)
  const result = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: show ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  })
  if (!show)
    process.stderr.write(
      `${result.status === 0 ? 'done' : 'FAILED'} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`,
    )
  if (result.status !== 0) {
    if (!show) say(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`)
    return false
  }
  return true
}

/** Runs programs side by side, as many as there are cores; each tells when it is done. How many have failed. */
export async function stepsTogether(steps) {
  const waiting = [...steps]
  let failed = 0
  const lane = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) if (!(await stepInBackground(...next))) failed++
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), steps.length) }, lane))
  return failed
}

/** Runs a program to its end and says so; whether it went well. Its output is shown only when it fails. */
export function stepInBackground(title, program, args) {
  const startedAt = Date.now()
  const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  return new Promise((resolve) => {
    const end = (ok) => {
      say(`• ${title} … ${ok ? 'done' : 'FAILED'} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`)
      if (!ok) say(output)
      resolve(ok)
    }
    // A program that is not there also closes.
    child.on('error', (error) => {
      output += error.message
    })
    child.on('close', (code) => end(code === 0))
  })
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  say(`Simyard needs Node.js 20.19 or newer; this is ${process.version}. Install a newer one and try again.`)
  process.exit(1)
}

/** Installs the npm packages unless those of this lock file are there already. */
export function installPackages() {
  const marker = `${root}node_modules/.package-lock.json`
  const current = existsSync(marker) && statSync(marker).mtimeMs >= statSync(`${root}package-lock.json`).mtimeMs
  if (current && existsSync(`${root}node_modules/@simyard`)) return
  if (!step('Installing packages', npm, ['install', '--no-audit', '--no-fund', '--loglevel=error'])) {
    say('The packages could not be installed. Is the network there? Then run the command again.')
    process.exit(1)
  }
}

export function bin(name) {
  return `${root}node_modules/.bin/${name}`
}

/** What everything else needs. */
export const compiling = ['Compiling', bin('tsc'), ['-b']]

/** What browsers and sandboxes run, from what is compiled, one after the other. */
export const bundling = [
  ['Bundling the simulator', process.execPath, ['apps/simulator/build.mjs']],
  ['Bundling the clients', process.execPath, ['packages/client/build.mjs']],
  ['Bundling the view', bin('vite'), ['build', 'apps/web-view', '--logLevel', 'warn']],
  [
    'Bundling the player for pages without a server',
    bin('vite'),
    ['build', 'apps/web-view', '--config', 'apps/web-view/vite.offline.config.ts', '--logLevel', 'error'],
  ],
  ['Bundling the scripts for pages of Webots', process.execPath, ['apps/web-view/build-compat.mjs']],
  ['Bundling the pages', bin('vite'), ['build', '--config', 'apps/website/vite.config.ts', '--logLevel', 'warn']],
  ['Compressing', process.execPath, ['scripts/compress-pages.mjs']],
]

export function build() {
  for (const one of [compiling, ...bundling]) if (!step(...one)) process.exit(1)
}

/** It needs what is compiled. */
export const typesOfTests = ['Types of the tests', bin('tsc'), ['-p', 'tsconfig.test.json']]

/** What reads nothing but sources, longest first. */
export const sourceRules = [
  ['Dependency rules', bin('depcruise'), ['packages', 'apps', '--config', '.dependency-cruiser.cjs']],
  ['Unused code', bin('knip'), ['--no-config-hints']],
  ['Format and lint', bin('biome'), ['check', '.', '--error-on-warnings']],
]

/** What holds the rules of the house, longest first. */
export const houseRules = [typesOfTests, ...sourceRules]

/** Starts a program that stays, with our own terminal. */
export function become(program, args) {
  const child = spawn(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, INIT_CWD: process.env.INIT_CWD ?? process.cwd() },
  })
  // Signals of the terminal reach the child by themselves; a signal to us alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
