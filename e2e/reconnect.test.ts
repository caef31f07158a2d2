import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net'
import { chromiumProblem, launchChromium, quickPictures, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A line to the server that can be cut, and stay cut. */
class Line {
  private readonly server: Server
  private readonly sockets = new Set<Socket>()
  down = false

  constructor(private readonly port: number) {
    this.server = createServer((socket) => this.carry(socket))
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  /** Everybody's connection ends without a word. */
  cut(): void {
    this.down = true
    for (const socket of this.sockets) socket.resetAndDestroy()
  }

  close(): void {
    this.cut()
    this.server.close()
  }

  private carry(socket: Socket): void {
    if (this.down) {
      socket.resetAndDestroy()
      return
    }
    const other = dial(this.port, '127.0.0.1')
    for (const [one, its] of [
      [socket, other],
      [other, socket],
    ] as const) {
      this.sockets.add(one)
      one.pipe(its)
      one.on('error', () => its.destroy())
      one.on('close', () => {
        this.sockets.delete(one)
        its.destroy()
      })
    }
  }
}

type View = HTMLElement & { readonly state: string; readonly range: { readonly endMs: number } }
const read = (page: Page) =>
  page.locator('simyard-view').evaluate((view: View) => ({ state: view.state, endMs: view.range.endMs }))

describe.skipIf(chromiumProblem !== undefined)(
  `a line that breaks${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    let line: Line
    let address: string
    beforeAll(async () => {
      simyard = await startSimyard()
      browser = await launchChromium()
      line = new Line(Number(new URL(simyard.address).port))
      address = await line.open()
    })
    afterAll(async () => {
      await browser?.close()
      line?.close()
      await simyard?.stop()
    })

    test('the simulation waits, goes on meanwhile, and the page is where it is then', async () => {
      const page = await browser.newPage()
      await page.addInitScript({ content: quickPictures })
      await page.goto(`${address}/p/line-following`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await expect.poll(async () => (await read(page)).endMs).toBeGreaterThan(500)
      const before = await read(page)

      line.cut()
      await page.locator('simyard-view[data-state="reconnecting"]').waitFor()
      await page.getByText('The connection was lost. Trying again').waitFor()
      line.down = false
      await page.locator('simyard-view[data-state="running"]').waitFor()
      await expect.poll(async () => (await read(page)).endMs).toBeGreaterThan(before.endMs + 500)
      expect(await page.getByText('Trying again').isVisible()).toBe(false)

      // It is the same simulation, and it still obeys.
      await page.getByRole('button', { name: 'Pause', exact: true }).click()
      await page.locator('simyard-view[data-state="paused"]').waitFor()
      const load = await (await fetch(`${simyard.address}/2000/load`)).text()
      expect(Number.isFinite(Number(load))).toBe(true)
      await page.close()
    })
  },
)
