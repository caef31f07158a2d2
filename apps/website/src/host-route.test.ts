import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createFolderStore, createMemoryExhibits, type ProjectStore } from '@simyard/projects'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { createApp } from './website.js'

let folder: string
let app: FastifyInstance
let store: ProjectStore
let copy: { id: string; key: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simyard-host-'))
  const put = async (path: string, content: string) => {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  for (const name of ['maze', 'other']) {
    await put(`gallery/${name}/project.yaml`, `title: ${name}\n`)
    await put(`gallery/${name}/worlds/maze.wbt`, '#VRML_SIM R2023b utf8\n')
    await put(`gallery/${name}/controllers/c/c.py`, 'print(1)\n')
  }
  store = createFolderStore({ galleryDir: join(folder, 'gallery'), dataDir: join(folder, 'data') })
  app = await createApp({
    store,
    exhibits: createMemoryExhibits(),
    pagesDir: join(folder, 'gallery'),
    viewDir: join(folder, 'gallery'),
    workerDir: folder,
    pythonDir: folder,
    scriptsDir: folder,
    assets: {},
    status: () => ({ version: '0.1.0', sandbox: { driver: 'none', ok: false, message: 'off' } }),
    hostKey: 'right',
  })
  await app.ready()
  copy = await store.copy('maze')
  await store.writeFile(copy.id, 'controllers/c/c.py', Buffer.from('print("mine")\n'), copy.key)
})
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

describe('/ajax/download-project.php', () => {
  const download = (fields: Record<string, string>, remoteAddress = '127.0.0.1') =>
    app.inject({
      remoteAddress,
      method: 'POST',
      url: '/ajax/download-project.php',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      payload: new URLSearchParams(fields).toString(),
    })
  const right = () => ({ user1Id: copy.id, user1Authentication: copy.key, key: 'right', project: 'maze' })

  async function unpacked(archive: Buffer): Promise<Record<string, string>> {
    const zip = await fromBufferPromise(archive, { lazyEntries: true })
    const files: Record<string, string> = {}
    for await (const entry of zip.eachEntry())
      files[entry.fileName] = await text(await zip.openReadStreamPromise(entry))
    return files
  }

  test('the copy of a visitor, as an archive', async () => {
    const reply = await download(right())
    expect(reply.statusCode).toBe(200)
    expect(reply.headers).toMatchObject({
      'content-type': 'application/zip',
      'content-disposition': 'attachment; filename=maze.zip',
      'x-robots-tag': 'noindex',
    })
    expect(await unpacked(reply.rawPayload)).toEqual({
      'controllers/c/c.py': 'print("mine")\n',
      'project.yaml': 'title: maze\n',
      'worlds/maze.wbt': '#VRML_SIM R2023b utf8\n',
    })
  })

  test('a copy by its own id, and a project that nobody has changed', async () => {
    const own = await unpacked((await download({ ...right(), project: copy.id })).rawPayload)
    expect(own['controllers/c/c.py']).toBe('print("mine")\n')
    const original = await unpacked((await download({ ...right(), user1Id: '', user1Authentication: '' })).rawPayload)
    expect(original['controllers/c/c.py']).toBe('print(1)\n')
  })

  test.each([
    ['user1Id', 'Error: Missing user1Id.'],
    ['user1Authentication', 'Error: Missing user1Authentication.'],
    ['key', 'Error: Missing key.'],
    ['project', 'Error: Missing project.'],
  ])('without %s', async (name, message) => {
    const fields: Record<string, string> = right()
    delete fields[name]
    const reply = await download(fields)
    expect([reply.statusCode, reply.body]).toEqual([200, message])
    expect(reply.headers['x-robots-tag']).toBe('noindex')
  })

  test('a wrong key is answered after a second', async () => {
    const startedAt = performance.now()
    expect((await download({ ...right(), key: 'wrong' })).body).toBe('Error: Wrong key.')
    expect(performance.now() - startedAt).toBeGreaterThan(990)
  })

  test.each(['../maze', 'a/b', '..'])('the project %s is refused', async (project) => {
    expect((await download({ ...right(), project })).body).toBe('Error: Wrong project.')
  })

  test('what is not there', async () => {
    expect((await download({ ...right(), user1Id: '', project: 'none' })).body).toBe(
      "Error: no such directory: 'projects/none'.",
    )
    for (const [user1Id, project] of [
      ['nobody', 'maze'],
      [copy.id, 'other'],
      ['maze', 'maze'],
    ] as const) {
      expect((await download({ ...right(), user1Id, project })).body).toBe(
        `Error: no such directory: 'user/${user1Id}/projects/${project}'.`,
      )
    }
  })

  test('the key of another copy', async () => {
    const reply = await download({ ...right(), user1Authentication: 'wrong' })
    expect(reply.body).toBe('Error: Wrong user1Authentication.')
  })

  test('something that is no form', async () => {
    const reply = await app.inject({ method: 'POST', url: '/ajax/download-project.php', payload: 'x' })
    expect(reply.body).toBe('Error: The request is not a form.')
  })

  test('who guesses keys is stopped', async () => {
    const replies = await Promise.all(
      Array.from({ length: 30 }, () => download({ ...right(), key: 'guess' }, '127.0.0.9')),
    )
    expect(replies.filter(({ statusCode }) => statusCode === 429).length).toBeGreaterThan(5)
    expect((await download(right())).statusCode).toBe(200)
  })
})

describe('/ajax/upload-file.php', () => {
  async function upload(fields: Record<string, string | Blob>, headers: Record<string, string> = {}) {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    const request = new Request('http://localhost/', { method: 'POST', body: form })
    return app.inject({
      method: 'POST',
      url: '/ajax/upload-file.php',
      headers: { host: 'localhost', 'content-type': request.headers.get('content-type')!, ...headers },
      payload: Buffer.from(await request.arrayBuffer()),
    })
  }
  const right = () => ({
    dirname: 'maze/controllers/c',
    filename: 'c.py',
    content: 'print(2)\n',
    user1Id: copy.id,
    user1Authentication: copy.key,
  })
  const stored = async () => Buffer.from((await store.readFile(copy.id, 'controllers/c/c.py')).content).toString()

  test('a file of a copy, as text and as a file', async () => {
    const reply = await upload(right())
    expect([reply.statusCode, reply.body]).toEqual([200, 'OK'])
    expect(await stored()).toBe('print(2)\n')
    expect(
      (await upload({ ...right(), dirname: `${copy.id}/controllers/c`, content: new Blob(['print(3)\n']) })).body,
    ).toBe('OK')
    expect(await stored()).toBe('print(3)\n')
  })

  test('by cookies, from a page of this site only', async () => {
    const { user1Id, user1Authentication, ...fields } = right()
    const cookie = `user1Id=${user1Id}; user1Authentication=${user1Authentication}`
    const body = async (headers: Record<string, string>) => (await upload(fields, { cookie, ...headers })).body
    expect(await body({ origin: 'http://localhost' })).toBe('OK')
    expect(await body({ 'sec-fetch-site': 'same-origin' })).toBe('OK')
    expect(await body({})).toBe('Error: Missing user1Id.')
    const foreign: Record<string, string>[] = [
      { origin: 'http://elsewhere.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ]
    for (const headers of foreign)
      expect(await body(headers)).toBe('Error: Uploads from pages of other sites are refused.')
  })

  test.each<[string, Record<string, string>, string]>([
    ['a file elsewhere', { filename: '../c.py' }, 'Error: Wrong filename.'],
    ['a file above', { filename: '..' }, 'Error: Wrong filename.'],
    ['runtime.ini', { filename: 'runtime.ini' }, 'Error: Wrong filename.'],
    ['a folder above', { dirname: 'maze/controllers/../../x' }, 'Error: Wrong dirname.'],
    ['another folder', { dirname: 'maze/worlds/c' }, 'Error: Wrong dirname.'],
    ['too much', { content: 'x'.repeat(1024 * 1024 + 1) }, 'Error: Disk quota exceeded: '],
    ['another key', { user1Authentication: 'wrong' }, 'Error: Wrong user1Authentication.'],
    ['a project of the gallery', { user1Id: 'maze' }, "Error: no such directory: 'user/maze/projects/maze'."],
    ['a copy of another project', { dirname: 'other/controllers/c' }, 'Error: no such directory: '],
  ])('%s is refused', async (_name, change, message) => {
    const before = await stored()
    expect((await upload({ ...right(), ...change })).body).toContain(message)
    expect(await stored()).toBe(before)
  })

  test.each(['dirname', 'filename', 'content', 'user1Id', 'user1Authentication'])('without %s', async (name) => {
    const fields: Record<string, string> = right()
    delete fields[name]
    expect((await upload(fields)).body).toBe(`Error: Missing ${name}.`)
  })
})

test('a site without a key gives nothing to simulation servers', async () => {
  const bare = await createApp({
    store,
    exhibits: createMemoryExhibits(),
    pagesDir: join(folder, 'gallery'),
    viewDir: join(folder, 'gallery'),
    workerDir: folder,
    pythonDir: folder,
    scriptsDir: folder,
    assets: {},
    status: () => ({ version: '0.1.0', sandbox: { driver: 'none', ok: false, message: 'off' } }),
  })
  expect((await bare.inject({ method: 'POST', url: '/ajax/download-project.php', payload: 'x' })).statusCode).toBe(404)
  await bare.close()
})
