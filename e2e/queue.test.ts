import { join } from 'node:path'
import {
  chromiumProblem,
  launchChromium,
  openSimulation,
  quickPictures,
  type RunningSimyard,
  repositoryRoot,
  startSimyard,
} from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let simyard: RunningSimyard
let browser: Browser
beforeAll(async () => {
  if (chromiumProblem) return
  simyard = await startSimyard(['--max', '1'])
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await simyard?.stop()
})

describe.skipIf(chromiumProblem !== undefined)(
  `visitors who wait${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test('with all seats taken a page shows its place and goes on by itself when a seat is free', async () => {
      const url = `${simyard.address}/projects/radio-duet/worlds/radio_duet.wbt`
      const { client } = await openSimulation(simyard.address, { start: { url } })
      const pages = await Promise.all([1, 2].map(() => browser.newPage({ viewport: { width: 1100, height: 700 } })))
      const checklist = (index: number) => pages[index]!.locator('simyard-view section.start')
      for (const [index, page] of pages.entries()) {
        await page.addInitScript({ content: quickPictures })
        await page.goto(`${simyard.address}/p/radio-duet`)
        const expected = index === 0 ? /you are next, about \d+ (s|min)/ : /place 2 in the queue, about \d+ (s|min)/
        await expect.poll(() => checklist(index).textContent()).toMatch(expected)
      }
      if (process.env.SIMYARD_SCREENSHOTS)
        await pages[1]!.screenshot({ path: join(repositoryRoot, 'e2e/screenshots/queue.png') })

      client.close()
      await expect.poll(() => checklist(0).isVisible()).toBe(false)
      await expect.poll(() => checklist(1).textContent()).toMatch(/you are next/)
      await pages[0]!.close()
      await expect.poll(() => checklist(1).isVisible()).toBe(false)
      await pages[1]!.close()
    })
  },
)
