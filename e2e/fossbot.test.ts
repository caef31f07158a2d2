import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  chromiumProblem,
  launchChromium,
  openSimulation,
  quickPictures,
  type RunningSimyard,
  repositoryRoot,
  startSimyard,
} from '@simyard/testkit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Programs as FOSSBot's users have them, with Debian's python-socketio, against real hosts of both kinds. */
const PYTHON = '/usr/bin/python3'
const missing = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const pythonProblem =
  missing.length > 0 ? `(skipped: Python's ${missing.join(', ')} is missing; run npm run setup)` : ''

let simyard: RunningSimyard
let browser: Browser | undefined
beforeAll(async () => {
  simyard = await startSimyard()
  if (!chromiumProblem) browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await simyard?.stop()
})

async function finishLevel(sessionId: string, transport: 'polling' | 'websocket'): Promise<string> {
  const script = join(repositoryRoot, 'e2e/stand-ins/fossbot_level.py')
  const { stdout } = await promisify(execFile)(PYTHON, [script, simyard.address, sessionId, transport], {
    timeout: 150_000,
  })
  return stdout
}

function expectFinished(output: string): void {
  expect(output).toContain('terrain: Terrain Reset.')
  expect(output).toContain('clear: 10000')
  expect(output).toMatch(/Final rot pos: -?\d+\n/)
  expect(output).toContain('after the turn: 10000')
  expect(output).toMatch(/rest: \[-?0(\.0)?, -?0(\.0)?, -?0(\.0)?\]/)
  expect(output).toContain('LEVEL FINISHED')
}

async function openRoomPage(path = 'godot'): Promise<Page> {
  const page = await browser!.newPage()
  await page.addInitScript({ content: quickPictures })
  await page.goto(`${simyard.address}/${path}`)
  await page.locator('#room-state[data-state=here]').waitFor()
  return page
}

describe.skipIf(pythonProblem !== '')(`a level of FOSSBot's library ${pythonProblem}`, () => {
  test('is finished in a simulation on a server', async () => {
    const { client, stream } = await openSimulation(
      simyard.address,
      { start: { url: `${simyard.address}/projects/fossbot/worlds/fossbot.wbt` } },
      ['simyard:hello', 'x3d'],
    )
    const told = await stream.next((text) => text.includes('"type":"room"') && text.includes('"state":"here"'))
    const { id } = JSON.parse(told.slice('simyard:'.length)) as { id: string }
    stream.send('real-time:-1')
    expectFinished(await finishLevel(id, 'websocket'))
    // Viewers see what the program built.
    expect(stream.received.some((text) => text.startsWith('node:0:') && text.includes('fossbot'))).toBe(true)
    client.close()
  })

  describe.skipIf(chromiumProblem)(`in a tab ${chromiumProblem ?? ''}`, () => {
    test('is finished in a simulation of a tab', async () => {
      const page = await openRoomPage()
      const id = await page.locator('#session-id').textContent()
      expectFinished(await finishLevel(id!, 'polling'))
      await expect.poll(() => page.locator('#controls select option').allTextContents()).toEqual(['fossbot'])
      await page.close()
    })
  })
})
