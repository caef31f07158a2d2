import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { chromiumProblem, launchChromium, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { LONG, PICTURE, sessionOf, ViewPage } from './player/view-page.js'

const RUN_MS = 2000

describe.skipIf(chromiumProblem)(`what a view saves${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'simyard-saved-'))
  let simyard: RunningSimyard
  let browser: Browser
  let view: ViewPage
  let robot: string
  beforeAll(async () => {
    simyard = await startSimyard(['--quiet'])
    browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
    view = await ViewPage.open(
      browser,
      simyard,
      `<simyard-view style="display: block; height: 240px" controls autoplay timeout="${RUN_MS / 1000}"
         server="${sessionOf(simyard, 'obstacle-avoidance/worlds/obstacle_avoidance.wbt')}"></simyard-view>`,
      { viewport: { width: 320, height: 240 }, pixelRatio: 1 },
    )
    await view.until(`view.state === 'paused' && view.timeMs >= ${RUN_MS}`)
    robot = `n${await view.ask<number>('view.robots[0].nodeId')}`
  })
  afterAll(async () => {
    await view?.close()
    await browser?.close()
    await simyard?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const poseAt = (timeMs: number) => `new Promise((done) => {
      view.addEventListener('simyard-time', () => {
        const { name, position, rollPitchYaw } = view.inspect('${robot}')
        done({ timeMs: view.timeMs, name, position, rollPitchYaw }) }, { once: true })
      view.seek(${timeMs}) })`

  /** The file as the browser saved it. */
  async function saved(format: string): Promise<string> {
    const [download] = await Promise.all([
      view.page.waitForEvent('download', PICTURE),
      view.ask(`view.save('${format}')`),
    ])
    const path = join(folder, download.suggestedFilename())
    await download.saveAs(path)
    return path
  }

  test('a page plays from the disk, without any network', LONG, async () => {
    const path = await saved('html')
    const context = await browser.newContext({ offline: true, viewport: { width: 320, height: 240 } })
    const page = await context.newPage()
    const errors: string[] = []
    const requests: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('request', (request) => requests.push(request.url()))
    await page.goto(pathToFileURL(path).href)
    await page.locator('simyard-view[data-state="running"][data-picture]').waitFor(PICTURE)
    const ask = (expression: string) =>
      page.evaluate(`(async () => { const view = document.querySelector('simyard-view'); return ${expression} })()`)
    // Around and around.
    const turned = await ask(`new Promise((done) => { let last = 0
        view.addEventListener('simyard-time', () => { if (view.timeMs < last) done(true); last = view.timeMs }) })`)
    expect(turned).toBe(true)
    await ask('view.pause()')
    expect(await ask(poseAt(1000))).toEqual(await view.ask(poseAt(1000)))
    expect(await ask('view.worldTitle')).toBe('Obstacle avoidance')
    expect(errors).toEqual([])
    expect(requests.filter((url) => !/^(file|data|blob):/.test(url))).toEqual([])
    await context.close()
  })

  /** What the view shows at a moment, as a picture that other pages can load. */
  const pictureAt = (timeMs: number) =>
    view.ask<string>(`(view.seek(${timeMs}), view.picture.stage.photograph(640)).then((blob) => new Promise((done) => {
      const reader = new FileReader()
      reader.onload = () => done(reader.result)
      reader.readAsDataURL(blob) }))`)

  test.each([
    ['encoded', ''],
    // As on pages of an address that is not safe, where browsers keep their encoders to themselves.
    ['recorded by the browser', 'window.encoder = window.VideoEncoder; delete window.VideoEncoder'],
  ])('a video, %s, has the whole run and is sought by every player', LONG, async (_way, prepare) => {
    await view.ask(`(() => { ${prepare} })()`)
    await view.ask('view.seek(500)')
    const path = await saved('video')
    await view.ask('window.encoder && (window.VideoEncoder = window.encoder)')
    expect(path).toMatch(/\.(mp4|webm)$/)
    // What was shown before is shown again.
    await view.until('view.timeMs === 500 && !view.playing')
    const { startMs, endMs } = await view.ask<{ startMs: number; endMs: number }>('view.range')
    const runS = (endMs - startMs) / 1000
    const moments = [startMs, startMs + 1000, endMs]
    const pictures: string[] = []
    for (const moment of moments) pictures.push(await pictureAt(moment))
    const page = await browser.newPage()
    const bytes = readFileSync(path)
    // A server that cannot send parts of it would not let anybody seek.
    await page.route('**/video', (route) =>
      route.fulfill({ body: bytes, contentType: `video/${path.replace(/^.*\./, '')}` }),
    )
    await page.route('**/player.html', (route) =>
      route.fulfill({ body: '<!doctype html><video muted></video>', contentType: 'text/html' }),
    )
    await page.goto(`${simyard.address}/player.html`)
    const facts = (await page.evaluate(`(async () => {
        const video = document.querySelector('video')
        const heard = (event) => new Promise((done, fail) => {
          video.addEventListener(event, done, { once: true })
          video.addEventListener('error', () => fail(new Error(video.error?.message)), { once: true }) })
        video.src = URL.createObjectURL(await (await fetch('/video')).blob())
        await heard('loadeddata')
        const pixels = (image) => {
          const canvas = new OffscreenCanvas(160, 120)
          const drawing = canvas.getContext('2d')
          drawing.drawImage(image, 0, 0, 160, 120)
          return [...drawing.getImageData(0, 0, 160, 120).data] }
        const { duration, videoWidth, videoHeight } = video
        const seek = async (time) => {
          const sought = heard('seeked')
          const drawn = new Promise((done) => video.requestVideoFrameCallback(done))
          video.currentTime = time
          await sought
          await drawn
          return pixels(video) }
        const middle = await seek(1.001)
        const at = video.currentTime
        const seen = [await seek(0.001), middle, await seek(duration - 0.001)]
        const again = await seek(1.001)
        const ended = heard('ended')
        await video.play()
        await ended
        const shown = []
        for (const url of ${JSON.stringify(pictures)}) {
          const image = new Image()
          image.src = url
          await image.decode()
          shown.push(pixels(image)) }
        // Videos have colours of their own; what counts is what moves.
        const moving = shown[0].flatMap((value, i) => shown.some((one) => Math.abs(one[i] - value) > 24) ? [i] : [])
        const apart = (one, other) => moving.reduce((sum, i) => sum + Math.abs(one[i] - other[i]), 0) / moving.length
        return { moving: moving.length, duration, videoWidth, videoHeight, at, end: video.currentTime,
          apart: seen.map((one) => shown.map((other) => apart(one, other))),
          same: middle.filter((value, i) => value !== again[i]).length, colours: new Set(middle).size } })()`)) as {
      readonly apart: readonly (readonly number[])[]
    } & Readonly<
      Record<'moving' | 'duration' | 'videoWidth' | 'videoHeight' | 'at' | 'end' | 'same' | 'colours', number>
    >
    expect(Math.abs(facts.duration - runS), `${facts.duration} of ${runS} s`).toBeLessThan(0.1)
    expect(facts.end).toBeCloseTo(facts.duration, 1)
    expect(facts.at).toBeCloseTo(1, 1)
    expect(facts.videoWidth / facts.videoHeight).toBeCloseTo(320 / 240, 1)
    expect(facts.colours).toBeGreaterThan(10)
    expect(facts.same).toBe(0)
    // Its first picture is that of the beginning, its last one that of the end, and not the other way round.
    const said = JSON.stringify(facts)
    expect(facts.moving, said).toBeGreaterThan(50)
    for (const [at, distances] of facts.apart.entries()) {
      const own = distances[at]!
      expect(own, said).toBeLessThan(10)
      for (const [other, distance] of distances.entries())
        if (other !== at) expect(distance, said).toBeGreaterThan(own * 2)
    }
    await page.close()
  })

  test('our own file is opened from its address, at the time in the address of the page', LONG, async () => {
    const path = await saved('simyard')
    const page = await browser.newPage({ viewport: { width: 320, height: 240 } })
    await page.route('**/run.simyard', (route) => route.fulfill({ body: readFileSync(path) }))
    await page.route('**/recording.html**', (route) =>
      route.fulfill({
        body: `<!doctype html><script type="module" src="/view/simyard-view.js"></script>
            <simyard-view style="display: block; height: 240px" controls recording="/run.simyard"></simyard-view>`,
        contentType: 'text/html',
      }),
    )
    await page.goto(`${simyard.address}/recording.html#t=1.5`)
    await page.waitForFunction(`document.querySelector('simyard-view').timeMs === 1500`, undefined, PICTURE)
    const shown = await page.evaluate(`document.querySelector('simyard-view').inspect('${robot}').position`)
    expect(shown).toEqual(((await view.ask(poseAt(1500))) as { position: unknown }).position)
    await page.close()
  })
})
