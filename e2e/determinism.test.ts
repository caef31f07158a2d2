import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join, normalize } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import type { FileSource } from '@simyard/scene'
import { chromiumProblem, launchChromium, repositoryRoot } from '@simyard/testkit'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HarnessResult, type HarnessRun, repositoryPath, runWorld } from './determinism/harness.js'

const engineDir = dirname(
  createRequire(join(repositoryRoot, 'packages/physics/package.json')).resolve('@mujoco/mujoco'),
)
const WORLDS = [
  'obstacle-avoidance/worlds/obstacle_avoidance.wbt',
  'maze/worlds/maze.wbt',
  'radio-duet/worlds/radio_duet.wbt',
  'ball-chaser/worlds/ball_chaser.wbt',
]
/** Five seconds of these worlds' 16 ms, and a half. */
const STEPS = 344

function runHere(run: HarnessRun): Promise<HarnessResult> {
  const files: FileSource = {
    async read(url) {
      try {
        return await readFile(join(repositoryRoot, repositoryPath(run.world, url)))
      } catch (cause) {
        throw new SimyardError('SCENE_FILE_MISSING', `There is no file ${url}`, { cause })
      }
    },
  }
  return runWorld(run, files)
}

describe('the same inputs make the same run', () => {
  test.each(WORLDS)('twice in Node: %s', async (world) => {
    const run = { world, steps: STEPS, driven: true }
    const [first, second] = [await runHere(run), await runHere(run)]
    expect(second).toEqual(first)
    expect(first.hashes).toHaveLength(6)
    expect(new Set(first.hashes).size, 'nothing moved').toBe(first.hashes.length)
    const still = await runHere({ ...run, driven: false })
    expect(still.hashes.at(-1), 'the commands changed nothing').not.toBe(first.hashes.at(-1))
  })

  test('twice in Node, edited on the way', async () => {
    const run = { world: WORLDS[0]!, steps: STEPS, driven: true, edited: true }
    const [first, second] = [await runHere(run), await runHere(run)]
    expect(second).toEqual(first)
    const untouched = await runHere({ ...run, edited: false })
    expect(untouched.hashes.at(0), 'the edits changed nothing').not.toBe(first.hashes.at(0))
  })
})

describe.skipIf(chromiumProblem)(`Node and Chromium${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let server: Server
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [join(repositoryRoot, 'e2e/determinism/browser.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      target: 'es2022',
      conditions: ['simyard-source'],
      // The engine's script asks for these only when it finds itself in Node.
      external: ['module', 'worker_threads'],
      logLevel: 'silent',
    })
    server = createServer((request, response) => {
      const path = normalize(decodeURIComponent(request.url ?? '/'))
      answer(path, bundle.outputFiles[0]!.contents).then(
        ({ type, bytes }) => response.writeHead(200, { 'Content-Type': type }).end(bytes),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  })

  test.each(
    WORLDS.flatMap((world) => [
      { world, steps: STEPS, driven: false },
      { world, steps: STEPS, driven: true },
      { world, steps: STEPS, driven: true, edited: true },
    ]),
  )('$world, driven: $driven, edited: $edited', async (run) => {
    // As text: the import must reach the page as it is written here.
    const there = (await page.evaluate(
      `import('/harness.js').then(({ runInPage }) => runInPage(${JSON.stringify(run)}))`,
    )) as HarnessResult
    const here = await runHere(run)
    expect(there.hashes).toEqual(here.hashes)
    expect(there.lastFrame).toEqual(here.lastFrame)
    expect(there.readings).toEqual(here.readings)
  })
})

async function answer(path: string, bundle: Uint8Array): Promise<{ type: string; bytes: Uint8Array | string }> {
  if (path === '/') return { type: 'text/html', bytes: '<!doctype html><title>determinism</title>' }
  if (path === '/harness.js') return { type: 'text/javascript', bytes: bundle }
  if (path === '/engine/mujoco.wasm') {
    return { type: 'application/wasm', bytes: await readFile(join(engineDir, 'mujoco.wasm')) }
  }
  if (!/^\/(projects|protos)\//.test(path)) throw new Error('not a file of a world')
  return { type: 'application/octet-stream', bytes: await readFile(join(repositoryRoot, path)) }
}
