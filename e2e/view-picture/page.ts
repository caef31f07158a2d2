import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { launchChromium, repositoryRoot } from '@simyard/testkit'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'

/** A page with a bundle of the view's own parts, and the textures that ship with Simyard. */
export class PicturePage {
  private constructor(
    readonly page: Page,
    readonly origin: string,
    private readonly browser: Browser,
    private readonly server: Server,
  ) {}

  static async open(files: Readonly<Record<string, string>> = {}): Promise<PicturePage> {
    const bundle = await build({
      entryPoints: [join(repositoryRoot, 'e2e/view-picture/browser.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      target: 'es2022',
      conditions: ['simyard-source'],
      logLevel: 'silent',
    })
    const server = createServer((request, response) => {
      const path = request.url ?? '/'
      const given = files[path.slice(1)]
      if (path === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>')
      if (path === '/bench.js')
        return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(bundle.outputFiles[0]!.contents)
      if (given !== undefined) return response.writeHead(200, { 'Content-Type': 'text/plain' }).end(given)
      readFile(join(repositoryRoot, 'protos/textures', path.slice(path.lastIndexOf('/')))).then(
        (bytes) => response.writeHead(200, { 'Content-Type': 'image/png' }).end(bytes),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const browser = await launchChromium()
    const page = await browser.newPage({ viewport: { width: 400, height: 300 } })
    return new PicturePage(page, origin, browser, server)
  }

  /** A fresh page with the scene; resolves when it is on the screen. */
  async show(xml: string, size: readonly [number, number] = [320, 240]): Promise<void> {
    await this.page.goto(this.origin)
    await this.page.evaluate(
      `import('/bench.js').then(async (all) => { window.all = all; window.bench = new all.PictureBench(${size}); await window.bench.show(${JSON.stringify(xml)}) })`,
    )
  }

  /** Runs in the page with `bench` and everything else of the bundle as `all`. */
  ask<T>(code: string): Promise<T> {
    return this.page.evaluate(`(async () => { const { bench, all } = window; return ${code} })()`) as Promise<T>
  }

  async close(): Promise<void> {
    await this.browser.close()
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** A scene as a stream has it; `version` decides about its axes. */
export const scene = (content: string, version = 'R2025a', coordinateSystem = 'ENU') =>
  `<?xml version="1.0" encoding="UTF-8"?><X3D><head><meta name="generator" content="Webots" /><meta name="version" content="${version}" /></head><Scene><WorldInfo id='n1' coordinateSystem='${coordinateSystem}'></WorldInfo>${content}</Scene></X3D>`
