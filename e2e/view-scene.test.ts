import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { exportNodeX3d, exportX3d, loadScene, memoryFiles, type Scene } from '@simyard/scene'
import { chromiumProblem, launchChromium, repositoryRoot } from '@simyard/testkit'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ViewBench } from './view-scene/browser.js'

const WORLD = `#VRML_SIM R2025a utf8
WorldInfo { }
DEF SKY Background { skyColor [ 0.5 0.5 0.5 ] luminosity 1 }
DEF FLOOR Solid { name "floor" children [ Shape { geometry Box { size 4 4 0.1 }
  appearance DEF PAINT PBRAppearance { baseColor 0.5 0.5 0.5 baseColorMap DEF PICTURE ImageTexture { url "asphalt.png" } } } ] }
DEF OTHER Solid { translation 3 0 0 name "other" children [ Shape { geometry Box { size 1 1 1 } appearance USE PAINT } ] }
`
const x3d = { dialect: 'x3d' } as const
type Bench = InstanceType<typeof ViewBench>

describe.skipIf(chromiumProblem)(`the picture follows edits${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let server: Server
  let browser: Browser
  let page: Page
  let scene: Scene
  let origin: string
  const id = (def: string) => scene.byDef.get(def)!.id

  beforeAll(async () => {
    const bundle = await build({
      entryPoints: [join(repositoryRoot, 'e2e/view-scene/browser.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      target: 'es2022',
      conditions: ['simyard-source'],
      logLevel: 'silent',
    })
    server = createServer((request, response) => {
      const path = request.url ?? '/'
      if (path === '/') return response.writeHead(200, { 'Content-Type': 'text/html' }).end('<!doctype html>')
      if (path === '/bench.js') {
        return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(bundle.outputFiles[0]!.contents)
      }
      readFile(join(repositoryRoot, 'protos/textures', path.slice(path.lastIndexOf('/')))).then(
        (bytes) => response.writeHead(200, { 'Content-Type': 'image/png' }).end(bytes),
        () => response.writeHead(404).end(),
      )
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    browser = await launchChromium()
    page = await browser.newPage()
    scene = await loadScene({ url: 'project:/worlds/w.wbt', files: memoryFiles({ 'project:/worlds/w.wbt': WORLD }) })
  })
  afterAll(async () => {
    await browser?.close()
    server?.closeAllConnections()
    await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)))
  })

  /** A page with the scene as it stands. */
  async function open(): Promise<void> {
    await page.goto(origin)
    await page.evaluate(
      `import('/bench.js').then(({ ViewBench }) => { window.bench = new ViewBench(${JSON.stringify(exportX3d(scene, x3d))}) })`,
    )
    await pictureIs(id('FLOOR'), 'asphalt.png')
  }
  const ask = <T>(what: (bench: Bench) => T): Promise<T> => page.evaluate(`(${what})(window.bench)`) as Promise<T>
  const tell = (method: keyof Bench, value: unknown) =>
    page.evaluate(`window.bench.${method}(${JSON.stringify(value)})`)
  const looks = (node: number) => page.evaluate(`window.bench.looks(${node})`) as Promise<ReturnType<Bench['looks']>>
  const pictureIs = (node: number, file: string) =>
    page.waitForFunction(`window.bench.looks(${node}).picture.endsWith(${JSON.stringify(file)})`)
  async function add(text: string): Promise<number> {
    const prepared = await scene.prepareNodes(text)
    scene.edit({ add: prepared })
    const [node] = prepared.roots
    await tell('insert', `<nodes>${exportNodeX3d(scene, node!, x3d)}</nodes>`)
    return node!.id
  }

  test('colours, daylight and textures change, also for those who share them', async () => {
    await open()
    await tell('update', { id: id('PAINT'), baseColor: '1 0 0', transparency: '0.5' })
    expect(await looks(id('FLOOR'))).toMatchObject({ color: [1, 0, 0], opacity: 0.5 })
    expect(await looks(id('OTHER'))).toMatchObject({ color: [1, 0, 0], opacity: 0.5 })
    await tell('update', { id: id('SKY'), luminosity: '0.25' })
    expect(await ask(({ settings }) => settings)).toEqual(['Background 0.25'])
    await tell('update', { id: id('PICTURE'), url: ['made/not-yet.png'] })
    await tell('update', { id: id('PICTURE'), url: ['made/grass.png'] })
    await pictureIs(id('FLOOR'), 'grass.png')
    await pictureIs(id('OTHER'), 'grass.png')
    await tell('update', { id: id('PICTURE'), url: [] })
    expect(await looks(id('FLOOR'))).toMatchObject({ picture: '' })
  })

  test('a floor is replaced by a terrain; what shares its paint keeps it', async () => {
    await open()
    const floor = id('FLOOR')
    const paint = id('PAINT')
    const terrain = await add(`Solid { name "terrain" children [ Shape { geometry ElevationGrid {
      xDimension 3 yDimension 3 xSpacing 5 ySpacing 5 height [ 0 0 0 0 2 0 0 0 0 ] } } ] }`)
    await tell('remove', floor)
    expect(await page.evaluate(`window.bench.width(${floor})`)).toBe(0)
    expect(await page.evaluate(`window.bench.width(${terrain})`)).toBeCloseTo(10, 5)
    await tell('update', { id: paint, baseColor: '0 1 0' })
    expect(await looks(id('OTHER'))).toMatchObject({ color: [0, 1, 0] })
  })

  test('what has gone leaves nothing on the graphics card', async () => {
    await open()
    const cycle = async () => {
      const node = await add(`Solid { name "x" children [ Shape { geometry Sphere { } appearance PBRAppearance {
        baseColorMap ImageTexture { url "parquet.png" } } } ] }`)
      await pictureIs(node, 'parquet.png')
      const during = await ask((bench) => bench.draw())
      await tell('remove', node)
      const after = await ask((bench) => bench.draw())
      return { during, after }
    }
    const first = await cycle()
    expect(first.during.geometries).toBe(first.after.geometries + 1)
    expect(first.during.textures).toBe(first.after.textures + 1)
    for (let k = 0; k < 10; k++) expect(await cycle()).toEqual(first)
  })
})
