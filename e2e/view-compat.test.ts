import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromiumProblem, launchChromium, type RunningSimyard, startSimyard } from '@simyard/testkit'
import { encode } from 'fast-png'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { WebSocketServer } from 'ws'
import { scene } from './view-picture/page.js'

const WORLD = 'projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt'
const SCENE = scene(
  `<Solid id='n10' name='box'><Shape id='n11'><PBRAppearance id='n12' baseColor='1 0 0' /><Box id='n13' /></Shape></Solid>`,
)

/** Pages as their authors wrote them; only the address of the script is ours. */
const pages = (simyard: string, mjpeg: string): Record<string, string> => ({
  '/new.html': `<!doctype html><script type="module" src="${simyard}/wwi/R2023b/WebotsView.js"></script>
    <script>
      window.heard = []
      document.addEventListener('DOMContentLoaded', () => {
        const view = document.querySelector('webots-view')
        view.showQuit = false
        view.onready = () => heard.push('ready')
        view.ondisconnect = () => heard.push('disconnected')
        customElements.whenDefined('webots-view').then(() => {
          view.setWebotsMessageCallback((text) => heard.push('text ' + text))
          view.setAnimationStepCallback((time) => { window.stepMs = time })
        })
      })
    </script>
    <webots-view style="height: 300px" data-server="${simyard}/session?url=${simyard}/${WORLD}" data-timeout="-1"></webots-view>`,
  '/scene.html': `<!doctype html><script type="module" src="${simyard}/view/WebotsView.js"></script>
    <webots-view style="height: 300px" data-scene="box.x3d"></webots-view>`,
  '/broadcast.html': `<!doctype html><script type="module" src="${simyard}/view/WebotsView.js"></script>
    <webots-view style="height: 300px" data-isMobileDevice data-broadcast="true"></webots-view>`,
  '/old.html': `<!doctype html><script src="${simyard}/wwi/R2019b/webots.js"></script><div id="playerDiv" style="height: 300px"></div>
    <script>
      window.heard = []
      webots.showRevert = true
      webots.showQuit = false
      var view = new webots.View(document.getElementById('playerDiv'))
      view.onready = () => heard.push('ready')
      view.onclose = () => heard.push('closed')
      view.onerror = (text) => heard.push('error ' + text)
      view.onstdout = (text) => heard.push('text ' + text)
      view.setTimeout(-1)
      view.open('${simyard.replace('http', 'ws')}/obstacle-avoidance/worlds/obstacle_avoidance.wbt')
    </script>`,
  '/mjpeg.html': `<!doctype html><script type="module" src="${simyard}/wwi/R2025a/WebotsView.js"></script>
    <body style="margin: 0"><script>window.heard = []
      document.addEventListener('DOMContentLoaded', () => { document.querySelector('webots-view').onready = () => heard.push('ready') })</script>
    <webots-view style="width: 400px; height: 300px" data-server="${mjpeg}" data-mode="mjpeg"></webots-view>`,
  '/box.x3d': SCENE,
})

describe.skipIf(chromiumProblem)(`pages of Webots${chromiumProblem ? ` (${chromiumProblem})` : ''}`, () => {
  let simyard: RunningSimyard
  let all: Record<string, string>
  let browser: Browser
  let page: Page
  let pictures: MjpegServer

  beforeAll(async () => {
    pictures = await MjpegServer.start()
    simyard = await startSimyard(['--quiet'])
    all = pages(simyard.address, pictures.address)
    // A page that the test itself hands to the browser comes from nowhere, which may not speak to this machine.
    browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
  })
  afterAll(async () => {
    await browser?.close()
    await simyard?.stop()
    await pictures?.stop()
  })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 500, height: 400 } })
    page.setDefaultTimeout(20_000)
    // The pages' author has put them on the same host: simulators of a small installation serve no other sites.
    for (const [path, body] of Object.entries(all))
      await page.route(simyard.address + path, (route) =>
        route.fulfill({ body, contentType: path.endsWith('.html') ? 'text/html' : 'text/xml' }),
      )
  })
  afterEach(() => page.close())
  const heard = (text: string) =>
    page.waitForFunction(
      (wanted) => (window as never as { heard: string[] }).heard.some((one) => one.startsWith(wanted)),
      text,
    )

  test('<webots-view> starts a world, runs it and is told what its controllers print', async () => {
    await page.goto(`${simyard.address}/new.html`)
    await heard('ready')
    expect(await page.getByRole('button', { name: 'Quit' }).isVisible()).toBe(false)
    expect(
      await page.evaluate(
        `(() => { const view = document.querySelector('webots-view'); return [view.hasView(), view.hasScene(), view.hasAnimation(), view.hasProto()] })()`,
      ),
    ).toEqual([true, false, false, false])
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.waitForFunction('window.stepMs > 500')
    await heard('text ')
    await page.evaluate(`document.querySelector('webots-view').sendMessage('pause')`)
    await page.locator('simyard-view[data-state="paused"]').waitFor()
    await page.evaluate(`document.querySelector('webots-view').hideToolbar()`)
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isVisible()).toBe(false)
    await page.evaluate(`document.querySelector('webots-view').remove()`)
    await expect
      .poll(
        async () =>
          ((await (await fetch(`${simyard.address}/2000/status`)).json()) as { instances?: unknown[] }).instances
            ?.length ?? 0,
      )
      .toBe(0)
  })

  test('<webots-view> shows a scene, and changes what is drawn of a node', async () => {
    await page.goto(`${simyard.address}/scene.html`)
    await page.locator('simyard-view[data-picture="shown"]').waitFor()
    const node = () =>
      page.evaluate(`document.querySelector('webots-view').getNode(10)`) as Promise<{
        name: string
        position: number[]
      }>
    expect(await node()).toMatchObject({ name: 'box', position: [0, 0, 0] })
    await page.evaluate(`document.querySelector('webots-view').updateNode('10', 'translation', '1 2 3', true)`)
    expect((await node()).position).toEqual([1, 2, 3])
    expect(await page.evaluate(`document.querySelector('webots-view').hasScene()`)).toBe(true)
    await page.evaluate(`document.querySelector('webots-view').close()`)
    expect(await page.locator('simyard-view').count()).toBe(0)
  })

  test("webots.View of 2019 starts a world by the address of its server, with the visitor's texts", async () => {
    await page.goto(`${simyard.address}/old.html`)
    await heard('ready')
    expect(await page.getByRole('button', { name: 'Quit' }).isVisible()).toBe(false)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await page.waitForFunction(`document.querySelector('simyard-view').timeMs > 500`)
    await heard('text ')
    expect(await page.evaluate(`view.getControllerUrl('e-puck')`)).toMatch(/^ws:.*\/controller\/e-puck$/)
    await page.evaluate(`view.resize(320, 200)`)
    expect((await page.locator('#playerDiv').boundingBox())!).toMatchObject({ width: 320, height: 200 })
    await page.evaluate('view.close()')
    expect(await page.locator('simyard-view').count()).toBe(0)
  })

  test('pictures of an mjpeg server are shown, and the hand on them is told', async () => {
    await page.goto(`${simyard.address}/mjpeg.html`)
    await heard('ready')
    await expect.poll(() => pictures.received).toEqual(['mjpeg: 400x300', 'resize: 400x300'])
    const image = page.locator('webots-view img')
    await expect
      .poll(() => image.evaluate((one: HTMLImageElement) => [one.naturalWidth, one.naturalHeight]))
      .toEqual([40, 30])
    pictures.received.length = 0
    await page.mouse.move(100, 100)
    await page.mouse.down()
    await page.mouse.move(120, 90)
    await page.mouse.up()
    await page.keyboard.down('Shift')
    await page.mouse.wheel(0, 100)
    await page.keyboard.up('Shift')
    await expect
      .poll(() => pictures.received)
      .toEqual([
        'mouse -1 0 1 100 100 0 0',
        'mouse 0 -1 1 120 90 0 0',
        'mouse 1 0 0 120 90 0 0',
        'mouse 2 0 0 120 90 1 1',
      ])
    pictures.received.length = 0
    const touch = await page.context().newCDPSession(page)
    const send = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...points: [number, number][]) =>
      touch.send('Input.dispatchTouchEvent', { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) })
    await send('touchStart', [50, 60])
    await send('touchMove', [70, 55])
    await send('touchEnd')
    await expect.poll(() => pictures.received).toEqual(['touch -1 1 50 60', 'touch 0 1 20 -5'])
    pictures.received.length = 0
    await page.evaluate(`document.querySelector('webots-view').style.width = '200px'`)
    await expect.poll(() => pictures.received).toEqual(['resize: 200x300'])
    await page.evaluate(`document.querySelector('webots-view').remove()`)
    await expect.poll(() => pictures.open).toBe(0)
  })
})

/** Speaks the picture stream of Webots: the messages on a socket, the pictures on a request that does not end. */
class MjpegServer {
  readonly received: string[] = []
  private readonly sockets: WebSocketServer
  private readonly timers = new Set<ReturnType<typeof setInterval>>()

  private constructor(private readonly http: Server) {
    this.sockets = new WebSocketServer({ server: http })
    this.sockets.on('connection', (socket) => {
      socket.on('message', (data) => {
        this.received.push(String(data))
        if (String(data).startsWith('mjpeg:')) socket.send('multimedia: mjpeg pause ')
      })
    })
  }

  static start(): Promise<MjpegServer> {
    let made: MjpegServer
    const http = createServer((request, response) => made.answer(request, response))
    made = new MjpegServer(http)
    return new Promise((resolve) => http.listen(0, '127.0.0.1', () => resolve(made)))
  }

  get address(): string {
    return `ws://127.0.0.1:${(this.http.address() as AddressInfo).port}`
  }

  get open(): number {
    return this.sockets.clients.size + this.timers.size
  }

  async stop(): Promise<void> {
    this.sockets.close()
    this.http.closeAllConnections()
    await new Promise((resolve) => this.http.close(resolve))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url !== '/mjpeg') return void response.writeHead(404).end()
    response.writeHead(200, { 'Content-Type': 'multipart/x-mixed-replace; boundary=WebotsFrame' })
    const send = () => {
      const shade = (Date.now() / 10) % 255
      const picture = encode({ width: 40, height: 30, channels: 3, data: new Uint8Array(40 * 30 * 3).fill(shade) })
      // Browsers look at the bytes: a PNG does for a JPEG.
      response.write(`--WebotsFrame\r\nContent-Type: image/png\r\nContent-Length: ${picture.length}\r\n\r\n`)
      response.write(picture)
      response.write('\r\n')
    }
    send()
    const timer = setInterval(send, 50)
    this.timers.add(timer)
    response.on('close', () => {
      clearInterval(timer)
      this.timers.delete(timer)
    })
  }
}
