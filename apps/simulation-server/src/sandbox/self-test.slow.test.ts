import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerProblem as daemonProblem, type RunningDocker, startDocker } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeReadable } from '../stage.js'
import { firejailProblem } from './firejail.js'
import { bubblewrapProblem, type OpenSandbox, openSandbox } from './open-sandbox.js'
import type { SandboxDriver } from './sandbox.js'
import { ATTEMPTS, selfTest } from './self-test.js'

const problems: Readonly<Record<SandboxDriver, string | undefined>> = {
  bubblewrap: bubblewrapProblem(),
  firejail: firejailProblem(),
  docker: daemonProblem(),
  none: undefined,
}
let stageDir: string
let docker: RunningDocker | undefined

beforeAll(async () => {
  stageDir = mkdtempSync(join(tmpdir(), 'simyard-self-test-'))
  mkdirSync(join(stageDir, 'python'))
  const source = fileURLToPath(new URL('../../../../python/sandbox_attempts', import.meta.url))
  cpSync(source, join(stageDir, 'python/sandbox_attempts'), { recursive: true })
  makeReadable(stageDir)
  if (!problems.docker) docker = await startDocker()
}, 60_000)
afterAll(async () => {
  await docker?.stop()
  rmSync(stageDir, { recursive: true, force: true })
})

const open = (driver: SandboxDriver): OpenSandbox =>
  openSandbox({ stageDir, driver, docker: { socketPath: docker?.socketPath } })

for (const driver of ['bubblewrap', 'firejail', 'docker'] as const) {
  const problem = problems[driver]
  describe.skipIf(problem !== undefined)(`self-test of ${driver}${problem ? ` (skipped: ${problem})` : ''}`, () => {
    test('every attempt is made and stopped', async () => {
      const opened = open(driver)
      const report = await selfTest(opened)
      const possible = report.attempts.filter(({ result }) => result !== 'stopped')
      const allowed = opened.report.hardCaps ? [] : ['memory: several processes']
      expect(possible.filter(({ attempt }) => !allowed.includes(attempt))).toEqual([])
      expect(report.attempts.map(({ attempt }) => attempt)).toEqual([...ATTEMPTS])
      expect(report).toMatchObject({ safe: true, summary: expect.stringContaining(driver) })
    })
  })
}

test('without a sandbox nothing is tried, and it is not safe', async () => {
  const report = await selfTest(open('none'))
  expect(report.safe).toBe(false)
  expect(report.attempts.every(({ result }) => result === 'not tried')).toBe(true)
})

test.skipIf(problems.bubblewrap !== undefined)(
  'an attempt that succeeds makes the report unsafe and is named',
  async () => {
    const opened = open('bubblewrap')
    const { sandbox } = opened
    // A sandbox with a hole: the server's folder is shown inside.
    const leaky: OpenSandbox = {
      ...opened,
      sandbox: {
        driver: 'bubblewrap',
        inside: (plan, path) => sandbox.inside(plan, path),
        launch: (plan) =>
          sandbox.launch({ ...plan, readOnly: { ...plan.readOnly, [plan.args.at(-1)!]: plan.args.at(-1)! } }),
      },
    }
    const report = await selfTest(leaky)
    expect(report.safe).toBe(false)
    expect(report.summary).toContain("NOT SAFE, possible was: files: the server's folder")
  },
)

test.skipIf(problems.bubblewrap !== undefined)(
  'a program of attempts that ends early is not taken for a good sign',
  async () => {
    const opened = open('bubblewrap')
    const { sandbox } = opened
    const report = await selfTest({
      ...opened,
      sandbox: {
        driver: 'bubblewrap',
        inside: (plan, path) => sandbox.inside(plan, path),
        launch: (plan) => sandbox.launch({ ...plan, args: ['-c', 'raise SystemExit("nothing works")'] }),
      },
    })
    expect(report.safe).toBe(false)
    expect(report.summary).toContain('nothing works')
  },
)
