import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import {
  chromiumProblem,
  launchChromium,
  type RunningServer,
  type RunningSimyard,
  repositoryRoot,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { build } from 'esbuild'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'

const patient = { timeout: 90_000 }
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** The site that has the projects, and a simulation server of another address: windows are not of the site. */
let site: RunningSimyard
let server: RunningServer
let client: TextSocket | undefined
beforeAll(async () => {
  site = await startSimyard()
  server = await startServer('simulation-server', { websites: [site.address], warmSimulators: 0 })
})
afterEach(() => client?.close())
afterAll(async () => {
  await server?.stop()
  await site?.stop()
})

/** A running simulation of a project; its stream has one viewer of ours already. */
async function start(project: string): Promise<{ http: string; ws: string; stream: TextSocket }> {
  const url = `${site.address}/projects/${project}/worlds/${project.replaceAll('-', '_')}.wbt`
  client = await TextSocket.open(`ws://127.0.0.1:${server.port}/client`)
  client.send(JSON.stringify({ start: { url } }))
  const ws = (await client.next((text) => text.startsWith('webots:ws'))).slice('webots:'.length)
  const stream = await TextSocket.open(`${ws}/`)
  for (const word of ['simyard:hello', 'x3d']) stream.send(word)
  await stream.next((text) => text === 'scene load completed')
  return { http: ws.replace(/^ws/, 'http'), ws, stream }
}

test('windows are served with the script that they import, without the internet', async () => {
  const { http, stream } = await start('remote-control')
  expect(stream.received).toContain('robot window: {"robot":"e-puck","window":"remote_control"}')
  const page = await fetch(`${http}/robot_windows/remote_control/remote_control.html?name=e-puck`)
  expect(page.status).toBe(200)
  expect(page.headers.get('content-type')).toContain('text/html')
  // Opened by itself it has the address of the site, and none of its rights.
  expect(page.headers.get('content-security-policy')).toContain('sandbox')
  const script = await (await fetch(`${http}/robot_windows/remote_control/remote_control.js`)).text()
  expect(script).toContain("from '../../wwi/RobotWindow.js'")
  expect(script).not.toContain('cyberbotics')
  for (const path of ['wwi/RobotWindow.js', 'wwi/R2023b/RobotWindow.js']) {
    const served = await fetch(`${http}/${path}`)
    expect(served.headers.get('content-type')).toContain('javascript')
    expect(served.headers.get('access-control-allow-origin')).toBe('*')
    expect(await served.text()).toContain('class RobotWindow')
  }
  expect((await fetch(`${http}/robot_windows/generic/generic.html`)).status).toBe(200)
  expect((await fetch(`${http}/robot_windows/no/no.html`)).status).toBe(404)
  expect((await fetch(`${http}/robot_windows/generic/..%2f..%2fcontroller/link.js`)).status).not.toBe(200)
})

describe.skipIf(chromiumProblem !== undefined)(
  `robot windows${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let browser: Browser
    let pages: Server
    let bench: string
    let page: Page
    beforeAll(async () => {
      const bundle = await build({
        entryPoints: [join(repositoryRoot, 'e2e/robot-window/browser.ts')],
        bundle: true,
        write: false,
        platform: 'browser',
        format: 'esm',
        target: 'es2022',
        conditions: ['simyard-source'],
        logLevel: 'silent',
      })
      pages = createServer((request, response) => {
        if (request.url === '/bench.js') {
          return response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(bundle.outputFiles[0]!.contents)
        }
        const html = '<!doctype html><html lang="en"><title>Bench</title><body></body></html>'
        return response.writeHead(200, { 'Content-Type': 'text/html' }).end(html)
      })
      await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
      bench = `http://127.0.0.1:${(pages.address() as AddressInfo).port}/`
      browser = await launchChromium()
    })
    afterEach(() => page?.close())
    afterAll(async () => {
      await browser?.close()
      pages?.closeAllConnections()
      await new Promise((resolve) => (pages ? pages.close(resolve) : resolve(undefined)))
    })

    async function openBench(ws: string, theme: string): Promise<void> {
      page = await browser.newPage({ viewport: { width: 900, height: 560 } })
      await page.goto(bench)
      const [stream, colours] = [JSON.stringify(ws), JSON.stringify(theme)]
      await page.evaluate(
        `import('/bench.js').then(({ WindowBench }) => WindowBench.open(${stream}, ${colours})).then((bench) => { window.bench = bench })`,
      )
    }
    const call = (method: string, ...values: unknown[]) =>
      page.evaluate(`window.bench.${method}(${values.map((value) => JSON.stringify(value)).join(', ')})`)
    const box = async (name: string) => (await page.getByRole('dialog', { name }).boundingBox())!
    async function serious(): Promise<string[]> {
      await page.evaluate(axeSource)
      const found = (await page.evaluate('axe.run().then((result) => result.violations)')) as {
        id: string
        impact: string
        nodes: { target: string[]; failureSummary?: string }[]
      }[]
      return found
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .flatMap(({ id, nodes }) =>
          nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary ?? ''}`),
        )
    }

    test.each(['light', 'dark'])('a project’s window drives its robot in the view, in %s colours', async (theme) => {
      const { http, ws } = await start('remote-control')
      await openBench(ws, theme)
      await call('openFrame', 'e-puck', `${http}/robot_windows/remote_control/remote_control.html`)
      await call('send', 'real-time:-1')
      const window = page.frameLocator('iframe')
      await window.getByText('You drive e-puck.').waitFor()
      await page.getByRole('dialog', { name: 'Remote control (e-puck)' }).waitFor()
      expect(await window.locator('html').getAttribute('data-theme')).toBe(theme)
      expect(await window.locator('html').evaluate(() => [origin, document.referrer.length > 0 && 'known'])).toContain(
        'null',
      )
      await window.getByRole('button', { name: 'Forward' }).click()
      await expect
        .poll(async () => Number(await window.locator('#distance').textContent()), patient)
        .toBeGreaterThan(0.01)
      await window.getByRole('button', { name: 'Stop' }).press('Enter')
      expect(await window.getByRole('button', { name: 'Stop' }).getAttribute('aria-pressed')).toBe('true')
      expect(await serious()).toEqual([])
    })

    test('a window is moved, resized and closed by mouse, and by keyboard alone', async () => {
      const { http, ws } = await start('remote-control')
      await openBench(ws, 'light')
      await call('openFrame', 'e-puck', `${http}/robot_windows/remote_control/remote_control.html`)
      const name = /e-puck/
      const dialog = page.getByRole('dialog', { name })
      const at = async () => (await dialog.boundingBox())!
      const first = await at()
      // Opened, it has the focus on the handle that moves it.
      await page.keyboard.press('ArrowRight')
      await page.keyboard.press('ArrowDown')
      expect(await at()).toMatchObject({ x: first.x + 20, y: first.y + 20 })
      await dialog.getByRole('button', { name: /^Resize/ }).focus()
      await page.keyboard.press('ArrowRight')
      expect((await at()).width).toBe(first.width + 20)
      await page.mouse.move(first.x + 120, first.y + 30)
      await page.mouse.down()
      await page.mouse.move(first.x + 320, first.y + 90, { steps: 4 })
      await page.mouse.up()
      expect(await at()).toMatchObject({ x: first.x + 220, y: first.y + 80 })
      await page.mouse.move(first.x + 320, first.y + 90)
      await page.mouse.down()
      await page.mouse.move(3000, 3000)
      await page.mouse.up()
      // The title stays in sight.
      expect((await at()).y).toBeLessThanOrEqual(560 - 44)
      await dialog.getByRole('button', { name: /^Move/ }).focus()
      await page.keyboard.press('Escape')
      await dialog.waitFor({ state: 'detached' })
    })

    test('a window by itself in the browser speaks on the stream', async () => {
      const { http, stream } = await start('remote-control')
      page = await browser.newPage()
      await page.goto(`${http}/robot_windows/remote_control/remote_control.html?name=e-puck`)
      stream.send('real-time:-1')
      await page.getByText('You drive e-puck.').waitFor()
      await page.getByRole('button', { name: 'Forward' }).click()
      await expect
        .poll(async () => Number(await page.locator('#distance').textContent()), patient)
        .toBeGreaterThan(0.01)
    })

    test('the generic window that is served shows what the devices say', async () => {
      const { http, stream } = await start('obstacle-avoidance')
      page = await browser.newPage()
      await page.goto(`${http}/robot_windows/generic/generic.html?name=e-puck`)
      await page.getByRole('cell', { name: 'ps0', exact: true }).waitFor()
      stream.send('real-time:-1')
      const value = page.locator('tr', { hasText: 'ps0' }).locator('td').last()
      await expect.poll(async () => Number((await value.textContent())?.split(' ')[0]), patient).toBeGreaterThan(30)
    })

    test.each(['light', 'dark'])('every device is shown with its live value, in %s colours', async (theme) => {
      const { ws } = await start('obstacle-avoidance')
      await openBench(ws, theme)
      await call('openGeneric', 'e-puck', true)
      const row = (device: string) => page.locator('.devices li', { has: page.getByText(device, { exact: true }) })
      await row('ps0').waitFor()
      await call('send', 'real-time:-1')
      await expect
        .poll(async () => Number(await row('ps0').locator('output').textContent()), patient)
        .toBeGreaterThan(30)
      expect(await row('accelerometer').locator('output').textContent()).toBe('not enabled')
      await page.getByLabel('Measure also what the controller has not enabled').check()
      await expect
        .poll(() => row('accelerometer').locator('output').textContent(), patient)
        .toMatch(/z 9\.\d+ m\/s² \(not enabled\)/)
      const picture = row('camera').locator('canvas.sight')
      await expect
        .poll(() => picture.evaluate((canvas: HTMLCanvasElement) => [canvas.width, canvas.height]), patient)
        .toEqual([52, 39])
      const colours = await picture.evaluate((canvas: HTMLCanvasElement) => {
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
        return new Set(new Uint32Array(data.buffer)).size
      })
      expect(colours).toBeGreaterThan(10)
      expect(await serious()).toEqual([])
    })

    test('motors are moved by hand with the keyboard, and only where that is allowed', async () => {
      const { ws } = await start('remote-control')
      await openBench(ws, 'light')
      await call('openGeneric', 'e-puck', true)
      await call('send', 'real-time:-1')
      const row = page.locator('.devices li', { has: page.getByText('left wheel motor', { exact: true }) })
      const slider = row.getByRole('slider', { name: /^Velocity of left wheel motor/ })
      const position = async () => {
        // The robot's program sets the motor, too, when it starts; the last word counts.
        await slider.press('Home')
        await slider.press('End')
        return Math.abs(Number.parseFloat((await row.locator('output').textContent()) ?? ''))
      }
      await expect.poll(position, patient).toBeGreaterThan(1)
      await page.keyboard.press('Escape')
      await page.getByRole('dialog').waitFor({ state: 'detached' })
      const wish = (await page.evaluate('window.bench.sent.at(-1)')) as string
      expect(JSON.parse(wish.slice('simyard:'.length))).toMatchObject({ type: 'watch', robots: [], pictures: [] })
      await call('openGeneric', 'e-puck', false)
      await page.getByText('This page only watches').waitFor()
      await row.waitFor()
      expect(await row.getByRole('slider').first().isDisabled()).toBe(true)
      expect((await box('Devices of e-puck')).width).toBe(340)
    })
  },
)
