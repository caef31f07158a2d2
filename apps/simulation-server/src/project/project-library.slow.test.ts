import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type ClientRequest, decodeClientRequest } from '@simyard/protocol'
import { descendantsOf, type GitHost, smallDiskProblem, startGitHost, withSmallDisk } from '@simyard/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { SimulationServerConfig } from '../config.js'
import { findTool } from '../sandbox/tool.js'
import { ProjectLibrary } from './project-library.js'
import type { Preparation } from './project-source.js'

const WORLD = '#VRML_SIM R2025a utf8\n'
const gitProblem = findTool('git') ? undefined : 'no git (Debian: apt install git)'

let folder: string
const libraries: ProjectLibrary[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-library-'))
})
afterEach(async () => {
  for (const library of libraries.splice(0)) await library.close()
  rmSync(folder, { recursive: true, force: true })
})

function put(path: string, content: string): string {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
  return file
}

function library(config: object, options: { confined?: boolean; load?: number } = {}): ProjectLibrary {
  const made = new ProjectLibrary({
    config: SimulationServerConfig.parse(config),
    sites: [],
    workDir: join(folder, 'work'),
    confined: options.confined ?? true,
    load: () => options.load ?? 0,
  })
  libraries.push(made)
  return made
}

const patient: Preparation = { signal: new AbortController().signal, progress: () => undefined }

type Start = Extract<ClientRequest, { type: 'start' | 'init' }>
const start = (url: string, fields: Record<string, string> = {}) =>
  decodeClientRequest(JSON.stringify({ start: { url, ...fields } })) as Start
const init = (...texts: string[]) => decodeClientRequest(JSON.stringify({ init: texts })) as Start

/** Every file below a folder with its text. */
function contents(root: string): Record<string, string> {
  const entries = readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => !entry.isDirectory())
  return Object.fromEntries(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(root.length + 1), readFileSync(file, 'utf8')]),
  )
}

let serial = 0
async function filled(made: ProjectLibrary, request: Start, preparation = patient): Promise<string> {
  const wanted = await made.find(request)
  const project = await wanted.prepare(preparation)
  const into = join(folder, `instance-${serial++}`)
  mkdirSync(into)
  await project.fill(into, preparation.signal)
  project.release()
  return into
}

const codeOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error: { code?: string; message: string }) => `${error.code}: ${error.message}`,
  )

describe.skipIf(gitProblem !== undefined)(`repositories${gitProblem ? ` (skipped: ${gitProblem})` : ''}`, () => {
  let host: GitHost
  const github = 'https://github.com/'
  const open = (config: object = {}, options = {}) =>
    library({ repositoryMirror: host.address, allowedRepositories: [github], ...config }, options)

  beforeAll(async () => {
    host = await startGitHost()
    host.commit('alice/robots', {
      'README.md': 'read me',
      'arms/worlds/a.wbt': WORLD,
      'arms/controllers/c/c.py': 'print(1)',
      'arms/x [1]/worlds/b.wbt': WORLD,
      'legs/worlds/l.wbt': WORLD,
      'legs/controllers/big/data.txt': 'x'.repeat(300_000),
    })
    host.commit('alice/robots', { 'worlds/tagged.wbt': WORLD }, { branch: 'old', tag: 'v1.0', annotated: true })
    host.commit('alice/robots', { 'arms/worlds/f.wbt': WORLD }, { branch: 'feature/new/arm' })
    host.commit('alice/robots', { 'worlds/light.wbt': WORLD }, { branch: 'other', tag: 'releases/2' })
  })
  afterAll(() => host?.close())
  beforeEach(() => {
    host.delayMs = 0
  })

  test('the project alone, and nothing of the rest of the repository', async () => {
    const into = await filled(open(), start(`${github}alice/robots/blob/main/arms/worlds/a.wbt`))
    expect(contents(into)).toEqual({
      'controllers/c/c.py': 'print(1)',
      'worlds/a.wbt': WORLD,
      'x [1]/worlds/b.wbt': WORLD,
    })
    const kept = join(folder, 'work/repositories')
    const all = readdirSync(kept, { recursive: true }).map(String)
    expect(all.some((path) => path.includes('legs') || path.includes('.git'))).toBe(false)
  })

  test.each([
    ['a folder that a pattern would misread', 'blob/main/arms/x%20%5B1%5D/worlds/b.wbt', 'worlds/b.wbt'],
    ['tree as well as blob', 'tree/main/arms/worlds/a.wbt', 'worlds/a.wbt'],
    ['an annotated tag', 'blob/v1.0/worlds/tagged.wbt', 'worlds/tagged.wbt'],
    ['a tag with a slash', 'blob/releases/2/worlds/light.wbt', 'worlds/light.wbt'],
    ['a branch with slashes', 'blob/feature/new/arm/arms/worlds/f.wbt', 'worlds/f.wbt'],
  ])('%s', async (_name, path, world) => {
    const into = await filled(open(), start(`${github}alice/robots/${path}`))
    expect(Object.keys(contents(into))).toContain(world)
  })

  test('a commit, and the older form of address', async () => {
    const commit = host.commit('alice/robots', { 'worlds/c.wbt': WORLD }, { branch: 'third' })
    host.commit('alice/robots', { 'worlds/d.wbt': WORLD }, { branch: 'third' })
    const made = open()
    expect(contents(await filled(made, start(`${github}alice/robots/blob/${commit}/worlds/c.wbt`)))).toHaveProperty([
      'worlds/c.wbt',
    ])
    expect(
      contents(await filled(made, start('webots://github.com/alice/robots/branch/third/worlds/d.wbt'))),
    ).toHaveProperty(['worlds/d.wbt'])
    expect(
      contents(await filled(made, start('webots://github.com/alice/robots/tag/v1.0/worlds/tagged.wbt'))),
    ).toHaveProperty(['worlds/tagged.wbt'])
    const swapped = made.find(start('webots://github.com/alice/robots/tag/third/worlds/d.wbt'))
    expect(await codeOf(swapped.then(({ prepare }) => prepare(patient)))).toContain('has no tag "third"')
  })

  test.each([
    ['blob/main/arms/worlds/none.wbt', 'WORLD_NOT_FOUND: worlds/none.wbt does not exist.'],
    ['blob/main/none/worlds/a.wbt', 'WORLD_NOT_FOUND: worlds/a.wbt does not exist.'],
    [
      'blob/nowhere/worlds/a.wbt',
      'REPOSITORY_UNAVAILABLE: The repository https://github.com/alice/robots.git has no tag or branch "nowhere".',
    ],
  ])('%s is told', async (path, message) => {
    const made = open()
    const wanted = await made.find(start(`${github}alice/robots/${path}`))
    expect(await codeOf(wanted.prepare(patient))).toContain(message)
  })

  test('a repository that is not there is told', async () => {
    const wanted = await open().find(start(`${github}alice/none/blob/main/worlds/a.wbt`))
    expect(await codeOf(wanted.prepare(patient))).toContain(
      'REPOSITORY_UNAVAILABLE: There is no repository https://github.com/alice/none.git, or it is private',
    )
  })

  test.each([
    ['a folder', () => host.folder],
    ['an address of files', () => `file://${host.folder}/`],
  ])('%s as the mirror', async (_name, mirror) => {
    const into = await filled(
      open({ repositoryMirror: mirror() }),
      start(`${github}alice/robots/blob/main/arms/worlds/a.wbt`),
    )
    expect(contents(into)).toHaveProperty(['worlds/a.wbt'])
  })

  test('links that lead out are left out, others stay', async () => {
    host.commit('alice/links', {
      'p/worlds/a.wbt': WORLD,
      'p/controllers/inside/inside.py': 'print(1)',
      'p/controllers/twin': { link: 'inside' },
      'p/controllers/out': { link: '/etc' },
      'p/controllers/up': { link: '../../../../../../etc' },
      'p/controllers/other': { link: '../../q' },
      'q/secret.py': 'of another project',
    })
    const lines: string[] = []
    const into = await filled(open(), start(`${github}alice/links/blob/main/p/worlds/a.wbt`), {
      ...patient,
      progress: (line) => lines.push(line),
    })
    expect(readdirSync(join(into, 'controllers')).sort()).toEqual(['inside', 'twin'])
    expect(readFileSync(join(into, 'controllers/twin/inside.py'), 'utf8')).toBe('print(1)')
    expect(lines).toContain('Left out p/controllers/out: a link that leads out of the repository')
  })

  test('what a repository configures for git is not run', async () => {
    const trap = join(folder, 'trap')
    host.commit('alice/trap', {
      '.gitattributes': '* filter=trap diff=trap\n',
      '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch% ${trap}\n`,
      '.lfsconfig': '[lfs]\n\turl = http://127.0.0.1:1/\n',
      'worlds/a.wbt': WORLD,
    })
    process.env.GIT_CONFIG_COUNT = '1'
    process.env.GIT_CONFIG_KEY_0 = 'filter.trap.smudge'
    process.env.GIT_CONFIG_VALUE_0 = `touch ${trap}`
    try {
      await filled(open(), start(`${github}alice/trap/blob/main/worlds/a.wbt`))
    } finally {
      for (const name of ['GIT_CONFIG_COUNT', 'GIT_CONFIG_KEY_0', 'GIT_CONFIG_VALUE_0']) delete process.env[name]
    }
    expect(existsSync(trap)).toBe(false)
  })

  test('several who want the same at the same moment wait for one fetch; later ones wait for none', async () => {
    host.delayMs = 300
    const made = open()
    const before = host.packs
    const url = `${github}alice/robots/blob/main/legs/worlds/l.wbt`
    const folders = await Promise.all([1, 2, 3, 4].map(() => filled(made, start(url))))
    // One request for the commit, one for its files.
    expect(host.packs - before).toBe(2)
    for (const one of folders) expect(contents(one)).toHaveProperty(['worlds/l.wbt'])
    await filled(made, start(url))
    expect(host.packs - before).toBe(2)
    // Another server finds it in the folder.
    await filled(open(), start(url))
    expect(host.packs - before).toBe(2)
  })

  test('a branch that moves is fetched again', async () => {
    const made = open()
    host.commit('alice/moving', { 'worlds/a.wbt': WORLD })
    await filled(made, start(`${github}alice/moving/blob/main/worlds/a.wbt`))
    host.commit('alice/moving', { 'worlds/a.wbt': WORLD, 'new.txt': '1' })
    expect(contents(await filled(made, start(`${github}alice/moving/blob/main/worlds/a.wbt`)))).toHaveProperty([
      'new.txt',
    ])
  })

  test('the folder keeps its size: what was not used for the longest time goes', async () => {
    for (const name of ['one', 'two', 'three'])
      host.commit(`alice/${name}`, { 'worlds/a.wbt': WORLD, 'data.txt': name.repeat(200_000) })
    const made = open({ repositoryCacheMiB: 2 })
    const fetch = async (name: string) => {
      const before = host.packs
      await filled(made, start(`${github}alice/${name}/blob/main/worlds/a.wbt`))
      return host.packs > before
    }
    expect(await fetch('one')).toBe(true)
    expect(await fetch('two')).toBe(true)
    expect(await fetch('one')).toBe(false)
    expect(await fetch('three')).toBe(true)
    expect([await fetch('one'), await fetch('three')]).toEqual([false, false])
    expect(await fetch('two')).toBe(true)
  })

  test('a visitor who leaves while others wait does not disturb them', async () => {
    host.delayMs = 500
    const made = open()
    const leaving = new AbortController()
    const url = `${github}alice/robots/blob/feature/new/arm/arms/worlds/f.wbt`
    const left = codeOf(filled(made, start(url), { ...patient, signal: leaving.signal }))
    const stayed = filled(made, start(url))
    setTimeout(() => leaving.abort(), 100)
    expect(await left).toContain('abort')
    expect(contents(await stayed)).toHaveProperty(['worlds/f.wbt'])
  })

  test('when the last visitor leaves, git ends and nothing stays', async () => {
    host.delayMs = 60_000
    const made = open()
    const leaving = new AbortController()
    const work = codeOf(
      filled(made, start(`${github}alice/robots/blob/main/arms/worlds/a.wbt`), { ...patient, signal: leaving.signal }),
    )
    const gits = () => descendantsOf(process.pid).filter(({ command }) => /git.* fetch /.test(command))
    await expect.poll(() => gits().length, { timeout: 20_000 }).toBeGreaterThan(0)
    leaving.abort()
    await work
    await expect.poll(() => gits(), { timeout: 10_000 }).toEqual([])
    await expect.poll(() => readdirSync(join(folder, 'work/repositories')), { timeout: 10_000 }).toEqual([])
  })

  test('a repository that does not come in time is told', async () => {
    host.delayMs = 60_000
    const wanted = await open({ projectTimeout: 0.5 }).find(start(`${github}alice/robots/blob/main/arms/worlds/a.wbt`))
    expect(await codeOf(wanted.prepare(patient))).toContain('REPOSITORY_UNAVAILABLE')
    expect(readdirSync(join(folder, 'work/repositories'))).toEqual([])
  })

  test.each([
    ['bytes', { 'worlds/a.wbt': WORLD, 'data.txt': 'a'.repeat(1_500_000) }, { projectMiB: 1 }],
    [
      'files',
      { 'worlds/a.wbt': WORLD, ...Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`f${i}`, '1'])) },
      { projectFiles: 50 },
    ],
  ])('too many %s are told', async (name, files, config) => {
    host.commit(`alice/large-${name}`, files)
    const wanted = await open(config).find(start(`${github}alice/large-${name}/blob/main/worlds/a.wbt`))
    expect(await codeOf(wanted.prepare(patient))).toContain('PROJECT_TOO_LARGE')
    expect(readdirSync(join(folder, 'work/repositories'))).toEqual([])
  })

  test.skipIf(smallDiskProblem !== undefined)(
    `a full disk is told by its name${smallDiskProblem ? ` (skipped: ${smallDiskProblem})` : ''}`,
    () =>
      withSmallDisk(256, async (small) => {
        const noise = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * 7919 + (i >> 5) * 31) & 255))
        host.commit('alice/noise', { 'worlds/a.wbt': WORLD, 'data.bin': noise })
        const wanted = await open({ repositoryCache: small }).find(start(`${github}alice/noise/blob/main/worlds/a.wbt`))
        expect(await codeOf(wanted.prepare(patient))).toContain('DISK_FULL')
        expect(readdirSync(small)).toEqual([])
      }),
  )

  test('without git the error says so', async () => {
    const path = process.env.PATH
    process.env.PATH = folder
    try {
      const wanted = await open().find(start(`${github}alice/robots/blob/main/arms/worlds/a.wbt`))
      expect(await codeOf(wanted.prepare(patient))).toContain('GIT_MISSING')
    } finally {
      process.env.PATH = path
    }
  })
})

describe('who may run a repository', () => {
  const request = start('https://github.com/alice/robots/blob/main/worlds/a.wbt')
  const ask = (config: object, options = {}) => codeOf(library(config, options).find(request))

  test.each([
    [
      'allowed ones always',
      { allowedRepositories: ['https://github.com/alice'] },
      { load: 99, confined: false },
      'no error',
    ],
    ['others on idle time', {}, { load: 50 }, 'no error'],
    [
      'a longer name is another one',
      { allowedRepositories: ['https://github.com/ali'], shareIdleTime: 0 },
      {},
      'REPOSITORY_REFUSED: This simulation server is not configured to share idle time.',
    ],
    [
      'no programs of strangers without confinement',
      {},
      { confined: false },
      'REPOSITORY_REFUSED: Docker not enabled: cannot host simulations from repositories outside of "allowedRepositories".',
    ],
    [
      'not while the machine is busy',
      {},
      { load: 50.26 },
      'IDLE_TIME_NOT_SHARED: Cannot share idle time when current load is above threshold: 50.3.',
    ],
    [
      'not when blocked',
      { blockedRepositories: ['https://github.com/ALICE/robots.git'] },
      {},
      'REPOSITORY_REFUSED: Cannot run simulation from blocked repository: https://github.com/alice/robots/blob/main/worlds/a.wbt',
    ],
  ])('%s', async (_name, config, options, expected) => {
    expect(await ask(config, options)).toBe(expected)
  })

  test('a list that is a text is refused by name', () => {
    expect(() => SimulationServerConfig.parse({ allowedRepositories: 'https://github.com/alice' })).toThrow(
      /must be a list/,
    )
  })
})

describe('folders of this machine', () => {
  test('a world below an allowed folder runs', async () => {
    put('mine/p/worlds/a.wbt', WORLD)
    symlinkSync('/etc/passwd', join(folder, 'mine/p/worlds/stolen.txt'))
    const made = library({ allowedFolders: [join(folder, 'mine')] })
    expect(contents(await filled(made, start(`file://${folder}/mine/p/worlds/a.wbt`)))).toEqual({
      'worlds/a.wbt': WORLD,
    })
  })

  test.each([
    ['elsewhere', 'other/p/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['a folder whose name begins alike', 'mine2/p/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['up and down', 'mine/../other/p/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['up and down, encoded', 'mine/%2e%2e/other/p/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['through a link', 'mine/link/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['a folder that is not there', 'mine/none/worlds/a.wbt', 'START_ORIGIN_REFUSED'],
    ['a world that is not there', 'mine/p/worlds/none.wbt', 'WORLD_NOT_FOUND: worlds/none.wbt does not exist.'],
    ['no worlds folder', 'mine/p/world/a.wbt', 'Missing worlds folder in Webots simulation URL'],
    ['no world', 'mine/p/worlds/a.txt', 'Missing world file in Webots simulation URL'],
  ])('%s is refused', async (_name, path, message) => {
    for (const name of ['mine', 'mine2', 'other']) put(`${name}/p/worlds/a.wbt`, WORLD)
    symlinkSync(join(folder, 'other/p'), join(folder, 'mine/link'))
    const made = library({ allowedFolders: [join(folder, 'mine')] })
    expect(
      await codeOf(made.find(start(`file://${folder}/${path}`)).then(({ prepare }) => prepare(patient))),
    ).toContain(message)
  })
})

describe('what the visitor brings', () => {
  test('init: host.txt and session.json, without the secret', async () => {
    put('projects/simple/worlds/simple.wbt', WORLD)
    const made = library({ projectsDir: join(folder, 'projects') })
    const into = await filled(
      made,
      init('https://robots.example', 'simple', 'simple.wbt', '', '', '', '7', 'Bob', '{"a":1}'),
    )
    const { 'session.json': session, ...rest } = contents(into)
    expect(rest).toEqual({ 'host.txt': 'https://robots.example', 'worlds/simple.wbt': WORLD })
    expect(JSON.parse(session!)).toEqual({
      host: 'https://robots.example',
      project: 'simple',
      world: 'worlds/simple.wbt',
      user2Id: '7',
      user2Name: 'Bob',
      customData: '{"a":1}',
    })
  })

  test('start: the same fields beside the URL', async () => {
    put('p/worlds/a.wbt', WORLD)
    const made = library({ allowedFolders: [folder] })
    const url = `file://${folder}/p/worlds/a.wbt`
    expect(Object.keys(contents(await filled(made, start(url))))).toEqual(['worlds/a.wbt'])
    const into = await filled(made, start(url, { user1Id: '3', user1Authentication: 'secret', customData: 'x' }))
    const session = readFileSync(join(into, 'session.json'), 'utf8')
    expect(JSON.parse(session)).toEqual({ project: 'p', world: 'worlds/a.wbt', user1Id: '3', customData: 'x' })
  })
})
