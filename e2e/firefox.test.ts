import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { FossBot } from '@simyard/client'
import { readRecording } from '@simyard/recording'
import {
  firefoxProblem,
  launchFirefox,
  quickPictures,
  type RunningFirefox,
  type RunningSimyard,
  startSimyard,
} from '@simyard/testkit'
import { decode } from 'fast-png'
import type { Page } from 'puppeteer-core'
import { io } from 'socket.io-client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { HarnessResult } from './determinism/harness.js'
import { openHarnessSite, runHere, runThere } from './determinism/harness-site.js'

const patient = { timeout: 90_000 }
const VIEW = `document.querySelector('simyard-view')`
/** What has the focus, also within the view. */
const FOCUSED = '(document.activeElement.shadowRoot ?? document).activeElement'

describe.skipIf(firefoxProblem)(`in Firefox${firefoxProblem ? ` (${firefoxProblem})` : ''}`, () => {
  let simyard: RunningSimyard
  let firefox: RunningFirefox
  let page: Page
  let downloads: string
  const errors: string[] = []

  beforeAll(async () => {
    downloads = mkdtempSync(join(tmpdir(), 'simyard-downloads-'))
    simyard = await startSimyard(['--quiet'])
    firefox = await launchFirefox({ downloads })
  })
  afterAll(async () => {
    await firefox?.close()
    await simyard?.stop()
    rmSync(downloads, { recursive: true, force: true })
  })
  beforeEach(async () => {
    errors.length = 0
    page = await firefox.browser.newPage()
    await page.setViewport({ width: 1000, height: 640 })
    page.setDefaultTimeout(90_000)
    await page.evaluateOnNewDocument(quickPictures)
    page.on('pageerror', (error) => errors.push(String(error)))
  })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  const ask = <T>(code: string) => page.evaluate(code) as Promise<T>
  const view = <T>(member: string) => ask<T>(`${VIEW}.${member}`)
  // Firefox finds nothing in shadow roots by its role.
  const button = (name: string) => page.locator(`body >>> button[aria-label="${name}"]`)
  const until = (state: string) => page.waitForSelector(`simyard-view[data-state="${state}"]`)

  /** Paused, and the last state is on the screen: the picture is a little behind what comes. */
  async function untilTheEnd(): Promise<void> {
    await until('paused')
    await expect.poll(() => ask(`${VIEW}.timeMs === ${VIEW}.range.endMs`), patient).toBe(true)
  }

  async function openProject(name: string): Promise<void> {
    await page.goto(`${simyard.address}/p/${name}`)
    await page.waitForSelector('simyard-view[data-state="paused"][data-picture="shown"]')
  }

  /** Where the first robot is in what is on the screen. */
  const place = () =>
    ask<number[] | undefined>(
      `Array.from({ length: 500 }, (_, id) => ${VIEW}.inspect('n' + id)).find((one) => one?.type === 'Robot')?.position`,
    )

  const apart = (a: number[] | undefined, b: number[] | undefined) =>
    Math.hypot(...a!.map((value, axis) => value - b![axis]!))

  /** How many colours the picture has as it is on the screen. */
  async function colours(): Promise<number> {
    const canvas = (await page.waitForSelector('simyard-view >>> canvas'))!
    const { data, channels } = decode(await canvas.screenshot())
    const seen = new Set<number>()
    for (let at = 0; at < data.length; at += channels)
      seen.add((data[at]! << 16) | (data[at + 1]! << 8) | data[at + 2]!)
    return seen.size
  }

  test('a project page draws its world, and its robot drives', async () => {
    await openProject('obstacle-avoidance')
    expect(await colours()).toBeGreaterThan(200)
    const before = await place()
    await button('Run').click()
    await until('running')
    await expect.poll(async () => apart(before, await place()), patient).toBeGreaterThan(0.01)
    await button('Pause').click()
    await until('paused')
    await expect.poll(() => ask('document.querySelector(".console-lines").textContent'), patient).toMatch(/\w/)
  })

  test('the past of a run is looked at, and now again', async () => {
    await openProject('obstacle-avoidance')
    await ask(`void ${VIEW}.run()`)
    await expect.poll(() => view<number>('timeMs'), patient).toBeGreaterThan(1300)
    await ask(`void ${VIEW}.pause()`)
    await untilTheEnd()
    const now = await place()
    await (await page.waitForSelector('simyard-view >>> canvas'))!.focus()
    await page.keyboard.press('b')
    const line = (await page.waitForSelector('simyard-view >>> input[aria-label="Time"]', { visible: true }))!
    await ask(`void ${VIEW}.seek(200)`)
    await expect.poll(() => view('live'), patient).toBe(false)
    await expect.poll(() => view<number>('timeMs'), patient).toBeLessThan(300)
    const then = await place()
    expect(then).not.toEqual(now)
    await line.focus()
    await page.keyboard.press('PageUp')
    await expect.poll(() => view<number>('timeMs'), patient).toBeGreaterThan(1100)
    const { x, y, width, height } = (await line.boundingBox())!
    await page.mouse.move(x + width * 0.7, y + height / 2)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.2, y + height / 2, { steps: 4 })
    await page.mouse.up()
    await expect.poll(() => view<number>('timeMs'), patient).toBeLessThan(900)
    await ask(`void ${VIEW}.goLive()`)
    await expect.poll(() => view('live'), patient).toBe(true)
    await expect.poll(place, patient).toEqual(now)
  })

  test('a simulation in the tab is driven by a program through the relay', async () => {
    await page.goto(`${simyard.address}/godot`)
    await page.waitForSelector('#room-state[data-state=here]')
    const room = await ask<string>('document.querySelector("#session-id").textContent')
    const robot = new FossBot(room, { server_address: simyard.address, io })
    try {
      const before = await place()
      await robot.move_distance(1)
      await expect.poll(async () => apart(before, await place()), patient).toBeGreaterThan(0.5)
    } finally {
      await robot.exit()
    }
  })

  test.each([
    { world: 'obstacle-avoidance/worlds/obstacle_avoidance.wbt', steps: 344, driven: true, edited: true },
    { world: 'radio-duet/worlds/radio_duet.wbt', steps: 344, driven: true },
    { world: 'ball-chaser/worlds/ball_chaser.wbt', steps: 344, driven: true },
  ])('a run has the state hashes that it has in Node: $world', async (run) => {
    const site = await openHarnessSite()
    try {
      await page.goto(site.address)
      const there = await ask<HarnessResult>(runThere(run))
      const here = await runHere(run)
      expect(there.hashes).toEqual(here.hashes)
      expect(there.lastFrame).toEqual(here.lastFrame)
      expect(there.readings).toEqual(here.readings)
    } finally {
      await site.close()
    }
  })

  test('a project’s robot window drives its robot', async () => {
    await openProject('remote-control')
    await ask(`void ${VIEW}.openRobotWindow('e-puck')`)
    await ask(`void ${VIEW}.run()`)
    const frame = await page.waitForFrame((one) => one.url().includes('/robot_windows/'))
    await frame.waitForFunction(() => document.querySelector('#state')?.textContent?.includes('You drive e-puck.'))
    await frame.locator('button[aria-label="Forward"]').click()
    await expect
      .poll(() => frame.evaluate(() => Number(document.querySelector('#distance')!.textContent)), patient)
      .toBeGreaterThan(0.01)
  })

  /** The file that the browser has saved; Firefox writes into another one until it is whole. */
  async function saved(ending: string): Promise<string> {
    const whole = () => {
      const names = readdirSync(downloads)
      return names.some((name) => name.endsWith('.part')) ? undefined : names.find((name) => name.endsWith(ending))
    }
    await expect.poll(whole, patient).toBeDefined()
    return join(downloads, whole()!)
  }

  test('a run is saved by the browser, and plays again, also as a page without a server', async () => {
    await openProject('obstacle-avoidance')
    await ask(`void ${VIEW}.run()`)
    await expect.poll(() => view<number>('timeMs'), patient).toBeGreaterThan(1300)
    await ask(`void ${VIEW}.pause()`)
    await untilTheEnd()
    const endMs = await view<number>('range.endMs')
    const end = await place()
    await button('More').click()
    await button('Record and save').click()
    await page.locator('simyard-view >>> ::-p-text(To be opened in this player again)').click()
    const file = await saved('.simyard')
    expect(readRecording(new Uint8Array(readFileSync(file))).endMs).toBe(endMs)
    await page.locator('simyard-view >>> ::-p-text(One file that plays everywhere)').click()
    await page.goto(pathToFileURL(await saved('.html')).href)
    await page.waitForFunction(`${VIEW}?.kind === 'recording' && ${VIEW}.range.endMs > 0`)
    expect(await view('range.endMs')).toBe(endMs)
    await ask(`void ${VIEW}.pause()`)
    await ask(`void ${VIEW}.seek(${endMs})`)
    await expect.poll(async () => apart(await place(), end), patient).toBeLessThan(1e-6)
  })

  test('a page of Webots with <webots-view> runs a world', async () => {
    const body = `<!doctype html><script type="module" src="/wwi/R2023b/WebotsView.js"></script>
      <script>
        window.heard = []
        document.addEventListener('DOMContentLoaded', () => {
          const view = document.querySelector('webots-view')
          view.onready = () => heard.push('ready')
          customElements.whenDefined('webots-view').then(() => view.setWebotsMessageCallback((text) => heard.push('text ' + text)))
        })
      </script>
      <webots-view style="height: 300px" data-timeout="-1"
        data-server="${simyard.address}/session?url=${simyard.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt"></webots-view>`
    // The page's author has put it on the same host: simulators of a small installation serve no other sites.
    await page.setRequestInterception(true)
    page.on('request', (request) => {
      if (request.url() === `${simyard.address}/new.html`) void request.respond({ contentType: 'text/html', body })
      else void request.continue()
    })
    await page.goto(`${simyard.address}/new.html`)
    await page.waitForFunction(`heard.includes('ready')`)
    await button('Run').click()
    await page.waitForFunction(`heard.some((one) => one.startsWith('text '))`)
    await ask(`void document.querySelector('webots-view').sendMessage('pause')`)
    await until('paused')
  })

  test('the keyboard alone is enough', async () => {
    await openProject('obstacle-avoidance')
    await page.keyboard.press(' ')
    await until('running')
    await page.keyboard.press(' ')
    await until('paused')
    await page.keyboard.press('?')
    await page.waitForSelector('dialog[open][aria-labelledby="help-title"]')
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { hidden: true })
    // The editor takes Tab for itself until Escape gives it back.
    await page.focus('.cm-content')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    expect(await ask('document.activeElement?.closest(".cm-content") === null')).toBe(true)
    const path: string[] = []
    for (let tabs = 0; tabs < 15 && path.at(-1) !== 'Run'; tabs++) {
      await page.keyboard.press('Tab')
      path.push(await ask(`${FOCUSED}.getAttribute('aria-label') ?? ''`))
    }
    expect(path.at(-1)).toBe('Run')
    expect(await ask(`getComputedStyle(${FOCUSED}).outlineStyle`)).toBe('solid')
    await page.keyboard.press('Enter')
    await until('running')
  })
})
