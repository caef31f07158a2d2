import { FrameDecoder, type SceneFrame } from '@simyard/frames'
import { BINARY_MESSAGE } from '@simyard/protocol'
import {
  aliveAmong,
  chromiumProblem,
  descendantsOf,
  launchChromium,
  quickPictures,
  type RunningSimyard,
  startSimyard,
} from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'

let simyard: RunningSimyard
let browser: Browser
beforeAll(async () => {
  if (chromiumProblem) return
  simyard = await startSimyard(['--warm', '2'])
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await simyard?.stop()
})

/** The frames that the page has received, newest last. */
function recordFrames(page: Page): SceneFrame[] {
  const frames: SceneFrame[] = []
  page.on('websocket', (socket) => {
    const decoder = new FrameDecoder()
    socket.on('framereceived', ({ payload }) => {
      if (typeof payload === 'string' || payload[0] !== BINARY_MESSAGE.frame) return
      frames.push(decoder.decode(new Uint8Array(payload)).frame)
    })
  })
  return frames
}

/** The way of the node that travels furthest, metres. */
function travelled(frames: readonly SceneFrame[]): number {
  const first = new Map<number, readonly number[]>()
  let furthest = 0
  for (const { id, translation } of frames.flatMap(({ poses }) => poses)) {
    if (translation === undefined) continue
    const start = first.get(id)
    if (!start) first.set(id, translation)
    else furthest = Math.max(furthest, Math.hypot(...translation.map((value, axis) => value - start[axis]!)))
  }
  return furthest
}

describe.skipIf(chromiumProblem !== undefined)(
  `the main job in Chromium${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test('open the gallery, run a world, change its program, save, reset, see the difference, leave nothing behind', async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      await context.addInitScript({ content: quickPictures })
      const page = await context.newPage()
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      const frames = recordFrames(page)

      await page.goto(simyard.address)
      await page.getByRole('link', { name: 'Obstacle avoidance' }).click()
      await page.waitForURL('**/p/obstacle-avoidance')
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      await expect
        .poll(() => descendantsOf(simyard.pid).some(({ command }) => command.includes('obstacle_avoidance.py')))
        .toBe(true)

      // The robot moves, and says hello.
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.getByText('Hello, I am e-puck').waitFor()
      await expect.poll(() => travelled(frames)).toBeGreaterThan(0.1)

      // A new program: stand still and say so.
      await page.locator('.cm-content').click()
      await page.keyboard.press('Control+a')
      const program =
        'from controller import Robot\nrobot = Robot()\nprint("I stand", "still now")\nwhile robot.step(16) != -1:\n    pass\n'
      await page.keyboard.insertText(program)
      await page.keyboard.press('Control+s')
      await page.waitForURL(/\/p\/obstacle-avoidance-[a-z0-9]{6}/)
      await page.getByRole('button', { name: 'Reset now' }).click()
      await page.getByText('I stand still now').waitFor()
      const from = frames.length
      await expect.poll(() => frames.at(-1)!.timeMs).toBeGreaterThan(1000)
      // Not even a millimetre: it only settles on its wheels.
      expect(travelled(frames.slice(from + 1))).toBeLessThan(0.001)

      // It is still there after a reload, and runs from the start.
      await page.reload()
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      expect(await page.locator('.cm-content').textContent()).toContain('still now')
      await page.getByText('I stand still now').waitFor()

      await context.close()
      await expect
        .poll(() => descendantsOf(simyard.pid).filter(({ command }) => command.includes('.py')), { timeout: 5000 })
        .toEqual([])
      expect(problems).toEqual([])
    })

    test('a program with an error shows its traceback, and the line can be clicked', async () => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      await context.addInitScript({ content: quickPictures })
      const page = await context.newPage()
      await page.goto(`${simyard.address}/p/radio-duet`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      await page.locator('.cm-content').click()
      await page.keyboard.press('Control+a')
      await page.keyboard.insertText('from controller import Robot\nrobot = Robot()\nrobot.nonsense()\n')
      await page.keyboard.press('Control+s')
      await page.getByRole('button', { name: 'Reset now' }).click()
      await page.getByRole('link', { name: /\.py", line 3/ }).click()
      await page.getByText('CONTROLLER_CRASHED').first().waitFor()
      await page.locator('.cm-lintRange-error').first().waitFor()
      await context.close()
    })

    test('Ctrl-C ends the server and everything it started', async () => {
      const own = await startSimyard()
      onTestFinished(async () => void (await own.stop()))
      const page = await browser.newPage()
      await page.addInitScript({ content: quickPictures })
      await page.goto(`${own.address}/p/maze`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      const family = descendantsOf(own.pid).map(({ pid }) => pid)
      expect(family.length).toBeGreaterThan(2)
      expect(await own.stop('SIGINT')).toBe(0)
      await page
        .getByText(/has stopped|shut down/)
        .first()
        .waitFor()
      await expect.poll(() => aliveAmong(family), { timeout: 2000 }).toEqual([])
      await page.close()
    })
  },
)
