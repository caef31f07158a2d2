import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buffer, text } from 'node:stream/consumers'
import { type ClientRequest, decodeClientRequest } from '@simyard/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ZipFile } from 'yazl'
import { SimulationServerConfig } from '../config.js'
import { ProjectLibrary } from './project-library.js'

const WORLD = '#VRML_SIM R2025a utf8\n'
const KEY = 'the key of the host'

let folder: string
let server: Server
let host: string
let answer: (response: ServerResponse, form: URLSearchParams, request: IncomingMessage) => void
const forms: URLSearchParams[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'simyard-host-'))
  forms.length = 0
  server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request))
    forms.push(form)
    answer(response, form, request)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  put('keys/127.0.0.1', `${KEY}\nnot the key\n`)
  put('projects/maze/worlds/maze.wbt', 'base')
  put('projects/maze/controllers/c/c.py', 'base')
  put('projects/maze/controllers/c/run', 'base')
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true, force: true })
})

function put(path: string, content: string): void {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, content)
}

function zip(files: Record<string, string | Buffer>): Promise<Buffer> {
  const archive = new ZipFile()
  for (const [path, content] of Object.entries(files)) archive.addBuffer(Buffer.from(content), path)
  archive.end()
  return buffer(archive.outputStream)
}

type Init = Extract<ClientRequest, { type: 'init' }>
const init = (from: string, user1Id = '7', project = 'maze', world = 'maze.wbt') =>
  decodeClientRequest(
    JSON.stringify({ init: [from, project, world, user1Id, 'Alice', 'secret', '8', 'Bob', 'more'] }),
  ) as Init

const library = (config: object = {}) =>
  new ProjectLibrary({
    config: SimulationServerConfig.parse({
      projectsDir: join(folder, 'projects'),
      keyDir: join(folder, 'keys'),
      websites: [host],
      ...config,
    }),
    sites: [],
    workDir: join(folder, 'work'),
    confined: true,
    load: () => 0,
  })

async function filled(request: Init, made = library(), signal = new AbortController().signal): Promise<string> {
  const project = await (await made.find(request)).prepare({ signal, progress: () => undefined })
  const into = mkdtempSync(join(folder, 'instance-'))
  await project.fill(into, signal)
  project.release()
  return into
}

const read = (root: string, path: string) => readFileSync(join(root, path), 'utf8')
const incoming = () => readdirSync(join(folder, 'work/incoming'))

test('the files of the visitor are laid over those of the project', async () => {
  const archive = await zip({ 'controllers/c/c.py': 'of the visitor', 'worlds/new.wbt': WORLD })
  answer = (response) => response.setHeader('Content-Type', 'application/zip').end(archive)
  const into = await filled(init(host))
  expect(Object.fromEntries(forms[0]!)).toEqual({
    project: 'maze',
    key: KEY,
    user1Id: '7',
    user1Name: 'Alice',
    user1Authentication: 'secret',
    user2Id: '8',
    user2Name: 'Bob',
    customData: 'more',
  })
  expect(read(into, 'controllers/c/c.py')).toBe('of the visitor')
  expect(read(into, 'worlds/maze.wbt')).toBe('base')
  expect(read(into, 'worlds/new.wbt')).toBe(WORLD)
  expect(read(into, 'host.txt')).toBe(host)
  expect(read(into, 'session.json')).not.toContain('secret')
  const mode = (path: string) => statSync(join(into, path)).mode & 0o777
  expect([mode('controllers/c/c.py'), mode('controllers/c/run'), mode('worlds/new.wbt') & 0o111]).toEqual([
    0o775, 0o775, 0,
  ])
  await expect.poll(incoming).toEqual([])
})

test('a project that is only there', async () => {
  const archive = await zip({ 'worlds/own.wbt': WORLD })
  answer = (response) => response.end(archive)
  const into = await filled(init(host, '7', 'other', 'own.wbt'))
  expect(read(into, 'worlds/own.wbt')).toBe(WORLD)
})

test('no such directory: the project of this machine as it is', async () => {
  answer = (response) => response.end("Error: no such directory: 'user/7/projects/maze'.")
  expect(read(await filled(init(host)), 'controllers/c/c.py')).toBe('base')
  await expect(filled(init(host, '7', 'other'))).rejects.toMatchObject({ code: 'PROJECT_NOT_FOUND' })
})

test('a visitor without a name: the host is not asked', async () => {
  for (const from of [host, 'https://www.unknown.example', ''])
    expect(read(await filled(init(from, '')), 'worlds/maze.wbt')).toBe('base')
  expect(forms).toEqual([])
})

describe('which hosts are contacted', () => {
  const code = (request: Init, config: object = {}) =>
    library(config)
      .find(request)
      .then(
        () => 'contacted',
        (error: { code: string }) => error.code,
      )

  test('those with a key, on their usual port or a listed one', async () => {
    put('keys/robots.example', 'key')
    expect(await code(init('https://robots.example'))).toBe('contacted')
    expect(await code(init('https://www.robots.example'))).toBe('contacted')
    expect(await code(init('http://robots.example:80'))).toBe('contacted')
    expect(await code(init('https://robots.example:8443'))).toBe('START_ORIGIN_REFUSED')
    expect(await code(init(host))).toBe('contacted')
    expect(await code(init(host), { websites: [] })).toBe('START_ORIGIN_REFUSED')
  })

  test('others are not', async () => {
    for (const from of ['https://unknown.example', 'http://169.254.169.254', 'http://localhost:2000'])
      expect(await code(init(from))).toBe('HOST_KEY_MISSING')
    expect(await code(init(host), { keyDir: undefined })).toBe('HOST_KEY_MISSING')
    expect(await code(init('https://unknown.example', '', 'none'))).toBe('START_ORIGIN_REFUSED')
  })

  test.each([
    'file:///etc',
    'ftp://robots.example',
    'https://user:password@robots.example',
    'https://robots.example?x',
    'https://..',
    'https://a..b',
    'robots.example',
  ])('%s is no host', async (from) => {
    expect(await code(init(from))).toBe('START_URL_INVALID')
  })

  test.each(['../keys', 'a/b', '.hidden', '', '..'])('%j is no project', async (project) => {
    expect(await code(init(host, '7', project))).toBe('START_URL_INVALID')
  })

  test('a host listed without a key and without a project here is a site like ours', async () => {
    const wanted = await library({ keyDir: undefined, projectsDir: undefined }).find(init(host))
    expect(wanted.reference).toEqual({ kind: 'site', origin: host, project: 'maze', world: 'worlds/maze.wbt' })
  })
})

describe('hosts that fail', () => {
  test.each<[string, (response: ServerResponse) => unknown, string, string]>([
    ['its own words', (response) => response.end('Error: Wrong key.'), 'PROJECT_DOWNLOAD_FAILED', 'Wrong key.'],
    ['a status', (response) => response.writeHead(500).end('sorry'), 'PROJECT_DOWNLOAD_FAILED', 'status 500'],
    [
      'a page',
      (response) => response.end('<html>maintenance</html>'),
      'PROJECT_ARCHIVE_INVALID',
      'did not answer with a ZIP',
    ],
    ['nothing', (response) => response.end(), 'PROJECT_ARCHIVE_INVALID', 'did not answer with a ZIP'],
    ['garbage', (response) => response.end('PK and no more'), 'PROJECT_ARCHIVE_INVALID', 'cannot be unpacked'],
    [
      'a redirection',
      (response) => response.writeHead(302, { Location: 'http://169.254.169.254/' }).end(),
      'PROJECT_DOWNLOAD_FAILED',
      'cannot be reached',
    ],
    [
      'an end in the middle',
      (response) => {
        response.writeHead(200, { 'Content-Length': '1000' }).write('PK')
        setTimeout(() => response.destroy(), 20)
      },
      'PROJECT_DOWNLOAD_FAILED',
      'broke off',
    ],
    ['too much', (response) => response.end(Buffer.alloc(2_000_000, 'PK')), 'PROJECT_TOO_LARGE', 'more than'],
    ['silence', () => undefined, 'PROJECT_DOWNLOAD_FAILED', 'within 1 s'],
    ['silence in the middle', (response) => response.write('PK'), 'PROJECT_DOWNLOAD_FAILED', 'within 1 s'],
  ])('%s', async (_name, behaviour, code, words) => {
    answer = behaviour
    const made = library({ projectMiB: 1, projectTimeout: 1 })
    await expect(filled(init(host), made)).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
    await expect.poll(incoming).toEqual([])
  })

  test('an archive that unpacks to far more than it is', async () => {
    const archive = await zip({ zeros: Buffer.alloc(20_000_000) })
    answer = (response) => response.end(archive)
    await expect(filled(init(host))).rejects.toMatchObject({ code: 'PROJECT_ARCHIVE_INVALID' })
    expect(incoming()).toEqual([])
  })

  test('nobody there', async () => {
    put('keys/127.0.0.2', KEY)
    await expect(
      filled(init('http://127.0.0.2:9'), library({ websites: ['http://127.0.0.2:9'] })),
    ).rejects.toMatchObject({
      code: 'PROJECT_DOWNLOAD_FAILED',
    })
  })

  test('the visitor leaves in the middle', async () => {
    const leaving = new AbortController()
    let cut: Promise<unknown> = Promise.resolve()
    answer = (response) => {
      response.write('PK')
      cut = new Promise((resolve) => response.once('close', resolve))
      leaving.abort()
    }
    await expect(filled(init(host), library(), leaving.signal)).rejects.toMatchObject({ name: 'AbortError' })
    await cut
    expect(incoming()).toEqual([])
  })
})
