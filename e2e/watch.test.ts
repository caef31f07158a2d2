import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { GodotEnvironment, watchRoom } from '@simyard/client'
import { quaternionFromAxisAngle } from '@simyard/geometry'
import {
  chromiumProblem,
  FrameViewer,
  launchChromium,
  openSimulation,
  quickPictures,
  type RunningSimyard,
  repositoryRoot,
  SlowLine,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { encode as encodePng } from 'fast-png'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { degreesBetween, metresBetween } from './player/driven-robots.js'

const PYTHON = '/usr/bin/python3'
const missing = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const problem =
  chromiumProblem ?? (missing.length > 0 ? `Python's ${missing.join(', ')} is missing; run npm run setup` : undefined)
const PATIENCE = { timeout: 60_000, interval: 200 }
const MOST_METRES = 0.001
const MOST_DEGREES = 0.1
const shots = process.env.SIMYARD_SCREENSHOTS === '1'

/** Drives a robot as users do, with Debian's python-socketio. */
const PROGRAM = `
import sys
from fossbot import *
robot = FossBot(session_id=sys.argv[2], server_address=sys.argv[1])
robot.move_distance(6)
robot.rotate_clockwise()
robot.move_distance(4)
robot.exit()
print('DRIVEN')
`

interface Shown {
  readonly timeMs: number
  readonly position: readonly [number, number, number]
  readonly axisAngle: readonly [number, number, number, number]
}

/** What pages use of the view, as the browser runs it. */
interface View extends Element {
  readonly timeMs: number
  readonly range: { readonly startMs: number; readonly endMs: number }
  readonly robots: readonly { readonly nodeId: number }[]
  pause(): void
  run(): void
  seek(timeMs: number): void
  stepFrames(count: number): void
  goLive(): void
  inspect(id: string): { readonly position: Shown['position']; readonly axisAngle: Shown['axisAngle'] }
}

/** What a view shows of the robot at some moments, or at every eighth frame that it has when none are named. */
function whatIsShown(page: Page, times: readonly number[] | undefined): Promise<Shown[]> {
  return page.evaluate(async (times) => {
    const view = document.querySelector('simyard-view') as unknown as View
    const id = `n${view.robots[0]!.nodeId}`
    const after = async (action: () => void): Promise<Shown> => {
      const shown = new Promise((done) => view.addEventListener('simyard-time', done, { once: true }))
      action()
      await shown
      const { position, axisAngle } = view.inspect(id)
      return { timeMs: view.timeMs, position, axisAngle }
    }
    const all: Shown[] = []
    if (times) for (const time of times) all.push(await after(() => view.seek(time)))
    else {
      all.push(await after(() => view.seek(view.range.startMs + 1e-3)))
      while (all.at(-1)!.timeMs < view.range.endMs) all.push(await after(() => view.stepFrames(8)))
    }
    return all
  }, times)
}

const timeOf = (page: Page) =>
  page.evaluate(() => (document.querySelector('simyard-view') as unknown as View).range.endMs)
const onView = (page: Page, method: 'pause' | 'run') =>
  page.evaluate((method) => (document.querySelector('simyard-view') as unknown as View)[method](), method)
const has = (part: string) => (text: string) => text.includes(part)

/** The robot's translations in the words of Webots, by simulated time; what is not told is as before. */
function posesIn(texts: readonly string[], id: number): Map<number, readonly number[]> {
  const poses = new Map<number, readonly number[]>()
  let last: readonly number[] | undefined
  for (const text of texts) {
    if (!text.startsWith('application/json:')) continue
    const { time, updates = [] } = JSON.parse(text.slice('application/json:'.length)) as {
      time: number
      updates?: { id: number; translation?: string }[]
    }
    const moved = updates.find((update) => update.id === id)?.translation
    if (moved !== undefined) last = moved.split(' ').map(Number)
    if (last) poses.set(time, last)
  }
  return poses
}

describe.skipIf(problem)(`a room in a tab is watched${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let simyard: RunningSimyard
  let browser: Browser
  let hosting: BrowserContext
  let watching: BrowserContext
  let host: Page
  let watcher: Page
  let id: string
  let code: string
  let stream: string

  beforeAll(async () => {
    simyard = await startSimyard()
    browser = await launchChromium()
    const size = { viewport: { width: 900, height: 640 } }
    ;[hosting, watching] = await Promise.all([browser.newContext(size), browser.newContext(size)])
    for (const context of [hosting, watching]) await context.addInitScript({ content: quickPictures })
    host = await hosting.newPage()
    await host.goto(`${simyard.address}/godot`)
    await host.locator('#room-state[data-state=here]').waitFor({ timeout: 120_000 })
    id = (await host.locator('#session-id').textContent())!
    await host.getByRole('button', { name: /^Join / }).click()
    code = (await host.locator('#room-card .code').textContent())!
    stream = (await watchRoom(simyard.address, code)).stream
  })
  afterAll(async () => {
    await browser?.close()
    await simyard?.stop()
  })

  const shoot = async (page: Page, name: string) => {
    if (shots) await page.screenshot({ path: join(repositoryRoot, `e2e/screenshots/${name}.png`) })
  }
  /** The simulated time of a run that stands, as who comes now is told. */
  const pausedAt = async () => {
    const plain = await TextSocket.open(stream)
    plain.send('w3d')
    const paused = await plain.next((text) => text.startsWith('pause:'))
    plain.close()
    return paused
  }
  const watchersShown = () => host.locator('.watchers').textContent()

  test('by the code, in a second page and in Webots’ own words: the same poses at the same times', async () => {
    expect(await watchersShown()).toBe('Nobody watches.')
    const plain = await TextSocket.open(stream)
    plain.send('w3d')
    await plain.next(has('model:'))
    watcher = await watching.newPage()
    await watcher.goto(await host.locator('.watch-link a').getAttribute('href').then(String))
    await watcher.locator('simyard-view[data-picture=shown]').waitFor({ timeout: 120_000 })
    expect(await watcher.locator('#watched-host').textContent()).toContain('tab')
    expect(await watcher.locator('#watched-title').textContent()).not.toBe('')
    await expect.poll(watchersShown, PATIENCE).toBe('2 watch.')
    await shoot(host, 'watch-host')

    const env = { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' }
    const run = promisify(execFile)(PYTHON, ['-c', PROGRAM, simyard.address, id], { timeout: 120_000, env })
    expect((await run).stdout).toContain('DRIVEN')
    await shoot(watcher, 'watch-watcher')
    await onView(host, 'pause')
    await plain.next((text) => text.startsWith('pause:'))
    const endMs = await timeOf(host)
    await expect.poll(() => timeOf(watcher), PATIENCE).toBe(endMs)

    const seen = await whatIsShown(watcher, undefined)
    const robot = await host.evaluate(
      () => (document.querySelector('simyard-view') as unknown as View).robots[0]!.nodeId,
    )
    const told = posesIn(plain.received, robot)
    const compared = seen.filter(({ timeMs }) => told.has(timeMs))
    const moved = metresBetween(compared[0]!.position, compared.at(-1)!.position)
    expect(compared.length).toBeGreaterThan(15)
    expect(moved).toBeGreaterThan(1)
    const shown = await whatIsShown(
      host,
      compared.map(({ timeMs }) => timeMs),
    )
    for (const [index, there] of compared.entries()) {
      const here = shown[index]!
      const where = `at ${there.timeMs} ms`
      expect(metresBetween(there.position, here.position), where).toBeLessThan(MOST_METRES)
      expect(metresBetween(told.get(there.timeMs) as Shown['position'], here.position), where).toBeLessThan(MOST_METRES)
      expect(
        degreesBetween(quaternionFromAxisAngle(there.axisAngle), quaternionFromAxisAngle(here.axisAngle)),
        where,
      ).toBeLessThan(MOST_DEGREES)
    }
    plain.close()
    for (const page of [host, watcher]) {
      await page.evaluate(() => (document.querySelector('simyard-view') as unknown as View).goLive())
    }
  })

  test('what a watcher says changes nothing, and floor pictures reach it through the relay', async () => {
    const before = await pausedAt()
    const raw = await TextSocket.open(stream)
    for (const word of ['reset', 'x3d', 'reset', 'real-time:-1', 'step', 'load:worlds/other.wbt']) raw.send(word)
    await raw.next(has('model:'))
    const environment = new GodotEnvironment(id, { server_address: simyard.address })
    const data = new Uint8Array(16 * 16 * 3).fill(120)
    const image = encodePng({ width: 16, height: 16, data, channels: 3 })
    await environment.draw_image_floor_auto({ image })
    await environment.exit()
    const update = await raw.next(has('made/floor-'))
    const path = /made\/floor-\d+\.png/.exec(update)![0]
    const picture = await fetch(`${stream.replace('ws', 'http')}${path}`)
    expect(picture.headers.get('content-type')).toBe('image/png')
    expect([...new Uint8Array(await picture.arrayBuffer()).subarray(1, 4)]).toEqual([80, 78, 71])
    expect(await pausedAt()).toBe(before)
    raw.close()
  })

  test('a late watcher and one on a bad line see the newest state, and nobody waits for them', async () => {
    await onView(host, 'run')
    const { hostname, port } = new URL(simyard.address)
    const line = await SlowLine.open(
      { host: hostname, port: Number(port) },
      { bitsPerSecond: 64_000, delayMs: 100, loss: 0 },
    )
    const slow = await FrameViewer.open(stream.replace(port, String(line.port)))
    const late = await FrameViewer.open(stream)
    await slow.until(({ newest }) => newest !== undefined, 60_000)
    await late.until(({ newest }) => newest !== undefined, 60_000)
    const count = late.frames.length
    await late.until(({ frames }) => frames.length > count + 30, 60_000)
    const reached = late.newest!.frame.timeMs
    await slow.until(({ newest }) => newest!.frame.timeMs >= reached, 30_000)
    slow.close()
    late.close()
    await line.close()
  })

  test('when the host’s page is loaded again, the watchers go on by themselves', async () => {
    const plain = await TextSocket.open(stream)
    plain.send('w3d')
    await plain.next(has('model:'))
    const from = plain.received.length
    await host.reload()
    await host.locator('#room-state[data-state=here]').waitFor({ timeout: 120_000 })
    expect(await host.locator('#session-id').textContent()).toBe(id)
    await plain.next(has('model:'), { from, timeoutMs: 120_000 })
    expect(plain.closed).toBeUndefined()
    await expect
      .poll(async () => {
        const [there, here] = [await timeOf(watcher), await timeOf(host)]
        return Math.abs(there - here) < 3000
      }, PATIENCE)
      .toBe(true)
    plain.close()
  })

  test('Webots’ own element shows it, in a page that was written for Webots', async () => {
    await watcher.addScriptTag({ type: 'module', url: `${simyard.address}/wwi/R2023b/WebotsView.js` })
    const shown = await watcher.evaluate(async (stream) => {
      await customElements.whenDefined('webots-view')
      interface WebotsView extends HTMLElement {
        onready: () => void
        setAnimationStepCallback(tell: (time: number) => void): void
      }
      const view = document.createElement('webots-view') as WebotsView
      const stepped = new Promise<number>((resolve) => {
        view.onready = () => view.setAnimationStepCallback(resolve)
      })
      view.dataset.server = stream
      view.dataset.broadcast = 'true'
      view.style.height = '100px'
      document.body.append(view)
      const timeMs = await stepped
      view.remove()
      return timeMs
    }, stream)
    expect(shown).toBeGreaterThan(0)
  })

  test('a locked room refuses, and an owner who wants no watchers sends them away', async () => {
    await host.getByRole('button', { name: /^Join / }).click()
    await host.getByLabel('Let nobody new in').check()
    await vi.waitFor(async () => {
      const late = await TextSocket.open(stream)
      late.send('w3d')
      expect((await late.untilClosed()).reason).toBe('ROOM_LOCKED')
    }, PATIENCE)
    expect(await watcher.evaluate(() => document.querySelector('#answer')!.textContent)).not.toContain('nobody')
    await host.getByLabel('Let nobody new in').uncheck()
    await host.getByLabel('Let others watch').uncheck()
    await watcher.locator('#answer', { hasText: 'nobody watch' }).waitFor({ timeout: 60_000 })
    await expect(watchRoom(simyard.address, code)).rejects.toMatchObject({ code: 'ROOM_LOCKED' })
    await host.getByLabel('Let others watch').check()
    await vi.waitFor(() => watchRoom(simyard.address, code), PATIENCE)
    await shoot(watcher, 'watch-ended')
  })

  test('a room of a server is watched by its code in the same way, and its end is told', async () => {
    const start = { start: { url: `${simyard.address}/projects/fossbot-level-0/worlds/fossbot_level_0.wbt` } }
    const opened = await openSimulation(simyard.address, start, ['simyard:hello', 'x3d'])
    const event = await opened.stream.next((text) => has('"type":"room"')(text) && has('"state":"here"')(text))
    const room = JSON.parse(event.slice('simyard:'.length)) as { code: string }
    const described = await watchRoom(simyard.address, room.code)
    expect(described).toMatchObject({ host: 'server', simulator: 'here' })
    const plain = await TextSocket.open(described.stream)
    plain.send('w3d')
    const xml = await plain.next(has('model:'))
    expect(xml).toBe(opened.stream.received.find(has('model:')))
    opened.stream.send('real-time:-1')
    await plain.next(has('application/json:{"time":'), { from: plain.received.length })
    plain.send('reset')
    plain.send('pause')
    const from = plain.received.length
    await plain.next(has('application/json:{"time":'), { from })
    const asset = await fetch(`${described.stream.replace('ws', 'http')}worlds/fossbot_level_0.wbt`)
    expect([asset.status, asset.redirected]).toEqual([200, true])
    await simyard.stop()
    expect(await plain.next(has('stderr:The relay is being stopped'))).not.toBe('')
    expect((await plain.untilClosed()).reason).toBe('ROOM_ENDED')
    opened.client.close()
  })
})
