import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { dirname, join, normalize } from 'node:path'
import { SimyardError } from '@simyard/protocol'
import type { FileSource } from '@simyard/scene'
import { repositoryRoot } from '@simyard/testkit'
import { build } from 'esbuild'
import { type HarnessResult, type HarnessRun, repositoryPath, runWorld } from './harness.js'

const engineDir = dirname(
  createRequire(join(repositoryRoot, 'packages/physics/package.json')).resolve('@mujoco/mujoco'),
)

/** The harness in Node. */
export function runHere(run: HarnessRun): Promise<HarnessResult> {
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

/** An expression that runs the harness in a page of the site: the import must reach the page as it is written here. */
export const runThere = (run: HarnessRun): string =>
  `import('/harness.js').then(({ runInPage }) => runInPage(${JSON.stringify(run)}))`

export interface HarnessSite {
  readonly address: string
  close(): Promise<void>
}

/** A site with the harness for pages, the engine and the files of the worlds. */
export async function openHarnessSite(): Promise<HarnessSite> {
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
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(request.url ?? '/'))
    answer(path, bundle.outputFiles[0]!.contents).then(
      ({ type, bytes }) => response.writeHead(200, { 'Content-Type': type }).end(bytes),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(path: string, bundle: Uint8Array): Promise<{ type: string; bytes: Uint8Array | string }> {
  if (path === '/') return { type: 'text/html', bytes: '<!doctype html><title>determinism</title>' }
  if (path === '/harness.js') return { type: 'text/javascript', bytes: bundle }
  if (path === '/engine/mujoco.wasm') {
    return { type: 'application/wasm', bytes: await readFile(join(engineDir, 'mujoco.wasm')) }
  }
  if (!/^\/(projects|protos)\//.test(path)) throw new Error('not a file of a world')
  return { type: 'application/octet-stream', bytes: await readFile(join(repositoryRoot, path)) }
}
