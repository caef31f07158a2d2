import { chromiumProblem, launchChromium } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { type Bench, percentile } from './figure.js'
import { untilWarm, withSimyard } from './simyard.js'

const REPETITIONS = 8
const MARK = 'first picture at '

/** Both draw on the processor; the flags of the second take the place of those that launchChromium gives. */
const RENDERERS = [
  { drawn: 'SwiftShader', args: [] },
  { drawn: 'llvmpipe', args: ['--use-gl=angle', '--use-angle=gl-egl', '--ignore-gpu-blocklist'] },
]
const PAGES = [
  { path: '/p/obstacle-avoidance', where: 'warm server', bar: 1000 },
  { path: '/godot', where: 'in the tab', bar: 1500 },
]

/** From a link to the first 3D picture, in a real browser with an empty cache that draws without a graphics card. */
export const firstFrame: Bench = {
  name: 'first-frame',
  async run(tell) {
    if (chromiumProblem) throw new Error(chromiumProblem)
    await withSimyard([], async ({ address }) => {
      for (const { drawn, args } of RENDERERS) {
        const browser = await launchChromium(args, { likeVisitors: true })
        try {
          for (const { path, where, bar } of PAGES) {
            const times: number[] = []
            // The first visit also pays for starting the browser's graphics process.
            await visit(browser, address + path)
            for (let i = 0; i < REPETITIONS; i++) times.push(await visit(browser, address + path))
            const name = `link → first picture, ${where}, drawn by ${drawn}`
            tell({ name: `${name}, median`, value: percentile(times, 0.5), unit: 'ms' })
            tell({ name: `${name}, p95`, value: percentile(times, 0.95), unit: 'ms', bar: { atMost: bar } })
          }
        } finally {
          await browser.close()
        }
      }
    })
  },
}

async function visit(browser: Browser, link: string): Promise<number> {
  await untilWarm(new URL(link).origin)
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    // Text, because it runs in the page: its performance.now() counts from the navigation.
    await page.addInitScript(`
      addEventListener('simyard-progress', ({ detail }) => {
        if (detail.step === 'frame' && detail.state === 'done') console.debug('${MARK}' + performance.now())
      })`)
    const marked = page.waitForEvent('console', {
      predicate: (message) => message.text().startsWith(MARK),
      timeout: 40_000,
    })
    await page.goto(link, { waitUntil: 'commit' })
    return Number((await marked).text().slice(MARK.length))
  } finally {
    await context.close()
  }
}
