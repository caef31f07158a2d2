import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import {
  aliveAmong,
  descendantsOf,
  type GitHost,
  type RunningServer,
  type RunningSimyard,
  startGitHost,
  startServer,
  startSimyard,
  TextSocket,
} from '@simyard/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A website, repositories and a simulation server as three programs. */
let site: RunningSimyard
let git: GitHost
let server: RunningServer
const folder = mkdtempSync(join(tmpdir(), 'simyard-sources-'))

const WORLD = `#VRML_SIM R2025a utf8
WorldInfo { basicTimeStep 16 }
Viewpoint { }
Robot { name "r" controller "teller" }
`
/** Says which version it is, and what it was told about the session. */
const teller = (version: string) => `from controller import Robot
import os
robot = Robot()
print("version ${version}", flush=True)
for name in ("host.txt", "session.json"):
    path = os.path.join("../..", name)
    print(name, open(path).read().replace("\\n", " ") if os.path.exists(path) else "none", flush=True)
while robot.step(16) != -1:
    pass
`
const files = { 'worlds/w.wbt': WORLD, 'controllers/teller/teller.py': teller('original') }

function put(path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

const common = () => ({
  port: 0,
  server: '127.0.0.1',
  logFormat: 'json',
  warmSimulators: 1,
  warmSimulatorsMax: 1,
  maxConnections: 10,
  websites: [site.address],
  keyDir: join(folder, 'keys'),
  projectsDir: join(folder, 'projects'),
  allowedFolders: [join(folder, 'local')],
  repositoryMirror: git.address,
  allowedRepositories: ['https://github.com/alice'],
  blockedRepositories: ['https://github.com/mallory'],
})

beforeAll(async () => {
  site = await startSimyard()
  git = await startGitHost()
  git.commit('alice/robots', Object.fromEntries(Object.entries(files).map(([path, text]) => [`arms/${path}`, text])), {
    branch: 'feature/arm',
  })
  for (const [path, text] of Object.entries(files)) {
    put(`projects/simple/${path}`, text)
    put(`local/mine/${path}`, text)
  }
  put('keys/127.0.0.1', readFileSync(join(site.dataDir, 'host.key'), 'utf8'))
  server = await startServer('simulation-server', common())
})
afterAll(async () => {
  await server?.stop()
  await git?.close()
  await site?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const client = (port = server.port) => TextSocket.open(`ws://127.0.0.1:${port}/client`)
const github = (path: string) => ({ start: { url: `https://github.com/${path}` } })

/** Starts and opens the stream; resolves when the world stands. */
async function opened(start: unknown, port = server.port, words = ['simyard:hello', 'x3d']) {
  const socket = await client(port)
  socket.send(JSON.stringify(start))
  const address = (await socket.next((text) => text.startsWith('webots:'))).slice(7)
  const stream = await TextSocket.open(`${address}/`)
  for (const word of words) stream.send(word)
  await stream.next((text) => text.startsWith('pause'))
  return { socket, stream, address }
}

const consoleLine = (part: string) => (text: string) =>
  text.startsWith('simyard:') && text.includes('"console"') && text.includes(part)

describe('repositories', () => {
  test('a world of a branch with a slash runs, in the words and the order of the original', async () => {
    const { socket, stream } = await opened(github('alice/robots/blob/feature/arm/arms/worlds/w.wbt'))
    const words = socket.received.filter((text) => !text.startsWith('simyard:') && text !== '.')
    expect(words[0]).toBe('loading: Fetching alice/robots from GitHub')
    const rest = words.filter((text) => !text.startsWith('loading: '))
    expect(rest).toEqual(['shutdownTimeout: 7200', expect.stringMatching(/^webots:ws:\/\/127\.0\.0\.1:\d+$/)])
    expect(words.slice(0, -2).every((text) => text.startsWith('loading: ') && !text.includes('Error'))).toBe(true)
    await stream.next(consoleLine('version original'))
    await stream.next(consoleLine('session.json none'))
    socket.close()
    await stream.untilClosed()
  })

  test.each([
    ['https://github.com/alice/robots', 'Wrong Webots simulation URL', 'START_URL_INVALID'],
    [
      'https://github.com/a/b/raw/main/worlds/w.wbt',
      'Missing blob in Webots simulation URL, founds raw',
      'START_URL_INVALID',
    ],
    ['https://github.com/a/b/blob/main/x/w.wbt', 'Missing worlds folder in Webots simulation URL', 'START_URL_INVALID'],
    [
      'https://github.com/a/b/blob/main/worlds/w.wbt?x=1',
      'Missing world file in Webots simulation URL',
      'START_URL_INVALID',
    ],
    [
      'https://github.com/alice/robots/blob/feature/arm/arms/worlds/none.wbt',
      'worlds/none.wbt does not exist.',
      'WORLD_NOT_FOUND',
    ],
    ['https://github.com/alice/none/blob/main/worlds/w.wbt', 'There is no repository', 'REPOSITORY_UNAVAILABLE'],
    ['https://gitlab.com/alice/robots/blob/main/worlds/w.wbt', 'is not the address of a world', 'START_URL_INVALID'],
    ['webots://gitlab.com/a/b/tag/main/worlds/w.wbt', 'Wrong Webots simulation URL', 'START_URL_INVALID'],
    ['file:///etc/worlds/w.wbt', 'does not run worlds of that folder', 'START_ORIGIN_REFUSED'],
    ['nonsense', 'is not the address of a world', 'START_URL_INVALID'],
  ])('%s is refused with a reason, and the socket closes', async (url, reason, code) => {
    const socket = await client()
    socket.send(JSON.stringify({ start: { url } }))
    expect(await socket.next((text) => text.startsWith('loading: Error: '))).toContain(`loading: Error: `)
    expect(socket.received.find((text) => text.startsWith('loading: Error: '))).toContain(reason)
    expect(socket.received.some((text) => text.startsWith('simyard:') && text.includes(code))).toBe(true)
    expect((await socket.untilClosed()).code).toBe(1005)
  })

  test('a start that is refused costs no simulator', async () => {
    const simulators = () =>
      descendantsOf(server.pid)
        .filter(({ command }) => /^\S*node .*simulator\.mjs/.test(command))
        .map(({ pid }) => pid)
    await expect.poll(() => simulators().length).toBe(1)
    const before = simulators()
    for (let i = 0; i < 3; i++) {
      const socket = await client()
      socket.send(JSON.stringify(github('alice/none/blob/main/worlds/w.wbt')))
      await socket.next((text) => text.startsWith('loading: Error: '))
      await socket.untilClosed()
    }
    await expect.poll(() => simulators()).toEqual(before)
  })

  test('what is not allowed needs idle time, and git that is missing is told; the server goes on', async () => {
    const strict = await startServer(
      'simulation-server',
      { ...common(), warmSimulators: 0, shareIdleTime: 0 },
      { PATH: join(folder, 'nothing') },
    )
    try {
      for (const [path, reason] of [
        ['bob/robots/blob/main/worlds/w.wbt', 'This simulation server is not configured to share idle time.'],
        ['alice2/robots/blob/main/worlds/w.wbt', 'This simulation server is not configured to share idle time.'],
        ['alice/robots/blob/feature/arm/arms/worlds/w.wbt', 'git is not installed'],
      ] as const) {
        const socket = await client(strict.port)
        socket.send(JSON.stringify(github(path)))
        expect(await socket.next((text) => text.startsWith('loading: Error: '))).toContain(reason)
        await socket.untilClosed()
      }
      const { socket } = await opened({ start: { url: `file://${folder}/local/mine/worlds/w.wbt` } }, strict.port)
      socket.close()
    } finally {
      await strict.stop()
    }
  })

  test('eight visitors with slow clones wait for each other in nothing, and /load answers meanwhile', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `alice/slow${index}`)
    for (const name of names) git.commit(name, files)
    git.delayMs = 60_000
    const sockets = await Promise.all(names.map(() => client()))
    for (const [index, socket] of sockets.entries())
      socket.send(JSON.stringify(github(`${names[index]}/blob/main/worlds/w.wbt`)))
    // All are being fetched at the same moment; how long that takes is measured by bench/project-start.ts.
    await expect.poll(() => git.waiting).toBe(8)
    const load = await fetch(`http://127.0.0.1:${server.port}/load`, { signal: AbortSignal.timeout(5000) })
    expect(Number(await load.text())).toBeGreaterThanOrEqual(0)
    git.delayMs = 0
    await Promise.all(sockets.map((socket) => socket.next((text) => text.startsWith('webots:'))))
    for (const socket of sockets) socket.close()
  })

  test('a visitor who leaves in the middle of a clone leaves nothing', async () => {
    git.commit('alice/leaving', files)
    const family = () => descendantsOf(server.pid)
    const gits = () => family().filter(({ command }) => command.includes('git'))
    await expect.poll(() => gits()).toEqual([])
    git.delayMs = 60_000
    const socket = await client()
    socket.send(JSON.stringify(github('alice/leaving/blob/main/worlds/w.wbt')))
    await expect.poll(() => gits().some(({ command }) => command.includes(' fetch '))).toBe(true)
    socket.close()
    await expect.poll(() => gits(), { timeout: 2000 }).toEqual([])
    git.delayMs = 0
    const stage = readdirSync(tmpdir()).find((name) => name.startsWith(`simyard-stage-${server.pid}-`))!
    await expect
      .poll(() =>
        readdirSync(join(tmpdir(), stage, 'projects/repositories')).filter((name) => name.startsWith('unfinished')),
      )
      .toEqual([])
    await expect.poll(() => readdirSync(join(tmpdir(), stage, 'instances'))).toEqual([])
    const status = (await (await fetch(`http://127.0.0.1:${server.port}/status`)).json()) as {
      seats: { taken: number }
    }
    expect(status.seats.taken).toBe(0)
  })

  test('kill -9 in the middle of a clone: git ends too, and the next server removes what was begun', async () => {
    const repositoryCache = join(folder, 'cache')
    const config = { ...common(), warmSimulators: 0, repositoryCache }
    git.commit('alice/killed', files)
    git.delayMs = 60_000
    const killed = await startServer('simulation-server', config)
    const socket = await client(killed.port)
    socket.send(JSON.stringify(github('alice/killed/blob/main/worlds/w.wbt')))
    const gits = () => descendantsOf(killed.pid).filter(({ command }) => command.includes(' fetch '))
    await expect.poll(() => gits().length).toBeGreaterThan(0)
    const family = descendantsOf(killed.pid).map(({ pid }) => pid)
    await killed.stop('SIGKILL')
    git.delayMs = 0
    await expect.poll(() => aliveAmong(family)).toEqual([])
    expect(readdirSync(repositoryCache)).toEqual([expect.stringMatching(/^unfinished-/)])
    const next = await startServer('simulation-server', config)
    const { socket: again } = await opened(github('alice/killed/blob/main/worlds/w.wbt'), next.port)
    expect(readdirSync(repositoryCache)).toEqual([expect.stringMatching(/^[0-9a-f]{40}$/)])
    again.close()
    await next.stop()
    // It outlives the server: nothing is fetched again.
    const before = git.packs
    const third = await startServer('simulation-server', config)
    const { socket: last } = await opened(github('alice/killed/blob/main/worlds/w.wbt'), third.port)
    expect(git.packs).toBe(before)
    last.close()
    await third.stop()
  })
})

describe('website hosts', () => {
  let copy: { id: string; key: string }
  const api = (path: string, init: RequestInit) => fetch(`${site.address}/api/v1/projects${path}`, init)

  beforeAll(async () => {
    const made = await api('', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ from: 'obstacle-avoidance' }),
    })
    copy = (await made.json()) as typeof copy
    const own = { ...files, 'controllers/teller/teller.py': teller('of the visitor') }
    for (const [path, text] of Object.entries(own)) {
      const form = new FormData()
      form.append('dirname', `${copy.id}/controllers/teller`)
      form.append('filename', 'teller.py')
      form.append('content', new Blob([text]))
      form.append('user1Id', copy.id)
      form.append('user1Authentication', copy.key)
      const stored = path.startsWith('controllers/')
        ? await fetch(`${site.address}/ajax/upload-file.php`, { method: 'POST', body: form })
        : await api(`/${copy.id}/files/${path}`, {
            method: 'PUT',
            headers: { Authorization: `Bearer ${copy.key}`, 'Content-Type': 'application/octet-stream' },
            body: text,
          })
      expect(stored.status).toBe(200)
      if (path.startsWith('controllers/')) expect(await stored.text()).toBe('OK')
    }
  })

  const init = (project: string, world: string, ...user: string[]) => ({
    init: [site.address, project, world, ...user],
  })

  test("a visitor's copy comes from the site by init, with what the site tells", async () => {
    const { socket, stream, address } = await opened(
      init(copy.id, 'w.wbt', copy.id, 'Alice', copy.key, '', '', 'level 3'),
    )
    await stream.next(consoleLine('version of the visitor'))
    await stream.next(consoleLine(`host.txt ${site.address}`))
    const told = await stream.next(consoleLine('session.json {'))
    expect(told).toContain('level 3')
    expect(told).toContain('Alice')
    expect(told).not.toContain(copy.key)
    // They are for the project's programs, not for whoever watches the stream.
    for (const name of ['session.json', 'host.txt', './session.json', '//session.json'])
      expect((await fetch(`${address.replace('ws', 'http')}/${name}`)).status, name).toBe(404)
    expect(server.output()).toContain('"user1Name":"Alice"')
    expect(server.output()).not.toContain(copy.key)
    socket.close()
    await stream.untilClosed()
  })

  test('a project of this machine, for a visitor without a name', async () => {
    const { socket, stream } = await opened(init('simple', 'w.wbt', '', '', '', '', '', ''))
    await stream.next(consoleLine('version original'))
    socket.close()
    await stream.untilClosed()
  })

  test.each([
    ['the site refuses', () => init(copy.id, 'w.wbt', copy.id, '', 'wrong'), 'Wrong user1Authentication'],
    ['no such project', () => init('none', 'w.wbt', copy.id, '', ''), 'There is no project'],
    ['no such world', () => init(copy.id, 'none.wbt', copy.id, '', ''), 'worlds/none.wbt does not exist.'],
    [
      'no key',
      () => ({ init: ['https://unknown.example', 'simple', 'w.wbt', '7', 'Bob', 'x'] }),
      'has no key of https://unknown.example',
    ],
  ])('%s: told, and the socket closes', async (_name, request, reason) => {
    const socket = await client()
    socket.send(JSON.stringify(request()))
    expect(await socket.next((text) => text.startsWith('loading: Error: '))).toContain(reason)
    await socket.untilClosed()
  })
})

describe('reset controller', () => {
  const NAME = 'teller/teller.py'
  test.each([
    ['a project of this machine', () => ({ init: ['', 'simple', 'w.wbt', '', '', '', '', '', ''] })],
    ['a folder', () => ({ start: { url: `file://${folder}/local/mine/worlds/w.wbt` } })],
    ['a repository', () => github('alice/robots/blob/feature/arm/arms/worlds/w.wbt')],
  ])('%s: the file is as it came', async (_name, request) => {
    const { socket, stream } = await opened(request(), server.port, ['x3d'])
    stream.send(`set controller:${NAME}:1\nprint("changed")`)
    stream.send(`sync controller:${NAME}`)
    await stream.next((text) => text.startsWith(`set controller:${NAME}:`) && text.includes('changed'))
    socket.send(JSON.stringify({ 'reset controller': NAME }))
    await socket.next((text) => text === `reset controller: ${NAME}`)
    const from = stream.received.length
    stream.send(`sync controller:${NAME}`)
    const restored = await stream.next((text) => text.startsWith(`set controller:${NAME}:`), { from })
    expect(restored.slice(restored.indexOf('\n') + 1)).toBe(teller('original'))

    for (const [path, code] of [
      ['teller/none.py', 'FILE_NOT_FOUND'],
      ['../worlds/w.wbt', 'FILE_PATH_INVALID'],
      ['teller/../../worlds/w.wbt', 'FILE_PATH_INVALID'],
      ['/etc/passwd', 'FILE_PATH_INVALID'],
      ['teller.py', 'FILE_PATH_INVALID'],
    ] as const) {
      const before = socket.received.length
      socket.send(JSON.stringify({ 'reset controller': path }))
      expect(await socket.next((text) => text.startsWith('simyard:{"type":"error"'), { from: before })).toContain(code)
    }
    expect(socket.received.filter((text) => text.startsWith('reset controller:'))).toHaveLength(1)
    expect(socket.closed).toBeUndefined()
    socket.close()
    await stream.untilClosed()
  })
})
