import { chromiumProblem, launchChromium, openSimulation, type RunningSimyard, startSimyard } from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { expectPicture, passesFor } from './view-picture/comparison.js'
import { scene } from './view-picture/page.js'

const SIZE = { width: 480, height: 320 }
const VIEW = `document.querySelector('simyard-view')`

/** Simulated time at which each world is looked at, through the viewpoint of its file. */
const WORLDS: Readonly<Record<string, number>> = {
  'obstacle-avoidance': 4000,
  maze: 4000,
  'line-following': 4000,
  'lidar-explorer': 2000,
  'fossbot-level-2': 1000,
}

const solid = (id: number, translation: string, paint: string, geometry: string) =>
  `<Solid id='n${id}' name='s${id}' translation='${translation}'><Shape id='n${id + 1}' castShadows='true'>
     <PBRAppearance id='n${id + 2}' metalness='0' roughness='0.6' ${paint} />${geometry.replace('#', `n${id + 3}`)}</Shape></Solid>`

/** Lights of all three kinds, fog, labels, and one thing seen through another. */
const SCENE = scene(
  `<Viewpoint id='n2' position='-5 -3 3' orientation='-0.21 0.31 0.93 0.66' fieldOfView='0.8' />
   <Background id='n3' skyColor='0.5 0.65 0.8' luminosity='0.5' /><Fog id='n4' color='0.8 0.85 0.9' visibilityRange='25' />
   <DirectionalLight id='n5' direction='0.4 0.6 -1' intensity='1.5' castShadows='true' />
   <PointLight id='n6' location='0 -1.5 1.2' color='1 0.3 0.2' intensity='2' attenuation='0 0 1' radius='8' />
   <SpotLight id='n7' location='2 2 3' direction='-0.3 -0.3 -1' color='0.4 0.6 1' intensity='4' cutOffAngle='0.5' beamWidth='0.3' radius='10' castShadows='true' />
   ${solid(10, '4 0 -0.05', "baseColor='0.7 0.7 0.65'", "<Box id='#' size='16 12 0.1' />")}
   ${solid(20, '0 0 0.5', "baseColor='0.9 0.2 0.1'", "<Box id='#' size='1 1 1' />")}
   ${solid(30, '-1.6 -0.6 0.6', "baseColor='0.2 0.7 0.9' transparency='0.6'", "<Sphere id='#' radius='0.6' subdivision='3' />")}
   ${solid(40, '1.5 1.5 0.6', "baseColor='0.9 0.8 0.2'", "<Cylinder id='#' radius='0.4' height='1.2' />")}
   ${solid(50, '1.2 -1.4 0.5', "baseColor='0.3 0.8 0.4' emissiveColor='0 0.2 0'", "<Cone id='#' bottomRadius='0.4' height='1' />")}
   ${solid(60, '9 2 0.7', "baseColor='0.5 0.3 0.8'", "<Capsule id='#' radius='0.4' height='0.8' />")}`,
)
const LABELS = JSON.stringify({
  basicTimeStep: 32,
  ids: '',
  labelsIds: '1;2;',
  frames: [
    {
      time: 0,
      labels: [
        { id: 1, font: 'Arial', rgba: '0,0,0,1', size: 0.1, x: 0.05, y: 0.05, text: 'Lap 3' },
        { id: 2, font: 'Arial', rgba: '200,0,0,0.6', size: 0.15, x: 0.5, y: 0.75, text: 'Goal' },
      ],
    },
    { time: 32 },
  ],
})

describe.skipIf(chromiumProblem)(
  `pictures are those that are kept${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`,
  () => {
    let simyard: RunningSimyard
    let browser: Browser
    let page: Page

    beforeAll(async () => {
      simyard = await startSimyard(['--quiet'])
      // A page that the test itself hands to the browser comes from nowhere, which may not speak to this machine.
      browser = await launchChromium(['--disable-features=LocalNetworkAccessChecks'])
    })
    afterAll(async () => {
      await browser?.close()
      await simyard?.stop()
    })
    beforeEach(async () => {
      page = await browser.newPage({ viewport: SIZE, deviceScaleFactor: 1, colorScheme: 'light' })
      page.setDefaultTimeout(30_000)
    })
    afterEach(() => page.close())

    /** Shows a view that fills the page, in its best quality. */
    async function open(attributes: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
      const body = `<!doctype html><body style="margin: 0"><script type="module" src="/view/simyard-view.js"></script>
        <simyard-view style="display: block; width: ${SIZE.width}px; height: ${SIZE.height}px" ${attributes}></simyard-view>`
      const pages = { 'picture.html': body, ...files }
      for (const [name, text] of Object.entries(pages))
        await page.route(`${simyard.address}/${name}`, (route) =>
          route.fulfill({ body: text, contentType: name.endsWith('.html') ? 'text/html' : 'text/plain' }),
        )
      await page.goto(`${simyard.address}/picture.html`)
      await page.locator('simyard-view[data-picture=shown]').waitFor()
      await page.evaluate(`${VIEW}.quality = { ...${VIEW}.quality, automatic: false }`)
    }

    /** The picture once it stays as it is. */
    async function picture(): Promise<Buffer> {
      await page.waitForFunction(`${VIEW}.picture.stage.figures.full`)
      let last = await page.screenshot()
      const stays = async () => {
        const before = last
        last = await page.screenshot()
        return last.equals(before)
      }
      await expect.poll(stays, { timeout: 20_000 }).toBe(true)
      return last
    }

    test.each(Object.entries(WORLDS))('%s after %d ms', async (project, timeMs) => {
      const url = `${simyard.address}/projects/${project}/worlds/${project.replaceAll('-', '_')}.wbt`
      const { client, stream, streamUrl } = await openSimulation(simyard.address, { start: { url } })
      await stream.next((text) => text === 'scene load completed')
      stream.send(`fast:${timeMs}`)
      await stream.next((text) => text.startsWith('pause: ') && Number(text.slice(7)) >= timeMs, { timeoutMs: 60_000 })
      await open(`stream="${streamUrl}" broadcast`)
      await page.waitForFunction(`${VIEW}.timeMs >= ${timeMs}`)
      const seen = await picture()
      expectPicture(project, seen)
      client.close()
    })

    test('a picture of another moment would not pass', async () => {
      const url = `${simyard.address}/projects/obstacle-avoidance/worlds/obstacle_avoidance.wbt`
      const { client, stream, streamUrl } = await openSimulation(simyard.address, { start: { url } })
      await stream.next((text) => text === 'scene load completed')
      await open(`stream="${streamUrl}" broadcast`)
      expect(passesFor('obstacle-avoidance', await picture())).toBe(false)
      client.close()
    })

    test('lights, fog, labels and what can be seen through', async () => {
      await open('scene="/lights.x3d" animation="/lights.json"', { 'lights.x3d': SCENE, 'lights.json': LABELS })
      await page.evaluate(`(${VIEW}.pause(), ${VIEW}.seek(0))`)
      expectPicture('lights', await picture())
    })
  },
)
