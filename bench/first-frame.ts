import { chromiumProblem, launchChromium } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { type Bench, percentile } from './figure.js'
import { untilWarm, withSimyard } from './simyard.js'

const REPETITIONS = 8
const MARK = 'first picture at '

/** From a link to the first 3D picture, in a real browser with an empty cache that draws without a graphics card. */
export const firstFrame: Bench = {
  name: 'first-frame',
  async run(tell) {
    if (chromiumProblem) throw new Error(chromiumProblem)
    await withSimyard([], async ({ address }) => {
      const browser = await launchChromium()
      try {
        const times: number[] = []
        // The first visit also pays for starting the browser's graphics process.
        await visit(browser, address)
        for (let i = 0; i < REPETITIONS; i++) times.push(await visit(browser, address))
        tell({ name: 'link → first picture, median', value: percentile(times, 0.5), unit: 'ms' })
        tell({
          name: 'link → first picture, p95',
          value: percentile(times, 0.95),
          unit: 'ms',
          bar: { atMost: 1000 },
        })
      } finally {
        await browser.close()
      }
    })
  },
}

async function visit(browser: Browser, address: string): Promise<number> {
  await untilWarm(address)
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
    await page.goto(`${address}/p/obstacle-avoidance`, { waitUntil: 'commit' })
    return Number((await marked).text().slice(MARK.length))
  } finally {
    await context.close()
  }
}
