import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  archiveOfPrograms,
  dockerProblem as daemonProblem,
  processTable,
  type RunningDocker,
  repositoryRoot,
  startDocker,
} from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DockerEngine } from '../apps/simulation-server/src/docker/engine.js'
import type { DockerSandbox } from '../apps/simulation-server/src/sandbox/docker.js'
import { firejailProblem } from '../apps/simulation-server/src/sandbox/firejail.js'
import { bubblewrapProblem, openSandbox } from '../apps/simulation-server/src/sandbox/open-sandbox.js'
import type { SandboxDriver } from '../apps/simulation-server/src/sandbox/sandbox.js'
import type { SelfTestReport } from '../apps/simulation-server/src/sandbox/self-test.js'
import { enkiProblem } from '../apps/simulation-server/src/simulator/enki-plan.js'
import { Bench } from './simulators/bench.js'

const problems: Readonly<Record<SandboxDriver, string | undefined>> = {
  bubblewrap: bubblewrapProblem(),
  firejail: firejailProblem(),
  docker: daemonProblem(),
  none: undefined,
}
const project = `${repositoryRoot}projects/obstacle-avoidance`
const javascriptProject = `${repositoryRoot}projects/javascript-driver`

let docker: RunningDocker | undefined
beforeAll(async () => {
  if (!problems.docker) docker = await startDocker()
})
afterAll(() => docker?.stop())

/** A server of one program in a process of its own, from the built files: `argv` is driver, stage, Docker socket, name. */
const SERVER = `
const [driver, stageDir, socketPath, name] = process.argv.slice(1)
const { openSandbox } = await import(${JSON.stringify(`${repositoryRoot}apps/simulation-server/dist/index.js`)})
const { sandbox } = openSandbox({ stageDir, driver, docker: { socketPath } })
const started = sandbox.launch({
  label: 'victim', runtime: 'python', slot: 70, cwd: '/work', env: {}, readOnly: {},
  args: ['-u', '-c', 'print("runs")\\nwhile True: pass', name],
  limits: { memoryMiB: 256, processes: 32, fileMiB: 8, diskMiB: 16, openFiles: 64, cpuSeconds: 60 },
})
started.stdout.on('data', (chunk) => process.stdout.write(chunk))
started.stderr.on('data', (chunk) => process.stderr.write(chunk))
`

for (const driver of ['bubblewrap', 'firejail', 'docker', 'none'] as const) {
  const problem = problems[driver]
  describe.skipIf(problem !== undefined)(`${driver}${problem ? ` (skipped: ${problem})` : ''}`, () => {
    const options = () => ({ driver, docker: { socketPath: docker?.socketPath } })

    test.each([
      [
        'the built-in simulator with a Python controller',
        'built-in',
        project,
        'worlds/obstacle_avoidance.wbt',
        /^Hello, I am/,
      ],
      ['the built-in simulator with a JavaScript controller', 'built-in', javascriptProject, '', /./],
      ['Enki with a Python controller', 'enki', project, 'worlds/obstacle_avoidance.wbt', /^Hello, I am/],
    ] as const)('runs %s', async (_, simulator, folder, named, wanted) => {
      if (simulator === 'enki' && enkiProblem()) return
      const world = named || `worlds/${readdirSync(join(folder, 'worlds')).find((name) => name.endsWith('.wbt'))}`
      const bench = new Bench(options())
      try {
        expect(bench.opened.report.driver).toBe(driver)
        const talk = await bench.start(simulator, folder)
        const printed = bench.runControllers(talk, folder)
        talk.send({ type: 'load', world })
        await talk.next('start-controller')
        talk.send({ type: 'mode', mode: 'fast', untilMs: 3000 })
        const { message } = await talk.next('mode', ({ by }) => by === 'limit')
        expect(message.timeMs).toBeGreaterThanOrEqual(3000)
        const errors = talk.heard.flatMap(({ message: heard }) => (heard.type === 'diagnostic' ? heard.diagnostic : []))
        expect(errors).toEqual([])
        await expect.poll(() => printed.some((line) => wanted.test(line))).toBe(true)
      } finally {
        await bench.close()
      }
    })

    test('kill -9 of the server leaves no program behind', async () => {
      const stageDir = mkdtempSync(join(tmpdir(), 'simyard-killed-'))
      const name = `simyard-victim-${randomBytes(6).toString('hex')}`
      const args = ['--input-type=module', '-e', SERVER, driver, stageDir, docker?.socketPath ?? '', name]
      const server: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
      try {
        await new Promise((resolve) => server.stdout?.once('data', resolve))
        const found = () => processTable().filter(({ command, pid }) => command.includes(name) && pid !== server.pid)
        expect(found().length).toBeGreaterThan(0)
        server.kill('SIGKILL')
        await new Promise((resolve) => server.once('exit', resolve))
        await expect.poll(found, { timeout: 3000 }).toEqual([])
        if (!docker || driver !== 'docker') return
        // The containers themselves belong to the daemon: the next server removes them when it starts.
        await (openSandbox({ ...options(), stageDir }).sandbox as DockerSandbox).prepare()
        expect(await new DockerEngine(docker.socketPath).list(['simyard.server'])).toEqual([])
      } finally {
        server.kill('SIGKILL')
        rmSync(stageDir, { recursive: true, force: true })
      }
    })
  })
}

const SELF_TEST = `
const { openSandbox, selfTest, Stage } = await import(${JSON.stringify(`${repositoryRoot}apps/simulation-server/dist/index.js`)})
const root = ${JSON.stringify(repositoryRoot)}
const stage = new Stage({
  simulatorDir: root + 'apps/simulator/dist/bundle', pythonDir: root + 'python', javascriptDir: root + 'javascript/controller',
})
try {
  const opened = openSandbox({ stageDir: stage.root, driver: 'bubblewrap' })
  const report = await selfTest(opened)
  console.log(JSON.stringify({ ...report, ...opened.report, safe: report.safe }))
} finally {
  stage.remove()
}
`

const setpriv = '/usr/bin/setpriv'
const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups']
const nobodyProblem = () => {
  if (process.getuid?.() !== 0) return 'only root can become another user'
  const script = ['-e', 'process.exit(0)', repositoryRoot]
  const reads = spawnSync(setpriv, [...nobody, '/usr/bin/test', '-r', `${repositoryRoot}package.json`]).status === 0
  const runs = spawnSync(setpriv, [...nobody, process.execPath, ...script]).status === 0
  return reads && runs ? undefined : 'the user nobody cannot read this checkout'
}
const unprivileged = problems.bubblewrap ?? nobodyProblem()

test.skipIf(unprivileged !== undefined)(
  `bubblewrap under a user without rights${unprivileged ? ` (skipped: ${unprivileged})` : ''}: all is stopped but what needs control groups`,
  () => {
    const args = [...nobody, process.execPath, '--input-type=module', '-e', SELF_TEST]
    const { stdout, stderr } = spawnSync(setpriv, args, { encoding: 'utf8', cwd: '/', env: { PATH: '/usr/bin' } })
    expect(stderr).toBe('')
    const report = JSON.parse(stdout) as SelfTestReport & { driver: string; hardCaps: boolean }
    const possible = report.attempts.filter(({ result }) => result !== 'stopped').map(({ attempt }) => attempt)
    expect(report).toMatchObject({ driver: 'bubblewrap', safe: true })
    expect(possible).toEqual(report.hardCaps ? [] : ['memory: several processes'])
  },
)

const dockerTitle = `docker with an image of the operator's${problems.docker ? ` (skipped: ${problems.docker})` : ''}`
describe.skipIf(problems.docker !== undefined)(dockerTitle, () => {
  test('runs simulator and controller from its own node and python3', async () => {
    const engine = new DockerEngine(docker!.socketPath)
    const library = readdirSync('/usr/lib').find((name) => /^python3\.\d+$/.test(name))
    expect(library).toBeDefined()
    const archive = archiveOfPrograms(['/usr/bin/node', '/usr/bin/python3'], [`/usr/lib/${library}`])
    await engine.importImage(archive, 'simyard-test/runtime', '1')
    const bench = new Bench({
      driver: 'docker',
      docker: { socketPath: docker!.socketPath, image: 'simyard-test/runtime:1' },
    })
    try {
      const talk = await bench.start('built-in', project)
      const printed = bench.runControllers(talk, project)
      talk.send({ type: 'load', world: 'worlds/obstacle_avoidance.wbt' })
      talk.send({ type: 'mode', mode: 'fast', untilMs: 1000 })
      await talk.next('start-controller')
      talk.send({ type: 'mode', mode: 'fast', untilMs: 1000 })
      await talk.next('mode', ({ by }) => by === 'limit')
      await expect.poll(() => printed[0]).toBe('Hello, I am e-puck')
      const containers = await engine.list(['simyard.server'])
      expect(containers).toHaveLength(2)
      expect(containers.every(({ image }) => image === 'simyard-test/runtime:1')).toBe(true)
    } finally {
      await bench.close()
    }
    expect(await engine.list(['simyard.server'])).toEqual([])
  })

  test('an image that is not there is told by the program that could not start', async () => {
    const bench = new Bench({ driver: 'docker', docker: { socketPath: docker!.socketPath, image: 'no/such:1' } })
    try {
      await expect(bench.start('built-in', project)).rejects.toThrow('Docker has no image no/such:1 here')
    } finally {
      await bench.close()
    }
  })
})

test('no control group of the tests is left behind', async () => {
  const pids = '/sys/fs/cgroup/pids'
  if (!existsSync(pids)) return
  const own = () => readdirSync(pids).filter((name) => name.startsWith(`simyard-${process.pid}-`))
  await expect.poll(own, { timeout: 5000 }).toEqual([])
})
