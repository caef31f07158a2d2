import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromiumProblem, launchChromium, type RunningSimyard, repositoryRoot, startSimyard } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { copyProject, LONG, PICTURE, sessionOf, ViewPage } from './player/view-page.js'

const OBSTACLES = 'obstacle-avoidance/worlds/obstacle_avoidance.wbt'

describe.skipIf(chromiumProblem !== undefined)(
  `the player${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    let view: ViewPage
    beforeAll(async () => {
      simyard = await startSimyard(['--quiet'])
      browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
    })
    afterEach(async () => {
      await view?.close()
    })
    afterAll(async () => {
      await browser?.close()
      await simyard?.stop()
    })

    const live = (attributes = '', world = OBSTACLES) =>
      `<simyard-view style="display: block; height: 400px" controls ${attributes} server="${sessionOf(simyard, world)}"></simyard-view>`
    const button = (name: string) => view.page.getByRole('button', { name, exact: true })
    const panel = (name: string) => view.page.getByRole('group', { name, exact: true })
    const state = (name: string) => view.page.locator(`simyard-view[data-state="${name}"]`).waitFor(PICTURE)
    const tool = (name: string) => view.page.locator(`simyard-view [data-tool="${name}"]`)
    const endMs = () => view.ask<number>('view.range.endMs')
    const timeMs = () => view.ask<number>('view.timeMs')

    test('every button does what it says, by mouse', LONG, async () => {
      const world = readFileSync(join(repositoryRoot, 'projects', OBSTACLES), 'utf8')
      const id = await copyProject(simyard, 'obstacle-avoidance', {
        'worlds/another.wbt': world.replace('title "Obstacle avoidance"', 'title "Another place"'),
      })
      view = await ViewPage.open(browser, simyard, live('', `${id}/worlds/obstacle_avoidance.wbt`))
      await view.shown()

      await button('Step').click()
      await view.until('view.timeMs === 16')
      await button('Step').click()
      await view.until('view.timeMs === 32')
      expect(await view.ask('view.state')).toBe('paused')
      await button('Run').click()
      await state('running')
      await view.until('view.timeMs > 500')
      await button('Pause').click()
      await state('paused')
      await button('Fast').click()
      await state('fast')
      expect(await tool('fast').getAttribute('aria-pressed')).toBe('true')
      await button('Fast').click()
      await state('running')

      await button('Record and save').click()
      await panel('Record and save').getByRole('button', { name: 'Record from now on' }).click()
      expect(await view.ask('view.recording')).toBe(true)
      await view.until('view.recordedMs > 300')
      await panel('Record and save')
        .getByText(/Recording: /)
        .waitFor()
      await panel('Record and save').getByRole('button', { name: 'Stop recording' }).click()
      expect(await view.ask('view.recording')).toBe(false)
      await panel('Record and save').getByRole('option', { name: 'What was recorded' }).waitFor({ state: 'attached' })

      // One panel at a time.
      await button('Console').click()
      await panel('Record and save').waitFor({ state: 'hidden' })
      await panel('Console').getByText('Hello, I am e-puck').waitFor(PICTURE)
      await panel('Console').getByRole('button', { name: 'Clear' }).click()
      await panel('Console').getByText('What the robots print appears here.').waitFor()

      await button('Robots').click()
      await panel('Robots').getByRole('heading', { name: 'e-puck' }).waitFor()
      await panel('Robots').getByRole('button', { name: 'Devices' }).click()
      const devices = view.page.getByRole('dialog', { name: 'Devices of e-puck' })
      await devices.getByText('ps0', { exact: true }).waitFor()
      await devices.getByRole('button', { name: 'Close Devices of e-puck' }).click()
      await devices.waitFor({ state: 'detached' })

      const from = await view.ask<number[]>('view.camera.position')
      await button('Camera').click()
      await panel('Camera').getByRole('button', { name: 'Above it' }).click()
      await panel('Camera').waitFor({ state: 'hidden' })
      await view.until(`Math.hypot(...view.camera.position.map((one, at) => one - [${from}][at])) > 0.2`)
      await button('Camera').click()
      await panel('Camera').getByRole('button', { name: 'First view' }).click()
      await view.until(`Math.hypot(...view.camera.position.map((one, at) => one - [${from}][at])) < 0.01`)

      await button('Inspect').click()
      const things = panel('Things in the world')
      await things
        .getByRole('treeitem', { name: /^e-puck/ })
        .first()
        .click()
      await expect.poll(() => things.locator('dd').first().textContent()).toBe('Robot')
      await things
        .getByText(/Obstacle avoidance|e-puck/)
        .first()
        .waitFor()

      await button('About').click()
      await panel('About').getByRole('heading', { name: 'Obstacle avoidance' }).waitFor()
      await panel('About').getByText('bumps into nothing').waitFor()
      await panel('About').getByText('e-puck – controller obstacle_avoidance').waitFor()
      await panel('About')
        .getByText(/^\d+ ms$/)
        .waitFor()

      await button('Settings').click()
      expect(await view.ask('view.quality.shadows')).toBe(false)
      await panel('Settings').getByLabel('Shadows').check()
      expect(await view.ask('view.quality.shadows')).toBe(true)
      await panel('Settings').getByLabel('Shadows').uncheck()
      expect(await view.ask('view.quality.shadows')).toBe(false)

      await button('Share').click()
      expect(await panel('Share').getByRole('textbox', { name: 'Link' }).inputValue()).toBe(view.address)
      const embedding = await panel('Share').getByRole('textbox', { name: 'For your own page' }).inputValue()
      expect(embedding).toContain(`src="${simyard.address}/view/simyard-view.js"`)
      expect(embedding).toContain(`server="${sessionOf(simyard, `${id}/worlds/obstacle_avoidance.wbt`)}"`)
      await button('Close share').click()
      await panel('Share').waitFor({ state: 'hidden' })

      await button('Full screen').click()
      await view.until('document.fullscreenElement === view')
      await button('Full screen').click()
      await view.until('document.fullscreenElement === null')

      await button('Look back').click()
      await panel('Playback').waitFor()
      await button('Look back').click()
      await panel('Playback').waitFor({ state: 'hidden' })

      // The run before is kept, and can be saved.
      const before = await endMs()
      expect(await view.ask('view.hasPreviousRun')).toBe(false)
      await button('Reset').click()
      await view.until(`view.range.endMs < ${before}`)
      expect(await view.ask('view.hasPreviousRun')).toBe(true)
      await button('Record and save').click()
      await panel('Record and save')
        .getByRole('option', { name: 'The run before the last reset' })
        .waitFor({ state: 'attached' })
      const table = await view.ask<string>(`view.makeFile('csv', 'previous').then(({ blob }) => blob.text())`)
      const rows = table.trim().split('\r\n')
      expect(Number(rows[1]!.split(',')[0])).toBe(0)
      expect(Number(rows.at(-1)!.split(',')[0]) * 1000).toBeGreaterThanOrEqual(before)
      await button('Close record and save').click()

      await button('Reload').click()
      await view.until('view.range.endMs < 200 && !view.hasPreviousRun')
      await view.page.locator('simyard-view[data-picture]').waitFor(PICTURE)
      await button('Worlds').click()
      expect(
        await panel('Worlds').getByRole('button', { name: 'obstacle_avoidance' }).getAttribute('aria-current'),
      ).toBe('true')
      await panel('Worlds').getByRole('button', { name: 'another' }).click()
      await view.until(`view.worldTitle === 'Another place'`)
      await view.page.locator('simyard-view[data-picture]').waitFor(PICTURE)

      await button('Quit').click()
      await state('closed')
      await expect
        .poll(async () => {
          const status = (await (await fetch(`${simyard.address}/2000/status`)).json()) as { instances?: unknown[] }
          return status.instances?.length ?? 0
        }, PICTURE)
        .toBe(0)
      expect(view.errors).toEqual([])
    })

    test('the keyboard alone is enough, and keys are for whoever has the focus', LONG, async () => {
      view = await ViewPage.open(
        browser,
        simyard,
        `<p><input aria-label="Name"></p>${live()}<p><button>After</button></p>`,
      )
      await view.shown()
      const { keyboard } = view.page
      const focused = () => view.focused()

      // The picture, then one bar of buttons, in which arrows go around.
      await view.page.getByRole('textbox', { name: 'Name' }).focus()
      await keyboard.type(' krbcwif.,l')
      expect(await view.page.getByRole('textbox', { name: 'Name' }).inputValue()).toBe(' krbcwif.,l')
      expect(await view.ask('[view.state, view.live, document.fullscreenElement]')).toEqual(['paused', true, null])
      await keyboard.press('Tab')
      expect(await focused()).toMatch(/^3D view of the simulation/)
      await keyboard.press('Tab')
      expect(await focused()).toBe('Run')
      const names: string[] = []
      do {
        names.push(await focused())
        await keyboard.press('ArrowRight')
      } while ((await focused()) !== 'Run' && names.length < 30)
      expect(names).toEqual([
        ...['Run', 'Reset', 'Step', 'Fast', 'Reload', 'Quit', 'Look back', 'Record and save', 'Console', 'Robots'],
        ...['Camera', 'Inspect', 'About', 'Settings', 'Share', 'Full screen'],
      ])
      await keyboard.press('ArrowLeft')
      expect(await focused()).toBe('Full screen')
      await keyboard.press('ArrowRight')

      await keyboard.press('Enter')
      await state('running')
      await keyboard.press('Space')
      await state('paused')

      // Each panel opens, takes the focus, and Escape gives it back to the button.
      for (const [name, title] of [
        ['Record and save', 'Record and save'],
        ['Console', 'Console'],
        ['Robots', 'Robots'],
        ['Camera', 'Camera'],
        ['Inspect', 'Things in the world'],
        ['About', 'About'],
        ['Settings', 'Settings'],
        ['Share', 'Share'],
      ] as const) {
        for (let presses = 0; (await focused()) !== name && presses < 20; presses++) await keyboard.press('ArrowRight')
        await keyboard.press('Enter')
        await panel(title).waitFor()
        expect(
          await panel(title).evaluate((one) => one.contains((one.getRootNode() as ShadowRoot).activeElement)),
        ).toBe(true)
        await keyboard.press('Escape')
        await panel(title).waitFor({ state: 'hidden' })
        expect(await focused()).toBe(name)
      }

      // Keys from the picture: the focus comes back there.
      await view.page.locator('simyard-view canvas').first().focus()
      for (const [key, title] of [
        ['c', 'Camera'],
        ['w', 'Robots'],
        ['i', 'Things in the world'],
      ] as const) {
        await keyboard.press(key)
        await panel(title).waitFor()
        await keyboard.press('Escape')
        await panel(title).waitFor({ state: 'hidden' })
        expect(await focused()).toMatch(/^3D view of the simulation/)
      }
      const before = await endMs()
      await keyboard.press('.')
      await view.until(`view.range.endMs === ${before + 16}`)
      await keyboard.press('k')
      await state('running')
      await keyboard.press('b')
      await panel('Playback').waitFor()
      expect(await view.ask('view.live')).toBe(false)
      await keyboard.press('l')
      await panel('Playback').waitFor({ state: 'hidden' })
      expect(await view.ask('view.live')).toBe(true)
      await keyboard.press('f')
      await view.until('document.fullscreenElement === view')
      await keyboard.press('f')
      await view.until('document.fullscreenElement === null')
      await keyboard.press(' ')
      await state('paused')
      await keyboard.press('r')
      await view.until('view.range.endMs === 0')

      // In a field of a panel keys are letters.
      await tool('share').focus()
      await keyboard.press('Enter')
      await panel('Share').getByRole('textbox', { name: 'Link' }).focus()
      await keyboard.type(' krbcwif')
      expect(await view.ask('[view.state, view.live, document.fullscreenElement]')).toEqual(['paused', true, null])
      await panel('Share').waitFor()
      await keyboard.press('Escape')
      expect(await focused()).toBe('Share')
      // Shortcuts of the browser stay the browser's.
      await keyboard.press('Alt+k')
      expect(await view.ask('view.state')).toBe('paused')
      await keyboard.press('Tab')
      await keyboard.press('Tab')
      expect(await focused()).toBe('After')
      expect(view.errors).toEqual([])
    })

    test('a live run is looked back at while it goes on', LONG, async () => {
      view = await ViewPage.open(browser, simyard, live('autoplay'))
      await view.shown('running')
      await view.until('view.range.endMs > 2500')
      await button('Look back').click()
      const slider = panel('Playback').getByRole('slider', { name: 'Time' })
      const box = (await slider.boundingBox())!
      // Drawn by the mouse along the line of time.
      await view.page.mouse.move(box.x + box.width - 5, box.y + box.height / 2)
      await view.page.mouse.down()
      await view.page.mouse.move(box.x + box.width * 0.5, box.y + box.height / 2, { steps: 3 })
      await view.page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2, { steps: 3 })
      await view.page.mouse.up()
      const scrubbed = await timeMs()
      expect(scrubbed / (await endMs())).toBeGreaterThan(0.15)
      expect(scrubbed / (await endMs())).toBeLessThan(0.35)
      expect(await view.ask('[view.live, view.playing]')).toEqual([false, false])
      const grown = await endMs()
      await view.until(`view.range.endMs > ${grown} + 200`)
      expect(await timeMs()).toBe(scrubbed)
      expect(await view.ask('view.state')).toBe('running')

      // A frame on and a frame back.
      await button('One frame on').click()
      await view.until(`view.timeMs > ${scrubbed}`)
      const next = await timeMs()
      expect(next - scrubbed).toBeLessThan(200)
      await button('One frame on').click()
      await view.until(`view.timeMs > ${next}`)
      await button('One frame back').click()
      await view.until(`view.timeMs === ${next}`)
      await slider.focus()
      await view.page.keyboard.press('ArrowLeft')
      await view.until(`view.timeMs < ${next}`)
      await view.page.keyboard.press('PageUp')
      await view.until(`view.timeMs > ${next} + 800`)
      await view.page.keyboard.press('Home')
      await view.until('view.timeMs === view.range.startMs')

      // At a quarter of the speed, and then four times as fast: simulated time against the page's clock.
      const pace = async (speed: string) => {
        await panel('Playback').getByRole('combobox', { name: 'Playback speed' }).selectOption(speed)
        await view.page.keyboard.press('Escape')
        await view.ask('view.seek(view.range.startMs)')
        await button('Play').click()
        const passed = await view.ask<number>(`new Promise((done) => { let from, at
          view.addEventListener('simyard-time', function look() {
            if (from === undefined) { from = view.timeMs; at = performance.now(); return }
            if (view.timeMs - from < 300) return
            view.removeEventListener('simyard-time', look)
            done((view.timeMs - from) / (performance.now() - at)) }) })`)
        await button('Pause').click()
        return passed
      }
      expect(await pace('0.25')).toBeGreaterThan(0.15)
      expect(await pace('0.25')).toBeLessThan(0.35)
      expect(await pace('4')).toBeGreaterThan(1.2)

      // Around and around.
      await panel('Playback').getByRole('combobox', { name: 'Playback speed' }).selectOption('16')
      await button('Loop').click()
      // Nobody has asked for another speed.
      for (const hidden of ['quit', '']) await view.ask(`view.setAttribute('hide', '${hidden}')`)
      await view.ask(`view.setAttribute('idle-limit', '600')`)
      await button('Play').click()
      const turns = await view.ask<number>(`new Promise((done) => { let turns = 0, last = view.timeMs
        view.addEventListener('simyard-time', function look() {
          if (view.timeMs < last) turns++
          last = view.timeMs
          if (turns < 2) return
          view.removeEventListener('simyard-time', look); done(turns) }) })`)
      expect(turns).toBe(2)
      expect(await view.ask('view.playing')).toBe(true)
      expect(await panel('Playback').getByRole('combobox', { name: 'Playback speed' }).inputValue()).toBe('16')
      expect(await button('Loop').getAttribute('aria-pressed')).toBe('true')
      await view.ask(`view.setAttribute('speed', '2')`)
      expect(await panel('Playback').getByRole('combobox', { name: 'Playback speed' }).inputValue()).toBe('2')
      expect(await button('Loop').getAttribute('aria-pressed')).toBe('true')
      await button('Loop').click()
      await view.until('!view.playing')

      await view.page.getByRole('button', { name: 'Back to now' }).click()
      await view.until('view.live && view.range.endMs - view.timeMs < 500')
      await panel('Playback').waitFor({ state: 'hidden' })
      expect(await view.ask('view.state')).toBe('running')

      // Out of sight nothing is drawn, but the time goes on.
      const unseen = await view.ask<{ times: number[]; pictures: number }>(`(async () => {
        view.style.marginTop = '3000px'
        await new Promise((done) =>
          new IntersectionObserver((entries) => entries.at(-1).isIntersecting || done()).observe(view))
        const { pictures } = view.picture.stage.figures
        const times = []
        await new Promise((done) => view.addEventListener('simyard-time', function look({ detail }) {
          times.push(detail.timeMs)
          if (times.length < 4) return
          view.removeEventListener('simyard-time', look)
          done() }))
        return { times, pictures: view.picture.stage.figures.pictures - pictures } })()`)
      expect(unseen.pictures).toBe(0)
      expect(unseen.times).toEqual(unseen.times.toSorted((one, other) => one - other))
      expect(unseen.times.at(-1)! - unseen.times[0]!).toBeGreaterThan(300)
      await view.ask(`view.style.marginTop = ''`)
      await view.until(`view.picture.stage.figures.pictures > 0 && view.range.endMs - view.timeMs < 500`)
      expect(view.errors).toEqual([])
    })

    test('who does nothing is asked, may stay, and is told the end', LONG, async () => {
      view = await ViewPage.open(browser, simyard, live('autoplay idle-limit="5" timeout="600"'))
      await view.shown('running')
      const notice = view.page.getByRole('status').filter({ hasText: /seems to be here|was ended/ })
      await notice.getByText(/^Nobody seems to be here. The simulation ends in [12] s\.$/).waitFor(PICTURE)
      // As a screen reader presses it: nothing else is a sign of life.
      await notice.getByRole('button', { name: 'Stay' }).evaluate((one: HTMLButtonElement) => one.click())
      await notice.waitFor({ state: 'hidden' })
      expect(await view.ask('view.state')).toBe('running')
      await notice.getByText(/ends in 2 s/).waitFor(PICTURE)
      await view.page.mouse.move(300, 300)
      await notice.waitFor({ state: 'hidden' })
      await notice.getByText('The simulation was ended after 5 s without anybody touching it.').waitFor(PICTURE)
      expect(await view.ask('view.state')).toBe('closed')
      await notice.getByRole('button', { name: 'Start again' }).click()
      await view.shown('running')
      await notice.waitFor({ state: 'hidden' })

      // A limit of simulated time.
      await view.ask(`(view.setAttribute('idle-limit', '0'), view.setAttribute('timeout', '1'), view.reset())`)
      await view.ask('view.pause()')
      await state('paused')
      await view.ask('view.run()')
      const limit = view.page.getByRole('status').filter({ hasText: 'Paused after 1 s of simulated time.' })
      await limit.waitFor(PICTURE)
      expect(await view.ask('view.state')).toBe('paused')
      const paused = await endMs()
      expect(paused).toBeGreaterThanOrEqual(1000)
      await limit.getByRole('button', { name: 'Go on' }).click()
      await limit.waitFor({ state: 'hidden' })
      await view.until(`view.range.endMs > ${paused} + 200`)
      expect(view.errors).toEqual([])
    })

    test('panels are for everybody: light, dark, and on a small screen', LONG, async () => {
      view = await ViewPage.open(browser, simyard, live('theme="light"'), { bypassCSP: true })
      await view.shown()
      const titles = {
        record: 'Record and save',
        console: 'Console',
        windows: 'Robots',
        camera: 'Camera',
        inspect: 'Things in the world',
        info: 'About',
        settings: 'Settings',
        share: 'Share',
      }
      for (const [theme, width] of [
        ['light', 1000],
        ['dark', 1000],
        ['dark', 390],
      ] as const) {
        await view.page.setViewportSize({ width, height: 844 })
        await view.ask(`view.setAttribute('theme', '${theme}')`)
        for (const [name, title] of Object.entries(titles)) {
          if (width === 390) {
            await button('More').click()
            expect(await button('More').getAttribute('aria-expanded')).toBe('true')
          }
          await tool(name).click()
          await panel(title).waitFor()
          expect(await view.findings(), `${title}, ${theme}, ${width}`).toEqual([])
          const { x, width: wide } = (await panel(title).boundingBox())!
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x + wide).toBeLessThanOrEqual(width)
          await view.page.keyboard.press('Escape')
          await panel(title).waitFor({ state: 'hidden' })
          // What is behind "More" is not there any more: then it is "More" that has the focus.
          expect(await view.focused()).toBe(width === 390 ? 'More' : await tool(name).getAttribute('aria-label'))
        }
      }
      await view.ask('view.step()')
      await view.until('view.timeMs === 16')
      await button('More').click()
      await tool('history').click()
      await panel('Playback').waitFor()
      expect(await view.findings()).toEqual([])
      expect(view.errors).toEqual([])
    })

    test('who only watches changes nothing, and several views on a page mind their own business', LONG, async () => {
      view = await ViewPage.open(
        browser,
        simyard,
        `${live('id="runner"').replace('400px', '260px')}
         <simyard-view id="watcher" style="display: block; height: 260px" controls broadcast></simyard-view>`,
      )
      await view.shown()
      const stream = view.streams[0]!
      await view.ask(`document.querySelector('#watcher').setAttribute('stream', ${JSON.stringify(stream)})`)
      const watcher = view.page.locator('#watcher')
      await view.page.locator('#watcher[data-picture]').waitFor(PICTURE)
      for (const name of ['quit', 'reload', 'worlds', 'reset', 'step', 'run', 'fast']) {
        expect(await watcher.locator(`[data-tool="${name}"]`).isVisible(), name).toBe(false)
      }
      expect(await watcher.locator('[data-tool="camera"]').isVisible()).toBe(true)

      // Keys of the one that has the focus, and only if they are its own to use.
      await view.page.locator('#runner canvas').first().focus()
      await view.page.keyboard.press('k')
      await view.until(`document.querySelector('#watcher').state === 'running' && view.state === 'running'`)
      await view.until(`document.querySelector('#watcher').timeMs > 600`)
      await watcher.locator('canvas').first().focus()
      for (const key of ['k', ' ', 'r', '.']) await view.page.keyboard.press(key)
      await view.page.keyboard.press('c')
      await watcher.getByRole('group', { name: 'Camera' }).waitFor()
      expect(await view.page.locator('#runner').getByRole('group', { name: 'Camera' }).isVisible()).toBe(false)
      await view.page.keyboard.press('Escape')

      // Nor does what a page sends on its socket by itself.
      const drive = { type: 'drive', robot: 'e-puck', device: 'left wheel motor', set: 'velocity', value: 0 }
      for (const text of [
        ...['pause', 'reset', 'step', 'reload', 'fast:-1', 'timeout:1', 'load:worlds/obstacle_avoidance.wbt'],
        ...['set controller:obstacle_avoidance/obstacle_avoidance.py:1\n', 'robot:e-puck:stop'],
        `simyard:${JSON.stringify(drive)}`,
      ]) {
        await view.ask(`document.querySelector('#watcher').send(${JSON.stringify(text)})`)
      }
      const before = await endMs()
      expect(before).toBeGreaterThan(600)
      await view.until(`view.range.endMs > ${before} + 500`)
      expect(await view.ask(`[view.state, document.querySelector('#watcher').state]`)).toEqual(['running', 'running'])
      expect(await view.ask('view.hasPreviousRun')).toBe(false)
      expect(await view.ask('view.range.startMs')).toBe(0)

      // It may look back by itself, and play that.
      await watcher.locator('[data-tool="history"]').click()
      await view.ask(`document.querySelector('#watcher').seek(100)`)
      await watcher.getByRole('button', { name: 'Play', exact: true }).click()
      await view.until(`document.querySelector('#watcher').timeMs > 150`)
      expect(await view.ask('[view.live, view.state]')).toEqual([true, 'running'])
      await view.ask('view.pause()')
      await view.until(`view.state === 'paused' && document.querySelector('#watcher').state === 'paused'`)
      // The one whose simulation it is leaves, and the other is told.
      await view.ask('view.remove()')
      await view.page.locator('#watcher[data-state="failed"]').waitFor(PICTURE)
      expect(view.errors).toEqual([])
    })
  },
)
