import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RecordingWriter, readRecording, writeAnimation } from '@simyard/recording'
import {
  chromiumProblem,
  launchChromium,
  quickPictures,
  type RunningSimyard,
  repositoryRoot,
  startSimyard,
} from '@simyard/testkit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'

const DURATION_MS = 10_240
const STEP_MS = 32
const shots = process.env.SIMYARD_SHOTS

/** A ball that rolls along x with one metre a second, on a floor with a texture of its own. */
const XML = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE X3D PUBLIC "ISO//Web3D//DTD X3D 3.0//EN" "http://www.web3d.org/specifications/x3d-3.0.dtd">
<X3D version="3.0" profile="Immersive">
<head>
<meta name="generator" content="Webots" />
<meta name="version" content="R2025a" />
</head>
<Scene>
<WorldInfo id='n1' title='Rolling &lt;ball&gt;' info='"One metre a second."' basicTimeStep='32'></WorldInfo>
<Viewpoint id='n2' orientation='-0.2 0.2 0.96 1.6' position='5 -12 6'></Viewpoint>
<Background id='n3' skyColor='0.45 0.62 0.86'></Background>
<DirectionalLight id='n4' direction='0.4 0.3 -1' intensity='1' castShadows='true'></DirectionalLight>
<Solid id='n10' name='floor' translation='5 0 -0.05'><Shape><PBRAppearance roughness='1' metalness='0'><ImageTexture url='"textures/floor.png"' role='baseColorMap'></ImageTexture></PBRAppearance><Box size='12 6 0.1'></Box></Shape></Solid>
<Solid id='n20' name='ball' translation='0 0 0.5'><Shape castShadows='true'><PBRAppearance baseColor='0.8 0.2 0.1' roughness='0.4' metalness='0'></PBRAppearance><Sphere radius='0.5'></Sphere></Shape></Solid>
</Scene>
</X3D>
`

function rollingBall(): Uint8Array<ArrayBuffer> {
  const scene = { world: '', title: 'Rolling <ball>', basicTimeStepMs: STEP_MS, fps: 60, robots: [], xml: { x3d: XML } }
  const writer = new RecordingWriter(scene, { durationMs: 60_000, bytes: 10_000_000, events: 10 })
  for (let timeMs = 0; timeMs <= DURATION_MS; timeMs += STEP_MS)
    writer.add({ timeMs, poses: [{ id: 20, translation: [timeMs / 1000, 0, 0.5] }], fields: [], labels: [] })
  return writer.file()
}

let simyard: RunningSimyard
let browser: Browser
let context: BrowserContext
let page: Page
const problems: string[] = []

beforeAll(async () => {
  if (chromiumProblem) return
  simyard = await startSimyard()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await simyard?.stop()
})
beforeEach(async () => {
  if (chromiumProblem) return
  context = await browser.newContext({ viewport: { width: 1280, height: 720 } })
  if (!shots) await context.addInitScript({ content: quickPictures })
  page = await context.newPage()
  problems.length = 0
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('response', (response) => {
    if (response.status() >= 400) problems.push(`${response.status()} ${response.url()}`)
  })
})
afterEach(async () => {
  await context?.close()
})

interface ViewNow {
  readonly timeMs: number
  readonly state: string
  readonly x: number | undefined
}

const viewNow = (): Promise<ViewNow> =>
  page.evaluate(() => {
    const view = document.querySelector('simyard-view') as unknown as {
      timeMs: number
      state: string
      inspect(id: string): { position: number[] } | undefined
    }
    return { timeMs: view.timeMs, state: view.state, x: view.inspect('n20')?.position[0] }
  })
/** The next picture shows it. */
const momentIs = (timeMs: number) =>
  page.waitForFunction((ms) => (document.querySelector('simyard-view') as unknown as ViewNow).timeMs === ms, timeMs)
const pictureIsThere = () => page.locator('simyard-view[data-picture="shown"]').waitFor()
const shoot = async (name: string) => {
  if (shots) await page.screenshot({ path: `${shots}/${name}.png` })
}

/** As a page of Webots' website does it. */
async function uploadAnimation(withAnimation = true): Promise<{ id: number; url: string }> {
  const form = new FormData()
  form.append('scene-file', new File([XML], 'world.x3d'))
  if (withAnimation) {
    const animation = writeAnimation(readRecording(rollingBall()), { generation: '2022' })
    form.append('animation-file', new File([animation], 'world.json'))
  }
  const floor = new Uint8Array(await readFile(join(repositoryRoot, 'protos/textures/asphalt.png')))
  form.append('textures[]', new File([floor], 'floor.png'))
  const told = await (
    await fetch(`${simyard.address}/ajax/animation/create.php`, { method: 'POST', body: form })
  ).json()
  const body = JSON.stringify({ uploading: 0, uploadId: told.id })
  const finished = await fetch(`${simyard.address}/ajax/animation/create.php`, { method: 'POST', body })
  expect(await finished.text()).toBe('{"status": "uploaded"}')
  return told
}

async function uploadRecording(): Promise<{ id: string; address: string; key: string }> {
  const reply = await fetch(`${simyard.address}/api/v1/recordings`, { method: 'POST', body: rollingBall() })
  expect(reply.status).toBe(201)
  return reply.json()
}

describe.skipIf(chromiumProblem !== undefined)(
  `recordings on the site, in Chromium${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    test('an animation that was uploaded as to Webots plays on its page, with its textures', async () => {
      const { url } = await uploadAnimation()
      const texture = page.waitForResponse((response) => response.url() === `${url}/textures/floor.png`)
      await page.goto(url)
      await pictureIsThere()
      expect((await texture).status()).toBe(200)
      expect(await page.locator('#title').textContent()).toBe('Rolling <ball>')
      await page.waitForFunction(() => (document.querySelector('simyard-view') as unknown as ViewNow).timeMs > 500)
      const { timeMs, state, x } = await viewNow()
      expect(state).toBe('running')
      expect(x).toBeCloseTo(timeMs / 1000, 1)
      await shoot('animation')
      expect(problems).toEqual([])
    })

    test.each([
      ['animation', async () => (await uploadAnimation()).url],
      ['recording', async () => `${simyard.address}${(await uploadRecording()).address}`],
    ])('a link to a moment of one (%s) shows that moment', async (kind, upload) => {
      const url = await upload()
      await page.goto(`${url}#t=6.4`)
      await pictureIsThere()
      await momentIs(6400)
      const { state, x } = await viewNow()
      expect(state).toBe('paused')
      expect(x).toBeCloseTo(6.4, 3)
      // Another moment, on the same page.
      await page.evaluate(() => {
        location.hash = '#t=2.56'
      })
      await momentIs(2560)
      await page.getByRole('button', { name: 'Share', exact: true }).click()
      expect(await page.getByLabel('Link to this moment', { exact: true }).inputValue()).toBe(`${url}#t=2.56`)
      if (kind === 'animation')
        expect(await page.getByLabel('For your own page', { exact: true }).inputValue()).toContain(
          `scene="${url}/scene.x3d" animation="${url}/animation.json"`,
        )
      await shoot(`share-${kind}`)
    })

    test('a scene stands still on its page, and comes whole when it is downloaded', async () => {
      const { url } = await uploadAnimation(false)
      expect(new URL(url).pathname).toMatch(/^\/S[\w-]{6}$/)
      await page.goto(url)
      await pictureIsThere()
      const downloading = page.waitForEvent('download')
      await page.getByRole('link', { name: 'Download' }).click()
      expect((await downloading).suggestedFilename()).toBe('rolling-ball.zip')
    })

    test('a run is saved on the site from its page, with its picture, is played from the link, and deleted again', async () => {
      await page.goto(`${simyard.address}/p/line-following`)
      await page.locator('simyard-view[data-state="paused"][data-picture]').waitFor()
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await page.waitForFunction(() => (document.querySelector('simyard-view') as unknown as ViewNow).timeMs > 1500)
      await page.getByRole('button', { name: 'Record and save' }).click()
      await page.getByRole('button', { name: /^Save on this site/ }).click()
      const link = page.locator('simyard-view').getByRole('textbox', { name: 'Link' })
      await link.waitFor()
      await shoot('saved')
      const url = await link.inputValue()
      expect(new URL(url).pathname).toMatch(/^\/r\/[\w-]{6}$/)

      const paths: string[] = []
      page.on('response', (response) => paths.push(new URL(response.url()).pathname))
      await page.goto(`${url}#t=1`)
      await pictureIsThere()
      await momentIs(1000)
      expect((await viewNow()).state).toBe('paused')
      // Textures of our own models are those of the site; that of the project came along.
      await expect.poll(() => paths).toContainEqual(expect.stringMatching(/^\/assets\/protos\/textures\/.+/))
      await expect.poll(() => paths).toContainEqual(expect.stringMatching(/^\/r\/[\w-]{6}\/.*textures\/.+\.png$/))
      await shoot('recording')
      const entry = await (await fetch(`${simyard.address}/api/v1/recordings/${url.slice(-6)}`)).json()
      expect(entry.durationMs).toBeGreaterThan(1000)
      const picture = new Uint8Array(await (await fetch(`${simyard.address}${entry.thumbnail}`)).arrayBuffer())
      // What is drawn and not an empty canvas.
      const colours = await page.evaluate(async (src) => {
        const image = await createImageBitmap(await (await fetch(src)).blob())
        const canvas = new OffscreenCanvas(image.width, image.height)
        const pen = canvas.getContext('2d')!
        pen.drawImage(image, 0, 0)
        const { data } = pen.getImageData(0, 0, image.width, image.height)
        const seen = new Set<number>()
        for (let i = 0; i < data.length; i += 4)
          seen.add((data[i]! >> 4) * 256 + (data[i + 1]! >> 4) * 16 + (data[i + 2]! >> 4))
        return { colours: seen.size, longest: Math.max(image.width, image.height) }
      }, entry.thumbnail)
      expect(picture.length).toBeGreaterThan(2000)
      expect(colours.colours).toBeGreaterThan(20)
      expect(colours.longest).toBe(640)
      expect(problems).toEqual([])

      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.locator('#removal').getByRole('button', { name: 'Delete' }).click()
      await page.waitForURL('**/recordings')
      expect((await fetch(url)).status).toBe(404)
    })

    test('what a stranger uploads runs nothing in the browsers of others, and sends them nowhere', async () => {
      const visits: string[] = []
      const elsewhere = createServer((request, response) => {
        visits.push(request.url ?? '')
        response.writeHead(200, { 'access-control-allow-origin': '*' }).end()
      })
      await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
      const away = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`
      const markup = `&lt;img src=x onerror="fetch(\`${away}/markup\`)"&gt;`
      const evil = XML.replace('Rolling &lt;ball&gt;', markup.replaceAll('"', ''))
        .replace('One metre a second.', markup.replaceAll('"', ''))
        .replace('"textures/floor.png"', `"${away}/tracker.png"`)
        .replace("name='ball'", `name='${markup.replaceAll('"', '')}'`)
        .replace(
          '<Scene>',
          `<script xmlns="http://www.w3.org/1999/xhtml">fetch('${away}/script')</script><Scene>
<Solid id='n30' translation='2 2 1'><Shape><Mesh url='"${away}/mesh.obj"'/></Shape></Solid>`,
        )
      const form = new FormData()
      form.append('scene-file', new File([evil], 'evil.x3d'))
      const create = `${simyard.address}/ajax/animation/create.php`
      const { id, url } = await (await fetch(create, { method: 'POST', body: form })).json()
      await fetch(create, { method: 'POST', body: JSON.stringify({ uploading: 0, uploadId: id }) })
      await page.goto(url)
      await pictureIsThere()
      await page.getByRole('button', { name: 'About', exact: true }).click()
      expect(await page.locator('#about p').first().textContent()).toContain('<img src=x')
      await page.getByRole('button', { name: /^Inspect/ }).click()
      await page.goto(`${simyard.address}/recordings`)
      await page.getByText('<img src=x').first().waitFor()
      // A browser keeps the file and does not show it as a page.
      const keeping = page.waitForEvent('download')
      await page.goto(`${url}/scene.x3d`).catch(() => undefined)
      await keeping
      // The scene was looked at twice; a picture from here comes after whatever it had asked for.
      await page.goto(simyard.address)
      await page.getByRole('link', { name: 'Maze' }).waitFor()
      expect(visits).toEqual([])
      elsewhere.closeAllConnections()
      await new Promise((resolve) => elsewhere.close(resolve))
    })

    test('only who saved it is offered to delete it; what is gone says so', async () => {
      const { address, id, key } = await uploadRecording()
      await page.goto(`${simyard.address}${address}`)
      await pictureIsThere()
      expect(await page.getByRole('button', { name: 'Delete', exact: true }).isVisible()).toBe(false)
      const headers = { authorization: `Bearer ${key}` }
      await fetch(`${simyard.address}/api/v1/recordings/${id}`, { method: 'DELETE', headers })
      await page.goto(`${simyard.address}/recordings`)
      await page.goto(`${simyard.address}${address}`)
      await page.getByText('There is nothing here to look at').waitFor()
    })

    test('the gallery of recordings shows them all, finds them by title, and is one step from the projects', async () => {
      const ball = await uploadRecording()
      const scene = await uploadAnimation(false)
      await page.goto(simyard.address)
      await page.getByRole('link', { name: 'Recordings' }).click()
      await page.waitForURL('**/recordings')
      await page.locator(`a[href="${ball.address}"]`).waitFor()
      await page.locator(`a[href="${new URL(scene.url).pathname}"]`).waitFor()
      const card = page.locator('.card', { has: page.locator(`a[href="${ball.address}"]`) })
      expect(await card.locator('.duration').textContent()).toBe('0:10')
      expect(await card.locator('p').textContent()).toBe('One metre a second.')
      await shoot('recordings')
      await page.getByLabel('Search').fill('nothing like that')
      await page.getByText('Nothing has this title.').waitFor()
      await page.getByLabel('Search').fill('ROLLING')
      await card.waitFor()
      await page.locator('#theme').click()
      await shoot('recordings-dark')
      await page.setViewportSize({ width: 390, height: 844 })
      await card.getByRole('link').click()
      await pictureIsThere()
      const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
      expect(width[0]).toBeLessThanOrEqual(width[1]!)
      for (const name of ['Share', 'Download', 'About']) {
        const box = await page.locator('header').getByLabel(name, { exact: true }).boundingBox()
        expect(box!.x + box!.width).toBeLessThanOrEqual(390)
      }
      await shoot('recording-phone')
    })
  },
)

test('a kill at any moment loses no upload that was answered, and leaves nothing of a half one', async () => {
  const data = await mkdtemp(join(tmpdir(), 'simyard-killed-'))
  let up = await startSimyard(['--data', data, '--max', '0'])
  const upload = async () => {
    const reply = await fetch(`${up.address}/api/v1/recordings`, { method: 'POST', body: rollingBall() })
    return (await reply.json()) as { id: string; address: string }
  }
  const kept = await upload()
  const half = connect(Number(new URL(up.address).port), '127.0.0.1')
  half.on('error', () => undefined)
  half.write(
    `POST /ajax/animation/create.php HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n\r\n` +
      `--b\r\nContent-Disposition: form-data; name="animation-file"; filename="a.json"\r\n\r\n{"frames":[${' '.repeat(400_000)}`,
  )
  await expect.poll(() => readdir(join(data, 'tmp'))).not.toEqual([])
  await up.stop('SIGKILL')
  half.destroy()
  up = await startSimyard(['--data', data, '--max', '0'])
  const { recordings } = await (await fetch(`${up.address}/api/v1/recordings`)).json()
  expect(recordings).toMatchObject([{ id: kept.id, durationMs: DURATION_MS }])
  const file = await fetch(`${up.address}${kept.address}/recording.simyard`)
  expect(Buffer.from(await file.arrayBuffer()).equals(rollingBall())).toBe(true)
  expect(await readdir(join(data, 'exhibits'))).toHaveLength(1)
  expect((await readdir(join(data, 'tmp'))).filter((name) => name.startsWith('exhibit-'))).toEqual([])
  await up.stop()
  await rm(data, { recursive: true, force: true })
})
