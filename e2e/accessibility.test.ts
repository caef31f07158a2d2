import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromiumProblem, launchChromium, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let simyard: RunningSimyard
let browser: Browser
beforeAll(async () => {
  if (chromiumProblem) return
  simyard = await startSimyard()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await simyard?.stop()
})

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[]
}

/** Serious and critical findings, one line each. */
async function findingsOf(page: Page): Promise<string[]> {
  await page.evaluate(axeSource)
  const violations = (await page.evaluate('axe.run().then((result) => result.violations)')) as Finding[]
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`))
}

const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document
    return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? ''
  })

describe.skipIf(chromiumProblem !== undefined)(
  `pages for everybody${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test.each(['light', 'dark'] as const)('axe finds nothing serious in %s colours', async (colorScheme) => {
      const page = await browser.newPage({ colorScheme, bypassCSP: true, viewport: { width: 1280, height: 640 } })
      await page.goto(simyard.address)
      await page.getByRole('link', { name: 'Maze' }).waitFor()
      expect(await findingsOf(page)).toEqual([])
      await page.goto(`${simyard.address}/p/obstacle-avoidance`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor({ timeout: 60_000 })
      expect(await findingsOf(page)).toEqual([])
      await page.close()
    })

    test('the keyboard alone is enough', async () => {
      const page = await browser.newPage({ viewport: { width: 900, height: 500 } })
      await page.goto(`${simyard.address}/p/obstacle-avoidance`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor({ timeout: 60_000 })

      await page.keyboard.press('Space')
      await page.locator('simyard-view[data-state="running"]').waitFor()
      await page.keyboard.press('Space')
      await page.locator('simyard-view[data-state="paused"]').waitFor()

      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys and mouse' }).waitFor()
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'hidden' })

      // The editor takes Tab for itself until Escape gives it back.
      await page.locator('.cm-content').focus()
      await page.keyboard.press('Escape')
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.closest('.cm-content') === null)).toBe(true)

      const path: string[] = []
      for (let tabs = 0; tabs < 15 && path.at(-1) !== 'Run'; tabs++) {
        await page.keyboard.press('Tab')
        path.push(await focused(page))
      }
      expect(path.at(-1)).toBe('Run')
      const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
      expect(outline).toBe('solid')
      await page.keyboard.press('Enter')
      await page.locator('simyard-view[data-state="running"]').waitFor()
      await page.close()
    })
  },
)
