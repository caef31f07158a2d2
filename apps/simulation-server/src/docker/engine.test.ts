import { mkdtempSync, renameSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { archiveOfPrograms, dockerProblem, type RunningDocker, startDocker } from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ContainerSpec } from './container-spec.js'
import { DockerEngine } from './engine.js'

const problem = dockerProblem()
const IMAGE = 'simyard-test/shell:1'
const LABEL = 'simyard.test'

describe.skipIf(problem !== undefined)(`Docker Engine client${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let docker: RunningDocker
  let engine: DockerEngine

  beforeAll(async () => {
    docker = await startDocker()
    engine = new DockerEngine(docker.socketPath)
    const programs = ['/usr/bin/dash', '/usr/bin/cat', '/usr/bin/sleep', '/usr/bin/id', '/usr/bin/head']
    await engine.importImage(archiveOfPrograms(programs), 'simyard-test/shell', '1')
  }, 60_000)
  afterAll(() => docker?.stop())

  const spec = (script: string, changes: Partial<ContainerSpec> = {}): ContainerSpec => ({
    image: IMAGE,
    command: ['/usr/bin/dash', '-c', script],
    network: 'none',
    labels: { [LABEL]: 'one' },
    ...changes,
  })

  test('tells its version', async () => {
    expect((await engine.ping()).api).toMatch(/^1\.\d+$/)
  })

  test('a container prints on both outputs, ends with its code, and can be removed', async () => {
    const id = await engine.create(spec('echo to stdout; echo to stderr >&2; exit 7'))
    const { stdout, stderr } = await engine.attach(id)
    const { exitCode } = await engine.exitOf(id)
    await engine.start(id)
    expect(await Promise.all([text(stdout), text(stderr), exitCode])).toEqual(['to stdout\n', 'to stderr\n', 7])
    const { stdout: logged } = await engine.logs(id)
    expect(await text(logged)).toBe('to stdout\n')
    expect(await engine.inspect(id)).toMatchObject({ running: false, exitCode: 7, outOfMemory: false, pid: 0 })
    await engine.remove(id)
    await expect(engine.inspect(id)).rejects.toMatchObject({ code: 'DOCKER_FAILED' })
  })

  test('input goes in, much output comes out, also to a slow reader', async () => {
    const id = await engine.create(spec('/usr/bin/cat', { openStdin: true }))
    const { stdin, stdout } = await engine.attach(id)
    await engine.start(id)
    const sent = Buffer.alloc(3_000_000, 'simyard ')
    stdin.end(sent)
    const chunks: Buffer[] = []
    for await (const chunk of stdout) {
      chunks.push(chunk as Buffer)
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(Buffer.concat(chunks).equals(sent)).toBe(true)
    await engine.remove(id)
  })

  test('arguments, environment, user and limits reach the container as they are', async () => {
    const id = await engine.create({
      image: IMAGE,
      command: ['/usr/bin/dash', '-c', 'echo "$1|$WORDS"; id -u', 'x', 'a "b" $(id)'],
      network: 'none',
      labels: { [LABEL]: 'two' },
      env: { WORDS: 'two words', PATH: '/usr/bin' },
      user: '23456:23456',
      readOnlyRoot: true,
      pids: 33,
      memoryBytes: 64 * 1024 * 1024,
      dropCapabilities: true,
      noNewPrivileges: true,
    })
    const { stdout } = await engine.attach(id)
    await engine.start(id)
    const [words, uid] = (await text(stdout)).split('\n')
    expect(words).toBe('a "b" $(id)|two words')
    expect(uid).toBe('23456')
    await engine.remove(id)
  })

  test('kill ends what runs; the list finds containers by label', async () => {
    const id = await engine.create(spec('sleep 1000', { labels: { [LABEL]: 'to be killed' } }))
    await engine.start(id)
    expect((await engine.inspect(id)).pid).toBeGreaterThan(0)
    const [found, ...others] = await engine.list([`${LABEL}=to be killed`])
    expect(others).toEqual([])
    expect(found).toMatchObject({ id, state: 'running', labels: { [LABEL]: 'to be killed' } })
    const ended = engine.wait(id)
    await engine.kill(id)
    expect(await ended).toBe(137)
    await engine.kill(id)
    await engine.remove(id)
    await engine.remove(id)
    expect(await engine.list([`${LABEL}=to be killed`])).toEqual([])
  })

  test('what is missing is said with the way out', async () => {
    await expect(engine.inspectImage('no/such-image:1')).rejects.toMatchObject({
      code: 'DOCKER_IMAGE_MISSING',
      message: expect.stringContaining('docker pull no/such-image:1'),
    })
    await expect(engine.create(spec('true', { image: 'no/such-image:1' }))).rejects.toMatchObject({
      code: 'DOCKER_IMAGE_MISSING',
    })
    expect((await engine.inspectImage(IMAGE)).id).toMatch(/^sha256:/)
    await expect(engine.start('no-such-container')).rejects.toMatchObject({
      code: 'DOCKER_FAILED',
      message: expect.stringContaining('No such container'),
    })
  })
})

describe('a Docker that cannot be reached', () => {
  test('no socket', async () => {
    await expect(new DockerEngine('/nonexistent/docker.sock').ping()).rejects.toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      message: expect.stringContaining('there is no socket /nonexistent/docker.sock'),
    })
  })

  test('a socket that nobody serves', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'simyard-engine-'))
    const path = join(folder, 'docker.sock')
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(path, resolve))
    // Closed without its file being removed, as a daemon that was killed leaves it.
    renameSync(path, `${path}.kept`)
    await new Promise((resolve) => server.close(resolve))
    renameSync(`${path}.kept`, path)
    await expect(new DockerEngine(path).ping()).rejects.toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      message: expect.stringContaining('does not run'),
    })
    rmSync(folder, { recursive: true })
  })
})
