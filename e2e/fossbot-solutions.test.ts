import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { openSimulation, type RunningSimyard, repositoryRoot, startSimyard } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** The levels' own programs with python/fossbot.py and Debian's python-socketio, each in a simulation on a server. */
const PYTHON = '/usr/bin/python3'
const missing = ['socketio', 'requests', 'websocket'].filter(
  (name) => !existsSync(`/usr/lib/python3/dist-packages/${name}/__init__.py`),
)
const problem = missing.length > 0 ? `(skipped: Python's ${missing.join(', ')} is missing; run npm run setup)` : ''
/** Those of levels 1 and 4 take a minute and more; packages/fossbot/src/levels.slow.test.ts drives their way without a clock. */
const levels = (process.env.FOSSBOT_LEVELS ?? '0 2 3').split(' ').map(Number)

let simyard: RunningSimyard
beforeAll(async () => {
  simyard = await startSimyard()
})
afterAll(async () => {
  await simyard?.stop()
})

/** Positions at the end of everything that moved, and what the program printed. */
async function solve(level: number): Promise<{ readonly printed: string; readonly ends: readonly number[][] }> {
  const project = `fossbot-level-${level}`
  const url = `${simyard.address}/projects/${project}/worlds/${project.replaceAll('-', '_')}.wbt`
  const { client, stream } = await openSimulation(simyard.address, { start: { url } }, ['simyard:hello', 'x3d'])
  const told = await stream.next((text) => text.includes('"type":"room"') && text.includes('"state":"here"'))
  const { id } = JSON.parse(told.slice('simyard:'.length)) as { id: string }
  stream.send('real-time:-1')
  const script = join(repositoryRoot, 'projects', project, 'solutions', `level_${level}.py`)
  const { stdout } = await promisify(execFile)(PYTHON, [script, id, simyard.address, '15'], {
    timeout: 150_000,
    env: { ...process.env, PYTHONPATH: join(repositoryRoot, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
  })
  const ends = new Map<number, number[]>()
  for (const text of stream.received) {
    if (!text.startsWith('application/json:')) continue
    const { updates = [] } = JSON.parse(text.slice('application/json:'.length)) as {
      updates?: { id: number; translation?: string }[]
    }
    for (const { id: node, translation } of updates) {
      if (translation !== undefined) ends.set(node, translation.split(' ').map(Number))
    }
  }
  client.close()
  return { printed: stdout, ends: [...ends.values()] }
}

const far = ([x = 0, y = 0]: readonly number[]): number => Math.hypot(x, y)

const goals: Readonly<Record<number, (result: Awaited<ReturnType<typeof solve>>) => void>> = {
  0: ({ printed, ends }) => {
    expect(printed).toMatch(/The wall is [34]\.\d+ ahead after 7\.\d/)
    expect(ends.some((end) => far(end) < 1)).toBe(true)
  },
  1: ({ printed, ends }) => {
    expect(printed).toContain('Turn 5')
    expect(Math.min(...ends.map(([x = 0, y = 0]) => Math.hypot(x + 8, y - 8)))).toBeLessThan(1.5)
  },
  2: ({ ends }) => expect(ends.some(([x = 0, y = 0]) => y > 3 && x > 25)).toBe(true),
  3: ({ printed, ends }) => {
    expect(printed.match(/from the ball/g)).toHaveLength(4)
    expect(ends.filter((end) => far(end) > 7 && far(end) < 9)).toHaveLength(4)
  },
  4: ({ printed }) => expect(printed).toContain('Side 9'),
}

describe.skipIf(problem !== '')(`programs that solve FOSSBot's levels ${problem}`, () => {
  test.concurrent.each(levels)('level %d', { timeout: 180_000 }, async (level) => {
    goals[level]!(await solve(level))
  })
})
