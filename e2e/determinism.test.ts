import { chromiumProblem, launchChromium } from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HarnessResult } from './determinism/harness.js'
import { type HarnessSite, openHarnessSite, runHere, runThere } from './determinism/harness-site.js'

const WORLDS = [
  'obstacle-avoidance/worlds/obstacle_avoidance.wbt',
  'maze/worlds/maze.wbt',
  'radio-duet/worlds/radio_duet.wbt',
  'ball-chaser/worlds/ball_chaser.wbt',
]
/** Five seconds of these worlds' 16 ms, and a half. */
const STEPS = 344

describe('the same inputs make the same run', () => {
  test.each(WORLDS)('twice in Node: %s', async (world) => {
    const run = { world, steps: STEPS, driven: true }
    const [first, second] = [await runHere(run), await runHere(run)]
    expect(second).toEqual(first)
    expect(first.hashes).toHaveLength(6)
    expect(new Set(first.hashes).size, 'nothing moved').toBe(first.hashes.length)
    const still = await runHere({ ...run, driven: false })
    expect(still.hashes.at(-1), 'the commands changed nothing').not.toBe(first.hashes.at(-1))
  })

  test('twice in Node, edited on the way', async () => {
    const run = { world: WORLDS[0]!, steps: STEPS, driven: true, edited: true }
    const [first, second] = [await runHere(run), await runHere(run)]
    expect(second).toEqual(first)
    const untouched = await runHere({ ...run, edited: false })
    expect(untouched.hashes.at(0), 'the edits changed nothing').not.toBe(first.hashes.at(0))
  })
})

describe.skipIf(chromiumProblem)(`Node and Chromium${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let site: HarnessSite
  let browser: Browser
  let page: Page

  beforeAll(async () => {
    site = await openHarnessSite()
    browser = await launchChromium()
    page = await browser.newPage()
    await page.goto(site.address)
  })
  afterAll(async () => {
    await browser?.close()
    await site?.close()
  })

  test.each(
    WORLDS.flatMap((world) => [
      { world, steps: STEPS, driven: false },
      { world, steps: STEPS, driven: true },
      { world, steps: STEPS, driven: true, edited: true },
    ]),
  )('$world, driven: $driven, edited: $edited', async (run) => {
    const there = await page.evaluate<HarnessResult>(runThere(run))
    const here = await runHere(run)
    expect(there.hashes).toEqual(here.hashes)
    expect(there.lastFrame).toEqual(here.lastFrame)
    expect(there.readings).toEqual(here.readings)
  })
})
