import { chromiumProblem, launchChromium, quickPictures } from '@simyard/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openSite, type SiteFixture } from './site-fixture.js'

let site: SiteFixture
let browser: Browser
let context: BrowserContext
let page: Page
const shots = process.env.SIMYARD_SHOTS

beforeAll(async () => {
  if (chromiumProblem) return
  site = await openSite()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await site?.close()
})
beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1366, height: 800 }, colorScheme: 'light' })
  page = await context.newPage()
  if (!shots) await page.addInitScript({ content: quickPictures })
  page.on('pageerror', (error) => {
    throw error
  })
  page.on('console', (message) => {
    if (process.env.SIMYARD_SHOTS) console.log(message.type(), message.text())
  })
})
afterEach(async () => {
  site.standIn.refuse(undefined)
  await context.close()
})

const shoot = async (name: string) => {
  if (!shots) return
  // Nothing tells when the last transition is over.
  await page.waitForTimeout(400)
  await page.screenshot({ path: `${shots}/${name}.png` })
}
const reason = chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''
const openProject = async (id = 'rover') => {
  await page.goto(`${site.standIn.origin}/p/${id}`)
  await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
}

describe.skipIf(chromiumProblem)(`gallery${reason}`, () => {
  it('shows the projects as cards that lead to their pages', async () => {
    await page.goto(site.standIn.origin)
    await page.getByRole('link', { name: 'Obstacle avoidance' }).waitFor()
    expect(await page.locator('.card').count()).toBe(3)
    await shoot('gallery-light')
    await page.locator('#theme').click()
    await shoot('gallery-dark')
    await page.getByRole('link', { name: 'Obstacle avoidance' }).click()
    await page.waitForURL('**/p/rover')
  })
})

describe.skipIf(chromiumProblem)(`project page${reason}`, () => {
  it('draws the world, runs it, and shows what the robot prints', async () => {
    await openProject()
    await page.locator('simyard-view').evaluate((view: HTMLElement & { quality: { pixelRatioCap: number } }) => {
      view.quality = { ...view.quality, pixelRatioCap: 1 }
    })
    await page.waitForFunction(() => {
      const canvas = document.querySelector('simyard-view')!.shadowRoot!.querySelector('canvas')!
      return canvas.width > 300 && canvas.height > 200
    })
    await shoot('project-light')
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Pause' }).waitFor()
    await page.locator('.console-lines .who').first().waitFor()
    await page.waitForFunction(
      () =>
        !document
          .querySelector('simyard-view')!
          .shadowRoot!.querySelector('.clock')!
          .textContent!.startsWith('00:00.0'),
    )
    // The traceback leads to its line, which is underlined.
    await page.getByRole('link', { name: /rover\.py", line 8/ }).click()
    await page.locator('.cm-lintRange-error').first().waitFor()
    await shoot('project-error-light')
    await page.locator('#theme').click()
    await shoot('project-dark')
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
  })

  it('moves the robot on the screen while it runs', async () => {
    await openProject()
    const picture = () => page.locator('#view-box').screenshot()
    let before = await picture()
    const settled = async () => {
      const last = before
      before = await picture()
      return before.equals(last)
    }
    await expect.poll(settled).toBe(true)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect.poll(async () => (await picture()).equals(before)).toBe(false)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    expect((await picture()).equals(before)).toBe(false)
  })

  it('saves into a copy, keeps unsaved text over a reload, and continues in the copy', async () => {
    await openProject()
    const editor = page.locator('.cm-content')
    await editor.click()
    await page.keyboard.press('Control+Home')
    await page.keyboard.type('# mine. ')
    await page.locator('.tab.changed').waitFor()
    await page.reload()
    await page.getByText('Unsaved changes restored').waitFor()
    expect(await editor.textContent()).toContain('# mine. ')
    await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
    await editor.click()
    await page.keyboard.press('Control+s')
    await page.waitForURL(/\/p\/rover-[a-z2-9]{6}/)
    await page.getByText('Saved. Reset to run the new program.').waitFor()
    await shoot('project-saved')
    expect(
      site.standIn.received.some(
        (text) => text.startsWith('set controller:rover/rover.py:') && text.includes('# mine. '),
      ),
    ).toBe(true)
    await page.getByRole('button', { name: 'Reset now' }).click()
    await expect.poll(() => site.standIn.received.at(-1)).toBe('reset')
    await page.goto(`${site.standIn.origin}/p/rover`)
    await page.waitForURL(/\/p\/rover-[a-z2-9]{6}/)
    await expect.poll(() => page.locator('.cm-content').textContent()).toContain('# mine. ')
    await page.getByRole('button', { name: 'Revert to original' }).click()
    await expect.poll(() => page.locator('.cm-content').textContent()).not.toContain('# mine. ')
    await page.goto(site.standIn.origin)
    await page.getByRole('link', { name: 'Your copy' }).waitFor()
  })

  it('never steals keys from the editor', async () => {
    await openProject()
    const sent = site.standIn.received.length
    await page.locator('.cm-content').click()
    await page.keyboard.type(' r.f ')
    // What is sent later than this arrives later, too.
    await page.getByRole('button', { name: 'Step' }).click()
    await expect.poll(() => site.standIn.received.slice(sent)).toEqual(['step'])
  })

  it('says why a start failed, and tries again', async () => {
    site.standIn.refuse('worlds/arena.wbt:3:5: expected a field name')
    await page.goto(`${site.standIn.origin}/p/rover`)
    await page.getByText('expected a field name').first().waitFor()
    await page.getByText('SCENE_SYNTAX').first().waitFor()
    await shoot('project-failed')
    site.standIn.refuse(undefined)
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
  })

  it('says when the simulation is gone, and frees its seat when the page closes', async () => {
    await openProject()
    site.standIn.crash()
    await page.getByText('The simulation has stopped').waitFor()
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
    expect(site.standIn.openSockets()).toBe(2)
    await page.close()
    await expect.poll(() => site.standIn.openSockets()).toBe(0)
  })

  it('fits a phone', async () => {
    await page.setViewportSize({ width: 390, height: 844 })
    await openProject()
    await shoot('phone-code')
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.getByRole('button', { name: 'Console', exact: true }).click()
    await page.locator('.console-lines .who').first().waitFor()
    await shoot('phone-console')
    await page.getByRole('button', { name: 'About', exact: true }).click()
    await page.getByText('Try this').waitFor()
    await shoot('phone-about')
  })
})
