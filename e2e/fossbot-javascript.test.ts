import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { FossBot, type FossBotArguments, Robot } from '@simyard/client'
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
import { io } from 'socket.io-client'
// @ts-expect-error: this release does not tell its types to this kind of import.
import { io as io40 } from 'socket.io-client-4.0'
import { afterAll, beforeAll, describe, type ExpectStatic, type TestContext, test, vi } from 'vitest'

/** Programs in JavaScript that solve FOSSBot's levels: in Node with two clients, and in the page. */
const clients = { '4.8.4': io, '4.0.1': io40 as unknown as typeof io }
type ClientName = keyof typeof clients

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

const PYTHON = '/usr/bin/python3'
const missing = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const pythonProblem =
  missing.length > 0 ? `(skipped: Python's ${missing.join(', ')} is missing; run npm run setup)` : ''

/** The level's own program; one that follows the line is given so many seconds. */
function solution(level: 0 | 2, seconds = 15): string {
  const path = join(repositoryRoot, `projects/fossbot-level-${level}/solutions/level_${level}.js`)
  return readFileSync(path, 'utf8').replace(/^const SECONDS = 180$/m, `const SECONDS = ${seconds}`)
}

const AsyncFunction = Object.getPrototypeOf(async () => undefined).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<void>

/** Runs a program as the page does, with the client it is given, and returns what it printed. */
async function runHere(text: string, room: string, client: ClientName): Promise<string> {
  const printed: string[] = []
  class HereFossBot extends FossBot {
    constructor(id: string, settings: FossBotArguments = {}) {
      super(id, { server_address: simyard.address, io: clients[client], ...settings })
    }
  }
  const program = new AsyncFunction('FossBot', 'sessionId', 'console', `"use strict";${text}`)
  await program(HereFossBot, room, { log: (...values: unknown[]) => printed.push(values.join(' ')) })
  return printed.join('\n')
}

/** Does for a program what the page does: names the room, and says where the server is. */
const AS_IN_PAGE = `
import functools, sys, fossbot
room, address, path = sys.argv[1:]
fossbot.FossBot = functools.partial(fossbot.FossBot, server_address=address)
exec(compile(open(path).read(), 'program.py', 'exec'), {'session_id': room})
`
async function runPython(path: string, room: string): Promise<string> {
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', AS_IN_PAGE, room, simyard.address, path], {
    timeout: 120_000,
    env: { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
  })
  return stdout
}

interface ServerRoom {
  readonly id: string
  /** Where everything that has moved is now. */
  ends(): number[][]
  close(): void
}

async function openServerRoom(level: number): Promise<ServerRoom> {
  const project = `fossbot-level-${level}`
  const url = `${simyard.address}/projects/${project}/worlds/${project.replaceAll('-', '_')}.wbt`
  const { client, stream } = await openSimulation(simyard.address, { start: { url } }, ['simyard:hello', 'x3d'])
  const told = await stream.next((text) => text.includes('"type":"room"') && text.includes('"state":"here"'))
  const { id } = JSON.parse(told.slice('simyard:'.length)) as { id: string }
  stream.send('real-time:-1')
  const ends = () => {
    const last = new Map<number, number[]>()
    for (const text of stream.received) {
      if (!text.startsWith('application/json:')) continue
      const { updates = [] } = JSON.parse(text.slice('application/json:'.length)) as {
        updates?: { id: number; translation?: string }[]
      }
      for (const { id: node, translation } of updates) {
        if (translation !== undefined) last.set(node, translation.split(' ').map(Number))
      }
    }
    return [...last.values()]
  }
  return { id, ends, close: () => client.close() }
}

async function openPage(path: string, { onTestFinished }: TestContext): Promise<Page> {
  // Small, because software draws it.
  const context = await browser!.newContext({ viewport: { width: 800, height: 480 } })
  await context.addInitScript({ content: quickPictures })
  const page = await context.newPage()
  onTestFinished(() => context.close())
  page.on('pageerror', (error) => {
    throw error
  })
  await page.goto(`${simyard.address}/${path}`)
  await page.locator('#room-state[data-state=here]').waitFor()
  return page
}

const roomOf = async (page: Page) => (await page.locator('#session-id').textContent())!
/** Its robot is free a moment after the program's end. */
const drive = (room: string) =>
  vi.waitFor(() => Robot.connect({ address: simyard.address, room }), { timeout: 30_000, interval: 100 })

const SOLVED = /The wall is [234]\.\d+ ahead after [78]/

/** It stands where it began and looks away from the wall: turned round again, it meets it at the same distance. */
async function expectHome(page: Page, expect: ExpectStatic): Promise<void> {
  const robot = await drive(await roomOf(page))
  await robot.rotate(180)
  // The sensor does not see as far as from here to the wall.
  expect(await robot.distance()).toBe(10000)
  await robot.moveDistance(6.5)
  const wall = await robot.distance()
  robot.close()
  expect(wall).toBeGreaterThan(3.2)
  expect(wall).toBeLessThan(6.5)
}

async function execute(page: Page, language: 'Python' | 'JavaScript', text?: string): Promise<string> {
  await page.getByRole('tab', { name: language }).click()
  if (text !== undefined) {
    await page.locator('.cm-content').click()
    await page.keyboard.press('Control+a')
    await page.keyboard.insertText(text)
  }
  const lines = page.locator('.console-lines')
  await page.getByRole('button', { name: 'Execute' }).click()
  const said = async () =>
    (await lines.locator('.stderr').allTextContents()).join('\n') || (await lines.textContent()) || 'nothing'
  await vi.waitFor(
    async () => {
      const text = await said()
      if (!text.includes('the program has ended')) throw new Error(`The program has said: ${text}`)
    },
    { timeout: 90_000, interval: 100 },
  )
  return (await lines.textContent())!
}

// Robots take their time, and hardly any of the machine's: side by side.
describe.concurrent('in simulations on a server', () => {
  test('programs with the oldest and the newest client finish level 0', async ({ expect }) => {
    await Promise.all(
      (Object.keys(clients) as ClientName[]).map(async (client) => {
        const room = await openServerRoom(0)
        expect(await runHere(solution(0), room.id, client)).toMatch(SOLVED)
        expect(room.ends().some(([x = 0, y = 0]) => Math.hypot(x, y) < 1)).toBe(true)
        room.close()
      }),
    )
  })

  test('the program of level 2 follows the line', async ({ expect }) => {
    const room = await openServerRoom(2)
    await runHere(solution(2), room.id, '4.8.4')
    expect(room.ends().some(([x = 0, y = 0]) => y > 3 && x > 25)).toBe(true)
    room.close()
  })
})

describe.skipIf(pythonProblem !== '').concurrent(`what the levels begin with ${pythonProblem}`, () => {
  const levels = readdirSync(join(repositoryRoot, 'projects')).flatMap(
    (name) => /^fossbot-level-(\d)$/.exec(name)?.[1] ?? [],
  )
  test.for(levels)('level %s: both programs run and say something', async (level, { expect }) => {
    const start = join(repositoryRoot, `projects/fossbot-level-${level}/start`)
    const room = await openServerRoom(Number(level))
    const told = /(wall is|left:|acceleration).*\d|\d from the ball|true|false/i
    expect(await runHere(readFileSync(join(start, 'program.js'), 'utf8'), room.id, '4.8.4')).toMatch(told)
    expect(await runPython(join(start, 'program.py'), room.id)).toMatch(told)
    room.close()
  })
})

describe.skipIf(chromiumProblem).concurrent(`in tabs${chromiumProblem ? ` (skipped: ${chromiumProblem})` : ''}`, () => {
  // The newest client is what the page itself has.
  test('a program with socket.io-client 4.0.1 finishes level 0', async (context) => {
    const { expect } = context
    const page = await openPage('godot?project=fossbot-level-0', context)
    expect(await runHere(solution(0), await roomOf(page), '4.0.1')).toMatch(SOLVED)
    await expectHome(page, expect)
  })

  test('the program of level 0, in the page itself, finds the wall and comes home', async (context) => {
    const { expect } = context
    const page = await openPage('godotcode?project=fossbot-level-0', context)
    expect(await execute(page, 'JavaScript', solution(0))).toMatch(SOLVED)
    await expectHome(page, expect)
  })

  test('a level begins with programs of its own', async (context) => {
    const { expect } = context
    const project = 'fossbot-level-3'
    const page = await openPage(`godotcode?project=${project}`, context)
    for (const [language, file] of [
      ['JavaScript', 'program.js'],
      ['Python', 'program.py'],
    ] as const) {
      await page.getByRole('tab', { name: language }).click()
      const shown = (await page.locator('.cm-line').allTextContents()).join('\n')
      expect(readFileSync(join(repositoryRoot, 'projects', project, 'start', file), 'utf8')).toContain(shown.trim())
      expect((await execute(page, language)).match(/from the ball/g)).toHaveLength(4)
    }
  })
})
