import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { dockerProblem as daemonProblem, processTable, type RunningDocker, startDocker } from '@simyard/testkit'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { makeReadable } from '../stage.js'
import { firejailProblem } from './firejail.js'
import { controllerLimits, simulatorLimits } from './limits.js'
import { bubblewrapProblem, openSandbox } from './open-sandbox.js'
import type { LaunchPlan, Sandbox, SandboxDriver, SandboxedProcess } from './sandbox.js'

const problems: Readonly<Record<SandboxDriver, string | undefined>> = {
  bubblewrap: bubblewrapProblem(),
  firejail: firejailProblem(),
  docker: daemonProblem(),
  none: undefined,
}

/** Opens the channel as programs do, as `channel`. */
const PYTHON_CHANNEL = `
import os, socket, sys
path = os.environ.get("SIMYARD_CHANNEL_SOCKET")
if path:
    channel = socket.socket(socket.AF_UNIX)
    channel.connect(path)
else:
    channel = socket.socket(fileno=3)
`
const programs: Readonly<Record<string, string>> = {
  'echo.py': `${PYTHON_CHANNEL}
import time
print("here", flush=True)
time.sleep(0.4)
print("reading", flush=True)
while True:
    chunk = channel.recv(65536)
    if not chunk:
        break
    channel.sendall(chunk)
`,
  'echo.mjs': `
import { connect, Socket } from 'node:net'
const path = process.env.SIMYARD_CHANNEL_SOCKET
const channel = path ? connect(path) : new Socket({ fd: 3, readable: true, writable: true })
channel.pipe(channel)
console.log('here')
`,
  'say.py': `
import json, os, sys
print(json.dumps({"args": sys.argv[1:], "env": dict(os.environ)}), flush=True)
print("an error", file=sys.stderr, flush=True)
sys.exit(7)
`,
  'crash.py': 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n',
  // A child, and a grandchild that leaves its session, each with a name to be found by.
  'family.py': `
import os, sys, time
if os.fork() == 0:
    if len(sys.argv) > 2:
        os.setsid()
    if os.fork() == 0:
        os.execv("/usr/bin/python3", ["python3", "-c", "import time; time.sleep(300)", sys.argv[1]])
    os.execv("/usr/bin/python3", ["python3", "-c", "import time; time.sleep(300)", sys.argv[1]])
print("forked", flush=True)
while True:
    pass
`,
  'spin.py': 'while True: pass\n',
  'forks.py': `
import os, time
for i in range(20):
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
print("forked 20", flush=True)
time.sleep(30)
`,
}

let folder: string
let docker: RunningDocker | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-drivers-'))
  mkdirSync(join(folder, 'code'))
  for (const [name, content] of Object.entries(programs)) writeFileSync(join(folder, 'code', name), content)
  makeReadable(folder)
  process.env.SIMYARD_SECRET = 'a secret of the server'
  if (!problems.docker) docker = await startDocker()
}, 60_000)
afterAll(async () => {
  delete process.env.SIMYARD_SECRET
  await docker?.stop()
  rmSync(folder, { recursive: true, force: true })
})

for (const driver of ['bubblewrap', 'firejail', 'docker', 'none'] as const) {
  const problem = problems[driver]
  describe.skipIf(problem !== undefined)(`${driver}${problem ? ` (skipped: ${problem})` : ''}`, () => {
    let sandbox: Sandbox
    const running: SandboxedProcess[] = []

    beforeAll(() => {
      sandbox = openSandbox({ stageDir: folder, driver, docker: { socketPath: docker?.socketPath } }).sandbox
      expect(sandbox.driver).toBe(driver)
    })
    afterEach(async () => {
      for (const one of running) one.kill()
      await Promise.all(running.splice(0).map(({ exited }) => exited))
    })

    function launch(program: string, args: readonly string[] = [], changes: Partial<LaunchPlan> = {}) {
      const node = program.endsWith('.mjs')
      const started = sandbox.launch({
        label: program,
        runtime: node ? 'node' : 'python',
        args: [...(node ? [] : ['-u']), `/work/code/${program}`, ...args],
        readOnly: { [join(folder, 'code')]: '/work/code' },
        cwd: '/work/code',
        env: { PYTHONDONTWRITEBYTECODE: '1' },
        limits: node ? simulatorLimits : controllerLimits,
        slot: 80,
        ...changes,
      })
      running.push(started)
      return started
    }

    /** What the driver without confinement does not promise is no test of its. */
    const confinedOnly = driver === 'none' ? () => undefined : test

    function firstLine(started: SandboxedProcess): Promise<string> {
      return new Promise((resolve, reject) => {
        let said = ''
        started.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString()
          if (said.includes('\n')) resolve(said.split('\n')[0]!)
        })
        let errors = ''
        started.stderr.on('data', (chunk: Buffer) => {
          errors += chunk.toString()
        })
        void started.exited.then((status) => reject(new Error(`it ended: ${JSON.stringify(status)} ${errors}`)))
      })
    }

    const collect = (started: SandboxedProcess, bytes: number) =>
      new Promise<Buffer>((resolve) => {
        const chunks: Buffer[] = []
        let length = 0
        started.channel.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          length += chunk.length
          if (length >= bytes) resolve(Buffer.concat(chunks))
        })
      })

    test('the channel carries megabytes both ways, and waits for a program that does not read', async () => {
      const started = launch('echo.py')
      expect(await firstLine(started)).toBe('here')
      const sent = randomBytes(6_000_000)
      const back = collect(started, sent.length)
      let accepted = 0
      let acceptedUnread: number | undefined
      started.stdout.on('data', () => {
        acceptedUnread ??= accepted
      })
      while (accepted < sent.length) {
        const part = sent.subarray(accepted, accepted + 65_536)
        accepted += part.length
        if (!started.channel.write(part)) await new Promise((resolve) => started.channel.once('drain', resolve))
      }
      // What the kernel and the pipes take is little; the rest had to wait until the program read.
      expect(acceptedUnread).toBeLessThan(3_000_000)
      expect((await back).equals(sent)).toBe(true)
    })

    test('a Node program has the channel too', async () => {
      const started = launch('echo.mjs')
      expect(await firstLine(started)).toBe('here')
      const sent = randomBytes(2_000_000)
      const back = collect(started, sent.length)
      started.channel.write(sent)
      expect((await back).equals(sent)).toBe(true)
    })

    test('arguments arrive as they are; nothing of the server is in the environment; both outputs; the exit code', async () => {
      const args = ['two words', '"double" and \'single\'', '$(id) `id` $HOME', 'back\\slash', '', '--option=ü\n']
      const started = launch('say.py', args, { env: { GREETING: 'hello $HOME "you"' } })
      const [said, errors, status] = await Promise.all([text(started.stdout), text(started.stderr), started.exited])
      const heard = JSON.parse(said) as { args: string[]; env: Record<string, string> }
      expect(heard.args).toEqual(args)
      expect(heard.env.GREETING).toBe('hello $HOME "you"')
      expect(JSON.stringify(heard.env)).not.toContain('a secret of the server')
      const known = ['GREETING', 'HOME', 'HOSTNAME', 'LC_CTYPE', 'PATH', 'PWD', 'SIMYARD_CHANNEL_SOCKET']
      expect(Object.keys(heard.env).filter((name) => !known.includes(name))).toEqual([])
      expect(errors).toBe('an error\n')
      expect(status).toEqual({ exitCode: 7, signal: null })
    })

    test('a program that dies of a signal is reported with it', async () => {
      const { exitCode, signal } = await launch('crash.py').exited
      expect(signal ?? exitCode).toBe(driver === 'none' ? 'SIGSEGV' : 128 + 11)
    })

    test('kill ends the program and all that it started, at once', async () => {
      const name = `simyard-family-${randomBytes(6).toString('hex')}`
      // Without a sandbox a process that leaves its session is out of reach; docs/operations/sandbox.md says so.
      const started = launch('family.py', driver === 'none' ? [name] : [name, 'leave'])
      expect(await firstLine(started)).toBe('forked')
      const found = () => processTable().filter(({ command }) => command.includes(name))
      await expect.poll(() => found().filter(({ command }) => command.includes('sleep')).length).toBe(2)
      const asked = performance.now()
      started.kill()
      started.kill()
      await started.exited
      expect(performance.now() - asked).toBeLessThan(2000)
      await expect.poll(found, { timeout: 1000 }).toEqual([])
    })

    confinedOnly('an endless loop ends by itself when its CPU time is used up', async () => {
      const { exitCode, signal } = await launch('spin.py', [], { limits: { ...controllerLimits, cpuSeconds: 1 } })
        .exited
      expect([137, 'SIGKILL']).toContain(signal ?? exitCode)
    })

    test('a program that is killed while it starts leaves nothing behind', async () => {
      const marker = `kill-me-early-${driver}-${process.pid}`
      const starts = driver === 'docker' ? 4 : 32
      const exits: Promise<unknown>[] = []
      for (let index = 0; index < starts; index++) {
        const started = launch('spin.py', [marker], { slot: 50 + (index % 8) })
        exits.push(started.exited)
        await new Promise((resolve) => setTimeout(resolve, index % 16))
        started.kill()
      }
      await Promise.all(exits)
      const left = () => processTable().filter(({ command }) => command.includes(marker))
      await expect.poll(left, { timeout: 5000 }).toEqual([])
    })

    confinedOnly('slots do not share their process limit', async () => {
      const both = [launch('forks.py', [], { slot: 81 }), launch('forks.py', [], { slot: 82 })]
      expect(await Promise.all(both.map(firstLine))).toEqual(['forked 20', 'forked 20'])
    })

    confinedOnly('Node may lie in a folder that only the server may enter', async () => {
      const home = mkdtempSync(join(tmpdir(), 'simyard-home-'))
      const nodePath = join(home, 'node')
      copyFileSync(process.execPath, nodePath)
      const stageDir = mkdtempSync(join(tmpdir(), 'simyard-stage-of-test-'))
      chmodSync(stageDir, 0o711)
      try {
        const options = { stageDir, driver, nodePath, docker: { socketPath: docker?.socketPath } }
        const started = openSandbox(options).sandbox.launch({
          label: 'node',
          runtime: 'node',
          args: ['-p', 'process.execPath'],
          readOnly: { [join(folder, 'code')]: '/work/code' },
          cwd: '/work/code',
          env: {},
          limits: simulatorLimits,
          slot: 83,
        })
        running.push(started)
        const [said, errors] = await Promise.all([text(started.stdout), text(started.stderr), started.exited])
        expect(errors).toBe('')
        expect(said.trim()).toBe(join(stageDir, 'node'))
      } finally {
        rmSync(home, { recursive: true })
        rmSync(stageDir, { recursive: true })
      }
    })

    test('a program that is not there is told on stderr', async () => {
      const started = launch('missing.py')
      const [errors, { exitCode }] = await Promise.all([text(started.stderr), started.exited])
      expect(exitCode).toBe(2)
      expect(errors).toContain('missing.py')
    })
  })
}
