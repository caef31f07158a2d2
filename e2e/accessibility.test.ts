import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromiumProblem, launchChromium, quickPictures, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
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

async function newPage(options: BrowserContextOptions): Promise<Page> {
  const page = await browser.newPage(options)
  await page.addInitScript({ content: quickPictures })
  return page
}

interface Finding {
  readonly id: string
  readonly impact: string
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[]
}

/** Serious and critical findings in light and in dark colours, one line each. */
async function findingsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate('typeof axe !== "undefined"'))) await page.evaluate(axeSource)
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.locator(`html[data-theme="${colorScheme}"]`).waitFor()
    // Halfway between the two they would be nobody's.
    await page.evaluate(() =>
      Promise.all(document.getAnimations().flatMap((one) => (one instanceof CSSTransition ? one.finished : []))),
    )
    // The second time only what depends on colours.
    const only = colorScheme === 'light' ? '' : ", runOnly: ['color-contrast', 'link-in-text-block']"
    const violations = (await page.evaluate(
      `axe.run({ resultTypes: ['violations']${only} }).then((result) => result.violations)`,
    )) as Finding[]
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    for (const { id, nodes } of serious)
      for (const { target, failureSummary = '' } of nodes)
        found.push(`${colorScheme}: ${id}: ${target.join(' ')}: ${failureSummary}`)
  }
  return found
}

/** What has the focus, also within the view. */
const FOCUSED = '(document.activeElement?.shadowRoot ?? document).activeElement'
const focused = (page: Page) =>
  page.evaluate<string>(`${FOCUSED}?.getAttribute('aria-label') ?? ${FOCUSED}?.textContent ?? ''`)

describe.skipIf(chromiumProblem !== undefined)(
  `pages for everybody${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test('axe finds nothing serious in the gallery and in a project', async () => {
      const page = await newPage({ bypassCSP: true, viewport: { width: 1280, height: 640 } })
      await page.goto(simyard.address)
      await page.getByRole('link', { name: 'Maze' }).waitFor()
      expect(await findingsOf(page)).toEqual([])
      await page.goto(`${simyard.address}/p/obstacle-avoidance`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      expect(await findingsOf(page)).toEqual([])
      await page.close()
    })

    test('axe finds nothing serious in recordings', async () => {
      const scene = `<?xml version="1.0"?><X3D><Scene>\n<WorldInfo id='n1' title='A box' info='"It stands."'/>\n<Solid id='n2'><Shape><Box/></Shape></Solid></Scene></X3D>`
      const form = new FormData()
      form.append('scene-file', new File([scene], 'scene.x3d'))
      const create = `${simyard.address}/ajax/animation/create.php`
      const { id, url } = await (await fetch(create, { method: 'POST', body: form })).json()
      await fetch(create, { method: 'POST', body: JSON.stringify({ uploading: 0, uploadId: id }) })
      const page = await newPage({ bypassCSP: true, viewport: { width: 1280, height: 640 } })
      await page.goto(`${simyard.address}/recordings`)
      await page.getByRole('link', { name: 'A box' }).first().waitFor()
      expect(await findingsOf(page)).toEqual([])
      await page.goto(url)
      await page.locator('simyard-view[data-picture="shown"]').waitFor()
      await page.getByRole('button', { name: 'About' }).click()
      expect(await findingsOf(page)).toEqual([])
      await page.getByRole('button', { name: 'Share' }).click()
      expect(await findingsOf(page)).toEqual([])
      await page.close()
    })

    test.each(['godot', 'godotcode?project=fossbot-level-1'])(
      'axe finds nothing serious in rooms: %s',
      async (path) => {
        const page = await newPage({ bypassCSP: true, viewport: { width: 1280, height: 800 } })
        await page.goto(`${simyard.address}/${path}`)
        await page.locator('#room-state[data-state=here]').waitFor()
        if (path.startsWith('godotcode')) await page.locator('#task-text h2').waitFor()
        expect(await findingsOf(page)).toEqual([])
        await page.getByRole('button', { name: /^Join / }).click()
        await page.locator('#room-card .qr svg').first().waitFor()
        expect(await findingsOf(page)).toEqual([])
        await page.setViewportSize({ width: 390, height: 844 })
        expect(await findingsOf(page)).toEqual([])
        await page.close()
      },
    )

    test('a program is written and run with the keyboard alone', async () => {
      const page = await newPage({ viewport: { width: 1280, height: 800 } })
      await page.goto(`${simyard.address}/godotcode?project=fossbot-level-1`)
      await page.locator('#room-state[data-state=here]').waitFor()
      await page.locator('.cm-content').waitFor()
      /** Tab by tab to what has that name; it fails when it never comes. */
      const tabTo = async (name: string | RegExp) => {
        for (let tabs = 0; tabs < 30; tabs++) {
          await page.keyboard.press('Tab')
          const reached = await focused(page)
          if (typeof name === 'string' ? reached === name : name.test(reached)) return
        }
        throw new Error(`No number of tabs leads to ${name}.`)
      }
      const isOpen = () => page.locator('#task-text').isVisible()

      await tabTo('Task')
      await page.keyboard.press('Enter')
      expect(await isOpen()).toBe(false)
      await page.keyboard.press('Enter')
      expect(await isOpen()).toBe(true)
      // There is nothing to start over yet.
      await tabTo('Task')
      await tabTo('Python')
      await page.keyboard.press('ArrowRight')
      expect(await focused(page)).toBe('JavaScript')
      await tabTo('Execute')
      await tabTo(/^Text of program\.js/)

      await page.keyboard.press('Control+a')
      await page.keyboard.insertText('console.log("by keys")\n')
      await page.keyboard.press('Control+Enter')
      const lines = page.locator('.console-lines')
      await expect.poll(() => lines.textContent()).toContain('by keys')
      await expect.poll(() => lines.textContent()).toContain('the program has ended')

      // Tab belongs to the editor until Escape gives it back.
      await page.keyboard.press('Tab')
      expect(await focused(page)).toMatch(/^Text of program/)
      await page.keyboard.press('Escape')
      await page.keyboard.press('Shift+Tab')
      expect(await focused(page)).toBe('Execute')
      for (let tabs = 0; tabs < 10 && (await focused(page)) !== 'Start over'; tabs++) {
        await page.keyboard.press('Shift+Tab')
      }
      expect(await focused(page)).toBe('Start over')
      await page.keyboard.press('Enter')
      const text = page.locator('.cm-content')
      expect(await text.textContent()).toContain('motor_left_speed: 60')
      // The focus is in the editor, and what was written comes back.
      await page.keyboard.press('Control+z')
      expect(await text.textContent()).toContain('by keys')

      await page.keyboard.press('Escape')
      await tabTo('Console')
      await tabTo('Follow')
      await tabTo('Copy')
      await page.close()
    })

    test('the keyboard alone is enough', async () => {
      const page = await newPage({ viewport: { width: 900, height: 500 } })
      await page.goto(`${simyard.address}/p/obstacle-avoidance`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()

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
      const outline = await page.evaluate(`getComputedStyle(${FOCUSED}).outlineStyle`)
      expect(outline).toBe('solid')
      await page.keyboard.press('Enter')
      await page.locator('simyard-view[data-state="running"]').waitFor()
      await page.close()
    })
  },
)
