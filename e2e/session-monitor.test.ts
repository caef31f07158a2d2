import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromiumProblem, launchChromium, type RunningServer, startServer } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const fleetKey = 'the-key-of-this-fleet'

let server: RunningServer
let browser: Browser
let monitor: string
beforeAll(async () => {
  if (chromiumProblem) return
  server = await startServer('session-server', {
    port: 0,
    host: '127.0.0.1',
    ssl: false,
    fleetKey,
    // Nothing listens on the discard port.
    simulationServers: ['127.0.0.1:9'],
  })
  monitor = `http://127.0.0.1:${server.port}/monitor`
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await server?.stop()
})

async function joinFleet(entry: string): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/fleet/nodes`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${fleetKey}` },
    body: JSON.stringify({ version: 1, entry, report: { load: 42, seats: { taken: 3, total: 8 } } }),
  })
  expect(response.status).toBe(200)
}

describe.skipIf(chromiumProblem !== undefined)(
  `the monitor of the session server${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test.each(['light', 'dark'] as const)(
      'axe finds nothing in %s colours, on a desk and on a phone',
      async (colorScheme) => {
        await joinFleet('robots.example:2000')
        for (const width of [1280, 360]) {
          const page = await browser.newPage({ colorScheme, bypassCSP: true, viewport: { width, height: 800 } })
          await page.goto(monitor)
          await page.evaluate(axeSource)
          const found = (await page.evaluate('axe.run().then((result) => result.violations)')) as {
            id: string
            nodes: { html: string }[]
          }[]
          expect(found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([])
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
          await page.close()
        }
      },
    )

    test('it renews itself, keeps the focus and breaks no rule of its own', async () => {
      const page = await browser.newPage()
      const errors: string[] = []
      page.on('console', (message) => {
        if (message.type() === 'error') errors.push(message.text())
      })
      page.on('pageerror', (error) => errors.push(String(error)))
      await page.goto(monitor)
      await page.locator('#server-1').focus()
      await joinFleet('newcomer.example:2000')
      await page.getByRole('link', { name: 'newcomer.example:2000' }).waitFor()
      expect(await page.evaluate(() => document.activeElement?.id)).toBe('server-1')
      expect(errors).toEqual([])
      await page.close()
    })

    test('without JavaScript everything is there', async () => {
      await joinFleet('robots.example:2000')
      const context = await browser.newContext({ javaScriptEnabled: false })
      const page = await context.newPage()
      await page.goto(monitor)
      expect(await page.locator('tbody tr').allInnerTexts()).toEqual(
        expect.arrayContaining([
          expect.stringMatching(/127\.0\.0\.1:9\s+does not answer properly\s+nothing listens on its port\s+N\/A/),
          expect.stringMatching(/robots\.example:2000\s+registered\s+ready\s+42\.0%\s+3 of 8/),
        ]),
      )
      expect(await page.locator('svg[role=img]').count()).toBe(2)
      expect(await page.getByText('127.0.0.1:9 is not responding').isVisible()).toBe(true)
      await context.close()
    })
  },
)
