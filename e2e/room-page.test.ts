import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Robot } from '@simyard/client'
import {
  chromiumProblem,
  freePorts,
  launchChromium,
  quickPictures,
  type RunningSimyard,
  repositoryRoot,
  startSimyard,
} from '@simyard/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { generate } from 'selfsigned'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((path) => existsSync(path))
const shots = process.env.SIMYARD_SCREENSHOTS === '1'

/** The pages of FOSSBot's users, with the simulation in the tab of a real browser and programs around it. */
describe.skipIf(chromiumProblem)(`the pages /godot and /godotcode ${chromiumProblem ?? ''}`, () => {
  let simyard: RunningSimyard
  let browser: Browser
  let context: BrowserContext
  const robots: Robot[] = []

  beforeAll(async () => {
    simyard = await startSimyard()
    browser = await launchChromium()
  })
  afterAll(async () => {
    await browser?.close()
    await simyard?.stop()
  })
  beforeEach(async () => {
    context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ignoreHTTPSErrors: true })
    if (!shots) await context.addInitScript({ content: quickPictures })
  })
  afterEach(async () => {
    for (const robot of robots.splice(0)) robot.close()
    await context.close()
  })

  async function open(path = 'godot', root = simyard.address): Promise<Page> {
    const page = await context.newPage()
    page.on('pageerror', (error) => {
      throw error
    })
    await page.goto(`${root}/${path}`)
    await page.locator('#room-state[data-state=here]').waitFor()
    return page
  }

  async function drive(page: Page, name = 'fossbot'): Promise<Robot> {
    const room = await page.locator('#session-id').textContent()
    const robot = await Robot.connect({ address: simyard.address, room: room!, robot: name })
    robots.push(robot)
    return robot
  }

  /** When the robot of a program that was stopped is free. */
  function driveSoon(page: Page): Promise<Robot> {
    return vi.waitFor(() => drive(page), { timeout: 30_000, interval: 100 })
  }

  /** Milliseconds until the program's threads have ended; the console says so with the next picture, which may take long here. */
  async function stop(page: Page): Promise<number> {
    const ms = await page.evaluate(async () => {
      const before = performance.now()
      const button = document.querySelector<HTMLButtonElement>('#stop')!
      button.click()
      while (!button.disabled) await new Promise((resolve) => setTimeout(resolve, 5))
      return performance.now() - before
    })
    await page.locator('.console-lines', { hasText: 'stopped' }).waitFor()
    return ms
  }

  async function writeProgram(page: Page, language: 'Python' | 'JavaScript', text: string): Promise<void> {
    await page.getByRole('tab', { name: language }).click()
    await page.locator('.cm-content').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(text)
  }

  async function shoot(page: Page, name: string): Promise<void> {
    if (shots) await page.screenshot({ path: join(repositoryRoot, `e2e/screenshots/${name}.png`) })
  }

  test('shows the session id, the code with its picture, the robots, and obeys its controls', async () => {
    const page = await open()
    await page.locator('simyard-view[data-picture=shown]').waitFor()
    expect(await page.locator('#session-id').textContent()).toMatch(/^[\da-f-]{36}$/)
    await page.getByRole('button', { name: /^Join / }).click()
    const code = await page.locator('#room-card .code').textContent()
    expect(code).toMatch(/^[A-Z2-9]{3}-[A-Z2-9]{3}$/)
    await page.locator('#room-card .qr svg').first().waitFor()
    await shoot(page, 'room-card')
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('#room-card').isHidden()).toBe(true)
    expect(await page.locator('#controls select option').allTextContents()).toEqual(['fossbot'])

    const robot = await drive(page)
    expect(await robot.noiseDetected()).toBe(false)
    await page.getByRole('button', { name: 'Make noise' }).click()
    await expect.poll(() => robot.noiseDetected()).toBe(true)
    const bright = await robot.lightSensor()
    await page.locator('.light input').fill('10')
    await expect.poll(() => robot.lightSensor()).toBeLessThan(bright / 2)
    robot.startTimer()
    await expect.poll(() => page.locator('#timer').textContent()).not.toBe('00 : 00 : 00 : 000')
    robot.stopTimer()
    for (const [key, camera] of [
      ['2', 'Top'],
      ['3', 'Stage'],
      ['1', 'Follow'],
    ] as const) {
      await page.keyboard.press(key)
      expect(await page.getByRole('button', { name: camera, exact: true }).getAttribute('aria-pressed')).toBe('true')
      await page.waitForTimeout(shots ? 1500 : 0)
      await shoot(page, `room-${camera.toLowerCase()}`)
    }
  })

  test('the page is the owner: it sees who is there, lets the code drive, and removes', async () => {
    const page = await open()
    await page.getByRole('button', { name: /^Join / }).click()
    const code = await page.locator('#room-card .code').textContent()
    await expect.poll(() => page.locator('.members').textContent()).toBe('Nobody else yet.')
    const watcher = () => Robot.connect({ address: simyard.address, room: code!, robot: 'fossbot' })
    const before = await watcher()
    await expect(before.distance()).rejects.toMatchObject({ code: 'ROOM_ROLE_REFUSED' })
    before.close()

    await page.getByLabel('Who has the code').selectOption('driver')
    // Who joins by the code finds a place for a program.
    const other = await context.newPage()
    await other.goto(`${simyard.address}/join/${code}`)
    await expect.poll(() => other.locator('#answer').textContent()).toContain('Write a program')
    await writeProgram(
      other,
      'JavaScript',
      'const robot = new FossBot(sessionId, {})\nawait robot.move_distance(0.5)\nconsole.log("moved")\nawait robot.wait(60)\n',
    )
    await other.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => other.locator('.console-lines').textContent()).toContain('moved')
    await shoot(other, 'room-join')
    await expect.poll(() => page.locator('.members').textContent()).toContain('Program of fossbot')
    await shoot(page, 'room-members')
    await page.getByRole('button', { name: 'Remove Program of fossbot' }).click()
    await expect.poll(() => page.locator('.members').textContent()).toBe('Nobody else yet.')
    expect(await (await drive(page)).distance()).toBe(10000)
  })

  test('a page that is loaded again takes its room back, and its programs go on', async () => {
    const page = await open()
    const before = await page.locator('#session-id').textContent()
    const robot = await drive(page)
    await robot.moveDistance(0.5)
    await page.reload()
    await page.locator('#room-state[data-state=here]').waitFor()
    expect(await page.locator('#session-id').textContent()).toBe(before)
    await robot.moveDistance(0.5)
    // Another browser that has the address gets a room of its own.
    const stranger = await browser.newContext()
    await stranger.addInitScript({ content: quickPictures })
    const elsewhere = await stranger.newPage()
    await elsewhere.goto(page.url())
    expect(await elsewhere.locator('#session-id').textContent()).not.toBe(before)
    await stranger.close()
  })

  test('a page that the browser has frozen answers on', async () => {
    const page = await open()
    const robot = await drive(page)
    const browserSession = await context.newCDPSession(page)
    await browserSession.send('Page.setWebLifecycleState', { state: 'frozen' })
    await robot.moveDistance(1, { timeoutMs: 60_000 })
    expect(await robot.distance()).toBe(10000)
    await browserSession.send('Page.setWebLifecycleState', { state: 'active' })
    await expect
      .poll(() => page.locator('simyard-view').evaluate((view) => (view as HTMLElement & { timeMs: number }).timeMs))
      .toBeGreaterThan(1000)
  })

  test('two tabs of one browser never mix', async () => {
    const [one, other] = [await open(), await open()]
    const [first, second] = [await drive(one), await drive(other)]
    await first.moveDistance(1)
    expect(await second.motorDistance('right')).toBeLessThan(0.2)
    await one.close()
    await second.moveDistance(1)
  })

  test('runs JavaScript, marks the line of an error, and stops an endless loop within a second', async () => {
    const page = await open('godotcode')
    const lines = page.locator('.console-lines')
    await writeProgram(
      page,
      'JavaScript',
      'const robot = new FossBot(sessionId, {})\nawait robot.move_distance(0.5)\nconsole.log("moved", robot instanceof FossBot)\nawait robot.exit()\n',
    )
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toContain('moved true')
    await expect.poll(() => lines.textContent()).toContain('the program has ended')

    await writeProgram(page, 'JavaScript', 'const robot = new FossBot(sessionId, {})\nrobot.fly()\n')
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toMatch(/TypeError: robot\.fly is not a function/)
    await expect.poll(() => page.locator('.cm-lintRange-error').textContent()).toContain('robot.fly()')

    await writeProgram(
      page,
      'JavaScript',
      'const robot = new FossBot(sessionId, {})\nawait robot.get_distance()\nrobot.just_move()\nconsole.log("looping")\nwhile (true) {}\n',
    )
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toContain('looping')
    expect(await stop(page)).toBeLessThan(1000)
    // Its robot is free at once.
    expect(await (await driveSoon(page)).distance()).toBe(10000)
    await shoot(page, 'room-code')
  })

  test('runs Python, shows where it failed, and stops an endless loop within a second', async () => {
    const page = await open('godotcode')
    const lines = page.locator('.console-lines')
    await writeProgram(
      page,
      'Python',
      'from fossbot import FossBot\nrobot = FossBot(session_id)\nrobot.move_distance(0.5)\nprint("ahead", robot.get_distance())\nrobot.exit()\n',
    )
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toContain('ahead 10000')
    await expect.poll(() => lines.textContent()).toContain('the program has ended')

    await writeProgram(page, 'Python', 'print("one")\nprint(1 / 0)\n')
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toContain('ZeroDivisionError: division by zero')
    await expect.poll(() => page.locator('.cm-lintRange-error').textContent()).toContain('print(1 / 0)')

    await writeProgram(
      page,
      'Python',
      'from fossbot import FossBot\nrobot = FossBot(session_id)\nrobot.just_move()\nprint("looping")\nwhile True:\n    pass\n',
    )
    await page.getByRole('button', { name: 'Execute' }).click()
    await expect.poll(() => lines.textContent()).toContain('looping')
    expect(await stop(page)).toBeLessThan(1000)
    expect(await (await driveSoon(page)).distance()).toBe(10000)
  })

  describe.skipIf(!nginx)(`behind a proxy${nginx ? '' : ' (skipped: nginx is not installed)'}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'simyard-room-proxy-'))
    let proxy: ChildProcess
    let root: string
    beforeAll(async () => {
      const port = await freePorts(1)
      root = `https://127.0.0.1:${port}/robots/here`
      const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], { keyType: 'ec' })
      writeFileSync(join(folder, 'cert.pem'), cert)
      writeFileSync(join(folder, 'key.pem'), key)
      writeFileSync(join(folder, 'nginx.conf'), configuration(port, folder, simyard.address))
      proxy = spawn(nginx!, ['-c', join(folder, 'nginx.conf'), '-p', folder], { stdio: 'ignore' })
    })
    afterAll(() => {
      proxy?.kill('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    })

    test('with TLS and a prefix of the path everything is found', async () => {
      await vi.waitFor(() => context.request.get(`${root}/godotcode`), { timeout: 20_000, interval: 100 })
      const page = await open('godotcode', root)
      await writeProgram(
        page,
        'JavaScript',
        'const robot = new FossBot(sessionId, {})\nawait robot.move_distance(0.5)\nconsole.log("moved")\n',
      )
      await page.getByRole('button', { name: 'Execute' }).click()
      await expect.poll(() => page.locator('.console-lines').textContent()).toContain('moved')
      expect(new URL(page.url()).pathname).toBe('/robots/here/godotcode')
    })
  })
})

function configuration(port: number, folder: string, upstream: string): string {
  return `daemon off; pid ${folder}/nginx.pid; error_log ${folder}/error.log; events {}
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${folder}/cert.pem; ssl_certificate_key ${folder}/key.pem;
    location /robots/here/ {
      proxy_pass ${upstream}/;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto https;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }
}
`
}
