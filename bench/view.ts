import { join } from 'node:path'
import { chromiumProblem, launchChromium, repositoryRoot } from '@simyard/testkit'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import type { Bench } from './figure.js'

const SHAPES = 2000
const PICTURES = 60

/** What it costs the page to draw many equal shapes, of which a hundred move. */
export const view: Bench = {
  name: 'view',
  async run(tell) {
    if (chromiumProblem) throw new Error(chromiumProblem)
    const bundle = await build({
      entryPoints: [join(repositoryRoot, 'e2e/view-picture/browser.ts')],
      bundle: true,
      write: false,
      platform: 'browser',
      format: 'iife',
      globalName: 'all',
      target: 'es2022',
      conditions: ['simyard-source'],
      logLevel: 'silent',
    })
    const browser = await launchChromium([], { likeVisitors: true })
    try {
      const page = await browser.newPage({ viewport: { width: 640, height: 480 } })
      await page.addScriptTag({ content: bundle.outputFiles[0]!.text })
      const still = await measure(page, 0)
      const moving = await measure(page, 100)
      tell({ name: `${SHAPES} boxes, draw calls`, value: still.drawCalls, unit: '', bar: { atMost: 10 } })
      tell({ name: `${SHAPES} boxes, programs`, value: still.programs, unit: '', bar: { atMost: 12 } })
      tell({
        name: `${SHAPES} boxes, the page's processor time of a picture`,
        value: still.cpuMs,
        unit: 'ms',
        bar: { atMost: 8 },
      })
      tell({ name: 'the same while a hundred move', value: moving.cpuMs, unit: 'ms', bar: { atMost: 8 } })
      tell({ name: 'pictures drawn while nothing changes', value: still.idle, unit: '' })
    } finally {
      await browser.close()
    }
  },
}

async function measure(
  page: Page,
  moving: number,
): Promise<{ drawCalls: number; programs: number; cpuMs: number; idle: number }> {
  return page.evaluate(`(async () => {
    document.body.replaceChildren()
    const bench = new all.PictureBench(640, 480)
    const boxes = Array.from({ length: ${SHAPES} }, (_, at) => \`<Solid id='n\${100 + at * 10}' name='b\${at}' translation='\${(at % 50) * 0.2} \${Math.floor(at / 50) * 0.2} 0'><Shape id='n\${101 + at * 10}' castShadows='true'><PBRAppearance id='n\${102 + at * 10}' baseColor='1 0 0' metalness='0' roughness='1' /><Box id='n\${103 + at * 10}' size='0.1 0.1 0.1' /></Shape></Solid>\`)
    await bench.show('<X3D><head><meta name="version" content="R2025a" /></head><Scene><WorldInfo id="n1" /><DirectionalLight id="n3" direction="0.3 0.2 -1" castShadows="true" />' + boxes.join('') + '</Scene></X3D>')
    await bench.full()
    const times = []
    for (let k = 0; k < ${PICTURES}; k++) {
      for (let at = 0; at < ${moving}; at++) bench.graph.place('n' + (100 + at * 10), [at * 0.2, k * 0.01, 0.2], undefined)
      bench.stage.invalidate()
      await new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))
      times.push(bench.stage.figures.cpuMs)
    }
    const { drawCalls, programs } = bench.stage.figures
    await bench.still()
    const before = bench.stage.figures.pictures
    for (let k = 0; k < 60; k++) await new Promise((r) => requestAnimationFrame(r))
    const idle = bench.stage.figures.pictures - before
    bench.stage.dispose()
    times.sort((a, b) => a - b)
    return { drawCalls, programs, cpuMs: times[Math.floor(times.length / 2)], idle }
  })()`)
}
