// Takes the pictures of the documentation, docs/images/*.png, from the real pages; needs a build and Chromium.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { decode, encode } from 'fast-png'
import { root, say } from './steps.mjs'

const { chromiumProblem, launchChromium, startSimyard } = await import('../packages/testkit/dist/index.js')
if (chromiumProblem) {
  say(`No pictures: ${chromiumProblem}.`)
  process.exit(1)
}

/** Fewer shades of each colour: half the size, and nobody sees it. */
function shrink(path) {
  const picture = decode(readFileSync(path))
  const data = picture.data.map((value) => Math.round(Math.round(value / 8.5) * 8.5))
  writeFileSync(path, encode({ ...picture, data }, { zlib: { level: 9 } }))
}

const folder = `${root}docs/images`
mkdirSync(folder, { recursive: true })
const simyard = await startSimyard()
const browser = await launchChromium()
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
  const shoot = async (name) => {
    const path = `${folder}/${name}.png`
    await page.screenshot({ path, timeout: 120_000 })
    shrink(path)
    say(`${path}: ${(statSync(path).size / 1024).toFixed(0)} kB`)
  }
  await page.goto(simyard.address)
  await page.locator('.card img').first().waitFor()
  await page.waitForLoadState('networkidle')
  await shoot('gallery')
  await page.goto(`${simyard.address}/p/obstacle-avoidance`)
  await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor({ timeout: 120_000 })
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.waitForFunction(() => document.querySelector('simyard-view').timeMs > 2500, undefined, {
    timeout: 120_000,
  })
  await shoot('project')
} finally {
  await browser.close()
  await simyard.stop()
}
