import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findTool, runTool, type ToolRun } from './tool.js'

const run = (script: string, changes: Partial<ToolRun> = {}) =>
  runTool({
    program: process.execPath,
    args: ['--input-type=module', '--eval', script],
    cwd: '/',
    env: { PATH: process.env.PATH ?? '' },
    timeLimitMs: 10_000,
    outputLimit: 1000,
    fileBytes: 1_000_000_000,
    signal: new AbortController().signal,
    ...changes,
  })

/** A program that starts another one, tells its number, and waits. */
const PARENT = `
  import { spawn } from 'node:child_process'
  const child = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  console.error('child ' + child.pid)
  setInterval(() => {}, 1000)
`

test('what it says and how it ends', async () => {
  const lines: string[] = []
  const result = await run(`console.log('out'); process.stderr.write('1%\\r2%\\r3%\\nlast'); process.exitCode = 3`, {
    onLine: (line) => lines.push(line),
  })
  expect(result).toMatchObject({ exitCode: 3, end: 'exited', stdout: 'out\n' })
  expect(lines).toEqual(['1%', '2%', '3%', 'last'])
})

test('it sees the environment that it is given, and nothing of the server', async () => {
  process.env.SIMYARD_SECRET = 'a secret of the server'
  const { stdout } = await run('console.log(Object.keys(process.env).join())', { env: { PATH: '/usr/bin' } })
  delete process.env.SIMYARD_SECRET
  expect(stdout.trim()).toBe('PATH')
})

test.each<[string, Partial<ToolRun>, (control: AbortController) => void]>([
  ['aborted', {}, (control) => control.abort()],
  ['time', { timeLimitMs: 1500 }, () => undefined],
])('%s: it ends at once with everything that it has started', async (end, changes, act) => {
  const control = new AbortController()
  let child = 0
  const result = await run(PARENT, {
    signal: control.signal,
    ...changes,
    onLine: (line) => {
      child = Number(/child (\d+)/.exec(line)?.[1])
      act(control)
    },
  })
  expect(result.end).toBe(end)
  expect(child).toBeGreaterThan(0)
  await expect.poll(() => existsSync(`/proc/${child}`), { timeout: 2000 }).toBe(false)
})

test('a flood of output ends it', async () => {
  expect((await run(`for (;;) console.log('x'.repeat(1000))`)).end).toBe('output')
})

test.skipIf(!existsSync('/usr/bin/prlimit'))(
  `a file that becomes too large ends it${existsSync('/usr/bin/prlimit') ? '' : ' (skipped: no prlimit)'}`,
  async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'simyard-tool-'))
    const script = `import { writeFileSync } from 'node:fs'; writeFileSync('large', Buffer.alloc(100_000))`
    expect(await run(script, { cwd })).toMatchObject({ exitCode: 0, signal: null })
    expect(await run(script, { cwd, fileBytes: 1000 })).not.toMatchObject({ exitCode: 0, signal: null })
    rmSync(cwd, { recursive: true })
  },
)

test('an abort before the start starts nothing', async () => {
  const control = new AbortController()
  control.abort()
  expect((await run('process.exit(7)', { signal: control.signal })).end).toBe('aborted')
})

test('tools are found in the PATH', () => {
  expect(findTool('sh')).toMatch(/\/sh$/)
  expect(findTool('no-such-program-here')).toBeUndefined()
})
