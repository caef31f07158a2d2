// Draws the gallery's pictures: runs each project in the real view and keeps a moment of it.
// node scripts/make-thumbnails.mjs [--to FOLDER] [project …]; needs a build and Chromium.
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { root, say } from './steps.mjs'

const { chromiumProblem, launchChromium, startSimyard } = await import('../packages/testkit/dist/index.js')
if (chromiumProblem) {
  say(`No pictures: ${chromiumProblem}.`)
  process.exit(1)
}

/** Simulated seconds after which there is something to see. */
const moments = {
  'ball-chaser': 5.5,
  'javascript-driver': 1.2,
  'line-following': 2,
  maze: 3,
  'obstacle-avoidance': 0.5,
  'radio-duet': 2,
  'wall-follower': 6,
}
const wanted = process.argv.slice(2)
const to = wanted[0] === '--to' ? wanted.splice(0, 2)[1] : undefined
const ids = wanted.length > 0 ? wanted : readdirSync(`${root}projects`)

const simyard = await startSimyard()
const browser = await launchChromium()
try {
  const page = await browser.newPage({ viewport: { width: 640, height: 400 } })
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !/GPU stall/.test(message.text())) say(message.text())
  })
  for (const id of ids) {
    const world = /^world: *(.+)$/m.exec(readFileSync(`${root}projects/${id}/project.yaml`, 'utf8'))[1]
    await page.goto(simyard.address)
    await page.evaluate(async (address) => {
      await import('/view/simyard-view.js')
      const view = document.createElement('simyard-view')
      view.style.cssText = 'position: fixed; inset: 0; z-index: 99'
      view.setAttribute('theme', 'light')
      view.setAttribute('autoplay', '')
      view.setAttribute('server', address)
      document.body.replaceChildren(view)
    }, `${simyard.address}/session?url=${simyard.address}/projects/${id}/${world}`)
    await page.locator('simyard-view[data-picture]').waitFor({ timeout: 120_000 })
    await page.waitForFunction(
      (timeMs) => document.querySelector('simyard-view').timeMs >= timeMs,
      (moments[id] ?? 3) * 1000,
      { timeout: 180_000 },
    )
    await page.evaluate(() => document.querySelector('simyard-view').pause())
    await page.waitForTimeout(1500)
    if (to) mkdirSync(to, { recursive: true })
    const path = to ? `${to}/${id}.jpg` : `${root}projects/${id}/thumbnail.jpg`
    await page.screenshot({ path, type: 'jpeg', quality: 82 })
    say(`${path}: ${(statSync(path).size / 1024).toFixed(0)} kB`)
  }
} finally {
  await browser.close()
  await simyard.stop()
}
