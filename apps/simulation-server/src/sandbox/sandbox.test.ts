import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeReadable } from '../stage.js'
import { controllerLimits } from './limits.js'
import { bubblewrapProblem, openSandbox } from './open-sandbox.js'
import type { LaunchPlan, Sandbox, SandboxedProcess } from './sandbox.js'

const problem = bubblewrapProblem()

describe.skipIf(problem !== undefined)(`bubblewrap${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let folder: string
  let sandbox: Sandbox
  let listener: Server
  let port: number
  const running: SandboxedProcess[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'simyard-sandbox-'))
    mkdirSync(join(folder, 'code'))
    copyFileSync(fileURLToPath(new URL('hostile.py', import.meta.url)), join(folder, 'code/hostile.py'))
    makeReadable(folder)
    process.env.SIMYARD_SECRET = 'a secret of the server'
    sandbox = openSandbox({ stageDir: folder, driver: 'bubblewrap' }).sandbox
    listener = createServer((socket) => socket.end('hello'))
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    port = (listener.address() as { port: number }).port
  })
  afterAll(() => {
    for (const one of running) one.kill()
    listener?.close()
    delete process.env.SIMYARD_SECRET
    rmSync(folder, { recursive: true, force: true })
  })

  const plan = (args: string[], changes: Partial<LaunchPlan> = {}): LaunchPlan => ({
    label: 'hostile',
    runtime: 'python',
    args: ['-u', ...args],
    readOnly: { [join(folder, 'code')]: '/work/code' },
    cwd: '/work/code',
    env: {},
    limits: controllerLimits,
    slot: 900,
    ...changes,
  })

  function launch(one: LaunchPlan): { process: SandboxedProcess; output: () => string } {
    const process = sandbox.launch(one)
    running.push(process)
    let text = ''
    process.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    process.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    return { process, output: () => text }
  }

  test('every attempt of a hostile controller is stopped, each named', async () => {
    const { process, output } = launch(plan(['/work/code/hostile.py', String(port), folder]))
    expect(await process.exited).toEqual({ exitCode: 0, signal: null })
    const lines = output().trim().split('\n')
    expect(lines.at(-1)).toBe('done')
    const attempts = lines.slice(0, -1).map((line) => line.split('|'))
    expect(attempts).toHaveLength(22)
    expect(
      attempts.filter(([, result]) => result !== 'stopped').map(([name, , detail]) => `${name}: ${detail}`),
    ).toEqual([])
  })

  test('an endless loop ends with its sandbox, at once', async () => {
    const { process, output } = launch(plan(['/work/code/hostile.py', String(port), folder, 'loop']))
    while (!output().includes('done')) await new Promise((resolve) => setTimeout(resolve, 50))
    const asked = performance.now()
    process.kill()
    await process.exited
    expect(performance.now() - asked).toBeLessThan(1000)
  })

  test('an endless loop ends by itself when its CPU time is used up', async () => {
    const { process } = launch(plan(['-c', 'while True: pass'], { limits: { ...controllerLimits, cpuSeconds: 1 } }))
    const { exitCode, signal } = await process.exited
    expect(signal ?? exitCode).toBe(137)
  })

  test('the channel is file descriptor 3', async () => {
    const { process } = launch(
      plan(['-c', 'import socket; s = socket.socket(fileno=3); s.sendall(s.recv(100).upper())']),
    )
    process.channel.write('hello')
    const answer = await new Promise((resolve) =>
      process.channel.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    )
    expect(answer).toBe('HELLO')
  })

  test('slots do not share their process limit', async () => {
    const forks =
      'import os, time\nfor i in range(20):\n  if os.fork() == 0: time.sleep(5); os._exit(0)\nprint("forked 20", flush=True)\ntime.sleep(5)'
    const first = launch(plan(['-c', forks], { slot: 901 }))
    const second = launch(plan(['-c', forks], { slot: 902 }))
    await expect
      .poll(() => [first.output(), second.output()], { timeout: 5000 })
      .toEqual(['forked 20\n', 'forked 20\n'])
    first.process.kill()
    second.process.kill()
  })
})
