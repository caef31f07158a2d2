import { chromiumProblem, launchChromium, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countGraphics, type Upkeep, UpkeepMeter } from './player/upkeep.js'
import { LONG, PICTURE, PLAIN_QUALITY, sessionOf, ViewPage } from './player/view-page.js'

/** Both after the same kind of round: a view that is put back holds other things than one that has loaded its world anew. */
const ROUNDS = 19
const SETTLED = 7

/** What somebody does in an hour, in a few seconds; a round leaves the page as it found it. */
const round = `(async (again) => {
  const { view } = window
  const heard = (name, is = () => true) => new Promise((done) => {
    view.addEventListener(name, function look(event) {
      if (!is(event.detail)) return
      view.removeEventListener(name, look)
      done() }) })
  const state = (name) => view.state === name || heard('simyard-state', ({ state }) => state === name)
  const picture = () => heard('simyard-progress', ({ step, state }) => step === 'frame' && state === 'done')
  const query = (selector) => view.shadowRoot.querySelector(selector)

  view.run()
  await state('running')
  await heard('simyard-time', ({ timeMs }) => timeMs > 100)
  view.pause()
  await state('paused')
  for (const tool of ['record', 'console', 'windows', 'camera', 'inspect', 'info', 'settings', 'share']) {
    query('[data-tool="' + tool + '"]').click()
    query('[data-tool="' + tool + '"]').click()
  }
  view.openDevices(view.robots[0].name)
  query('[role="dialog"] header button').click()
  view.select('n' + view.robots[0].nodeId)
  view.select(undefined)
  const back = heard('simyard-time')
  view.seek(32)
  await back
  view.goLive()
  view.reset()
  await heard('simyard-reset')
  if (again === 'reload') {
    const shown = picture()
    view.reload()
    await shown
  } else {
    const parent = view.parentElement
    view.remove()
    if (again === 'new') {
      window.gone.push(new WeakRef(view))
      window.view = view.cloneNode()
      for (const name of ['data-state', 'data-picture', 'data-playing']) window.view.removeAttribute(name)
      window.view.quality = view.quality
    }
    const one = window.view
    const shown = new Promise((done) => one.addEventListener('simyard-progress', function look({ detail }) {
      if (detail.step !== 'frame' || detail.state !== 'done') return
      one.removeEventListener('simyard-progress', look)
      done() }))
    parent.append(one)
    await shown
  }
  const now = window.view
  // The picture may be there before the word of what the run does.
  if (now.state === 'connecting') await new Promise((done) => now.addEventListener('simyard-state', done, { once: true }))
  if (now.state !== 'paused') throw new Error('it is ' + now.state)
})`

describe.skipIf(chromiumProblem)(
  `a page that is open for long${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    beforeAll(async () => {
      simyard = await startSimyard(['--quiet'])
      browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
    })
    afterAll(async () => {
      await browser?.close()
      await simyard?.stop()
    })

    test('play, pause, panels, windows, reload, remove and put back, again and again', {
      timeout: 600_000,
    }, async () => {
      const context = await browser.newContext({ viewport: { width: 400, height: 300 } })
      await context.addInitScript(countGraphics)
      const page = await context.newPage()
      const errors: string[] = []
      const sockets = new Set<string>()
      page.on('pageerror', (error) => errors.push(error.message))
      page.on('websocket', (socket) => {
        sockets.add(socket.url())
        socket.on('close', () => sockets.delete(socket.url()))
      })
      await page.route('**/long.html', (route) =>
        route.fulfill({
          body: `<!doctype html><div><simyard-view style="display: block; height: 280px" controls
            server="${sessionOf(simyard, 'obstacle-avoidance/worlds/obstacle_avoidance.wbt')}"></simyard-view></div>
            <script type="module">import '/view/simyard-view.js'
            window.gone = []
            window.view = document.querySelector('simyard-view')
            view.quality = ${PLAIN_QUALITY}</script>`,
          contentType: 'text/html',
        }),
      )
      await page.goto(`${simyard.address}/long.html`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor(PICTURE)
      const meter = await UpkeepMeter.attach(page)
      let settled: Upkeep | undefined
      for (let i = 1; i <= ROUNDS; i++) {
        await page.evaluate(`${round}('${['reload', 'same', 'new'][i % 3]}')`)
        if (i === SETTLED) settled = await meter.measure()
      }
      const last = await meter.measure()
      const before = settled!
      const told = JSON.stringify({ before, last })
      expect(before.heapBytes).toBeGreaterThan(1_000_000)
      expect(last.heapBytes - before.heapBytes, told).toBeLessThan(1_500_000)
      expect(last.nodes - before.nodes, told).toBeLessThan(300)
      expect(last.listeners - before.listeners, told).toBeLessThan(30)
      expect(last.contexts, told).toBe(1)
      expect(before.graphics.Buffer).toBeGreaterThan(5)
      // A round leaves out a picture now and then, and with it what only that picture needs; what each leaves behind adds up.
      for (const [kind, count] of Object.entries(last.graphics))
        expect(count - (before.graphics[kind] ?? 0), `${kind}: ${told}`).toBeLessThan((ROUNDS - SETTLED) / 2)

      // Elements that left for good are gone, and so is what they held.
      expect(await page.evaluate('gone.length')).toBeGreaterThan(ROUNDS / 4)
      expect(await page.evaluate('gone.filter((one) => one.deref()).length')).toBeLessThan(2)
      await page.evaluate(`view.remove(); window.view = undefined`)
      await expect.poll(() => [...sockets], PICTURE).toEqual([])
      const empty = await meter.measure()
      expect(empty.contexts).toBe(0)
      await expect
        .poll(async () => {
          const status = (await (await fetch(`${simyard.address}/2000/status`)).json()) as { instances?: unknown[] }
          return status.instances?.length ?? 0
        }, PICTURE)
        .toBe(0)
      expect(errors).toEqual([])
      await context.close()
    })

    test('a simulation in the page leaves with its element', LONG, async () => {
      const view = await ViewPage.open(
        browser,
        simyard,
        `<simyard-view style="display: block; height: 240px" autoplay
          tab="${simyard.address}/projects/fossbot-level-0/worlds/fossbot_level_0.wbt"></simyard-view>`,
        { viewport: { width: 320, height: 240 } },
      )
      await view.shown('running')
      expect(view.page.workers().length).toBeGreaterThan(0)
      await view.ask('view.remove()')
      await expect.poll(() => view.page.workers().length, PICTURE).toBe(0)
      expect(view.errors).toEqual([])
      await view.close()
    })
  },
)
