import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromiumProblem, launchChromium, type RunningSimyard, repositoryRoot, startSimyard } from '@simyard/testkit'
import { unzipSync } from 'fflate'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, PICTURE, PLAIN_QUALITY } from './player/view-page.js'

const folder = join(repositoryRoot, 'docs/guides/view')
const examples = readdirSync(folder).filter((name) => name.endsWith('.html'))

/** What is to be seen on each page; in the browser. */
const shows: Record<string, string> = {
  'live.html': `all('[data-picture][data-state="running"]') === 1 && view.timeMs > 200`,
  'tab.html': `all('[data-picture][data-state="running"]') === 1 && view.robots.length === 1`,
  'scene.html': `all('[data-picture]') === 1 && view.kind === 'scene' && view.worldTitle === 'Obstacle avoidance'`,
  'animation.html': `all('[data-picture][data-state="running"]') === 1 && view.timeMs > 200`,
  'recording.html': `all('[data-picture]') === 1 && view.timeMs > 200 && view.hasAttribute('data-dark')`,
  'several.html': `all('[data-picture][data-state="paused"]') === 2`,
  'own-toolbar.html': `all('[data-picture][data-state="paused"]') === 1`,
  'events.html': `text('state') === 'running' && Number(text('time')) > 1 && Number(text('speed')) > 0
    && text('robots') === 'e-puck' && text('console').includes('e-puck: Hello, I am e-puck')`,
}

describe.skipIf(chromiumProblem)(
  `the pages of the guide${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    let context: BrowserContext
    const files = new Map<string, Buffer>()
    beforeAll(async () => {
      simyard = await startSimyard(['--quiet'])
      browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
      context = await browser.newContext({ viewport: { width: 400, height: 1000 } })
      await context.addInitScript(`customElements.whenDefined('simyard-view').then(() => {
        for (const view of document.querySelectorAll('simyard-view')) view.quality = ${PLAIN_QUALITY} })`)
      await context.route('**/*', (route) => {
        const path = new URL(route.request().url()).pathname
        const file = files.get(path)
        if (file) return route.fulfill({ body: file })
        if (path.startsWith('/guide/')) {
          const text = readFileSync(join(folder, path.slice('/guide/'.length)), 'utf8')
          return route.fulfill({
            body: text.replaceAll('https://example.org', simyard.address),
            contentType: 'text/html; charset=utf-8',
          })
        }
        return route.continue()
      })
    })
    afterAll(async () => {
      await browser?.close()
      await simyard?.stop()
    })

    async function open(name: string): Promise<{ page: Page; errors: string[] }> {
      const page = await context.newPage()
      const errors: string[] = []
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('response', (response) => {
        // A PROTO of the site is looked for in the project first.
        const sought = /\/favicon\.ico$|\/projects\/[^/]+\/protos\/\w+\.proto$/.test(response.url())
        if (response.status() >= 400 && !sought) errors.push(`${response.status()} ${response.url()}`)
      })
      await page.goto(`${simyard.address}/guide/${name}`)
      await until(page, shows[name]!)
      return { page, errors }
    }

    const until = (page: Page, expression: string) =>
      page.waitForFunction(
        `(() => { const view = document.querySelector('simyard-view')
          const all = (how) => document.querySelectorAll('simyard-view' + how).length
          const text = (id) => document.getElementById(id).textContent
          return view.state === 'failed' ? Promise.reject(new Error(view.shadowRoot.textContent)) : ${expression} })()`,
        undefined,
        PICTURE,
      )
    const ask = <T>(page: Page, expression: string) =>
      page.evaluate(
        `(async () => { const view = document.querySelector('simyard-view'); return ${expression} })()`,
      ) as Promise<T>

    test('each is tested', () => {
      expect(Object.keys(shows).sort()).toEqual(examples.sort())
    })

    // Its run is what the pages with files show.
    test('what a view tells', LONG, async () => {
      const { page, errors } = await open('events.html')
      await ask(page, `(view.pause(), view.select('n' + view.robots[0].nodeId))`)
      await until(page, `text('selected') === 'e-puck' && text('state') === 'paused'`)
      const file = (format: string) =>
        ask<string>(
          page,
          `view.makeFile('${format}').then(({ blob }) => new Promise((done) => {
            const reader = new FileReader()
            reader.onload = () => done(reader.result.split(',')[1])
            reader.readAsDataURL(blob) }))`,
        )
      files.set('/recordings/run.simyard', Buffer.from(await file('simyard'), 'base64'))
      for (const [name, bytes] of Object.entries(unzipSync(Buffer.from(await file('webots'), 'base64')))) {
        files.set(`/models/${name.replace('obstacle-avoidance', 'arena')}`, Buffer.from(bytes))
      }
      expect(files.has('/models/arena.json')).toBe(true)
      expect(errors).toEqual([])
      await page.close()
    })

    test.each(['live.html', 'tab.html', 'scene.html', 'animation.html', 'recording.html'])('%s', LONG, async (name) => {
      const { page, errors } = await open(name)
      expect(errors).toEqual([])
      await page.close()
    })

    test('several views', LONG, async () => {
      const { page, errors } = await open('several.html')
      await page.locator('#time').fill('0.5')
      const middle = await ask<number>(page, 'view.range.endMs / 2')
      await until(
        page,
        `[...document.querySelectorAll('simyard-view')].every(({ timeMs }) => Math.abs(timeMs - ${middle}) < 1)`,
      )
      const [left, right] = await ask<number[][]>(
        page,
        `[...document.querySelectorAll('simyard-view')].map(({ camera }) => camera.position)`,
      )
      expect(left).not.toEqual(right)
      expect(errors).toEqual([])
      await page.close()
    })

    test('own buttons', LONG, async () => {
      const { page, errors } = await open('own-toolbar.html')
      for (const name of ['Reload', 'Quit', 'Console'])
        expect(await page.getByRole('button', { name, exact: true }).isVisible(), name).toBe(false)
      await page.getByRole('button', { name: 'Go', exact: true }).click()
      await until(page, `view.state === 'running' && view.timeMs > 300`)
      expect(await page.getByRole('button', { name: 'Pause', exact: true }).count()).toBe(2)
      await page.getByRole('button', { name: 'Three seconds ago' }).click()
      await until(page, 'view.playing && !view.live')
      await page.getByRole('button', { name: 'Now', exact: true }).click()
      await until(page, 'view.live')
      // The button of the page is in the view's toolbar, and arrows reach it.
      const before = await ask<number[]>(page, 'view.camera.position')
      await page.getByRole('toolbar').getByRole('button', { name: 'Full screen' }).focus()
      await page.keyboard.press('ArrowRight')
      expect(await page.evaluate('document.activeElement.id')).toBe('above')
      await page.keyboard.press('Enter')
      await until(page, `Math.hypot(...view.camera.position.map((one, at) => one - [${before}][at])) > 0.1`)
      expect(errors).toEqual([])
      await page.close()
    })
  },
)
