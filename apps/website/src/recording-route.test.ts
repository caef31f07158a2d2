import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createFolderExhibits, createFolderStore } from '@simyard/projects'
import { RecordingWriter } from '@simyard/recording'
import type { FastifyInstance } from 'fastify'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { fromBufferPromise } from 'yauzl'
import { RecordingEntry, RecordingUploadReply } from './schema.js'
import { createApp } from './website.js'

const XML = `<X3D><head>\n<meta name="version" content="R2025a" />\n</head><Scene>\n<WorldInfo id='n1' title='A ball' info='"It falls."'/>\n<Solid id='n2'/></Scene></X3D>`

let folder: string
let app: FastifyInstance

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'simyard-recordings-'))
  await mkdir(join(folder, 'pages'))
  for (const page of ['exhibit', 'recordings'])
    await writeFile(join(folder, `pages/${page}.html`), `<!doctype html>${page}`)
  app = await createApp({
    store: createFolderStore({ galleryDir: join(folder, 'pages'), dataDir: join(folder, 'data') }),
    exhibits: createFolderExhibits({ dataDir: join(folder, 'data') }),
    pagesDir: join(folder, 'pages'),
    viewDir: folder,
    workerDir: folder,
    pythonDir: folder,
    scriptsDir: folder,
    assets: {},
    status: () => ({ version: '0.1.0', sandbox: { driver: 'none', ok: false, message: 'off' } }),
    uploadsPerHour: 5,
  })
  await app.ready()
})
afterEach(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

function recording(xml = XML): Buffer {
  const scene = { world: 'worlds/w.wbt', title: 'A ball', basicTimeStepMs: 32, fps: 30, robots: [], xml: { x3d: xml } }
  const writer = new RecordingWriter(scene, { durationMs: 60_000, bytes: 1_000_000, events: 10 })
  for (let timeMs = 0; timeMs <= 960; timeMs += 32)
    writer.add({ timeMs, poses: [{ id: 2, translation: [0, 0, 1 - timeMs / 1000] }], fields: [], labels: [] })
  return Buffer.from(writer.file())
}

const upload = (payload: Buffer, query = '', headers: Record<string, string> = {}) =>
  app.inject({ method: 'POST', url: `/api/v1/recordings${query}`, payload, headers })
const put = (id: string, path: string, payload: Buffer, key: string) =>
  app.inject({
    method: 'PUT',
    url: `/api/v1/recordings/${id}/files/${path}`,
    payload,
    headers: { authorization: `Bearer ${key}` },
  })
const uploaded = async (query = '') => RecordingUploadReply.parse((await upload(recording(), query)).json())

test('a recording is uploaded, told, listed, and there under its address', async () => {
  const file = recording()
  const reply = await upload(file, '?title=The%20ball%20of%20Monday')
  expect(reply.statusCode).toBe(201)
  const { id, address } = RecordingUploadReply.parse(reply.json())
  expect(address).toBe(`/r/${id}`)
  expect(reply.headers.location).toBe(`/api/v1/recordings/${id}`)
  const entry = RecordingEntry.parse((await app.inject(`/api/v1/recordings/${id}`)).json())
  expect(entry).toEqual({
    id,
    kind: 'recording',
    address,
    title: 'The ball of Monday',
    info: ['It falls.'],
    version: 'R2025a',
    durationMs: 960,
    bytes: file.length,
    views: 0,
    createdAt: expect.any(String),
    thumbnail: null,
    recording: `${address}/recording.simyard`,
    scene: null,
    animation: null,
    archive: `${address}/archive.zip`,
  })
  expect((await app.inject(entry.recording!)).rawPayload).toEqual(file)
  expect((await app.inject('/api/v1/recordings?search=monday')).json()).toEqual({ recordings: [entry], total: 1 })
  expect((await app.inject('/api/v1/recordings?kind=scene')).json()).toEqual({ recordings: [], total: 0 })
  expect((await app.inject('/api/v1/recordings?limit=1000')).json()).toMatchObject({
    error: { code: 'REQUEST_INVALID' },
  })
  expect((await app.inject(address)).body).toContain('exhibit')
  expect((await app.inject('/recordings')).body).toContain('recordings')
  expect((await app.inject('/r/zzzzzz')).statusCode).toBe(404)
})

test('its picture and those of its project are added with the key, and all come in one archive', async () => {
  const { id, key, address } = await uploaded()
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 1])
  expect((await put(id, 'thumbnail.jpg', jpeg, 'wrong')).json()).toMatchObject({ error: { code: 'EXHIBIT_WRONG_KEY' } })
  expect((await put(id, 'thumbnail.jpg', jpeg, key)).json()).toEqual({ path: 'thumbnail.jpg', size: 4 })
  expect((await put(id, 'worlds/textures/wood.png', Buffer.from('png'), key)).statusCode).toBe(200)
  expect((await app.inject(`${address}/worlds/textures/wood.png`)).body).toBe('png')
  expect((await app.inject(`/api/v1/recordings/${id}`)).json()).toMatchObject({ thumbnail: `${address}/thumbnail.jpg` })
  const archive = await app.inject(`${address}/archive.zip`)
  expect(archive.headers['content-disposition']).toBe('attachment; filename=a-ball.zip')
  const names: string[] = []
  for await (const { fileName } of (await fromBufferPromise(archive.rawPayload, { lazyEntries: true })).eachEntry())
    names.push(fileName)
  expect(names).toEqual(['recording.simyard', 'thumbnail.jpg', 'worlds/textures/wood.png'])
})

test.each([
  ['recording.simyard', 'EXHIBIT_INVALID'],
  ['page.html', 'EXHIBIT_INVALID'],
  ['drawing.svg', 'EXHIBIT_INVALID'],
  ['thumbnail.jpg', 'EXHIBIT_INVALID'],
  ['thumbnail.jpg/a.png', 'FILE_PATH_INVALID'],
  ['..%2fa.png', 'FILE_PATH_INVALID'],
])('%s is not added: %s', async (path, code) => {
  const { id, key } = await uploaded()
  await put(id, 'thumbnail.jpg', Buffer.from([0xff, 0xd8, 0xff]), key)
  expect((await put(id, path, Buffer.from('text'), key)).json()).toMatchObject({ error: { code } })
})

test('it goes with its key, and nothing of it stays', async () => {
  const { id, key, address } = await uploaded()
  const remove = (authorization?: string) =>
    app.inject({
      method: 'DELETE',
      url: `/api/v1/recordings/${id}`,
      ...(authorization === undefined ? {} : { headers: { authorization } }),
    })
  for (const wrong of [undefined, 'Bearer wrong', `Basic ${key}`]) expect((await remove(wrong)).statusCode).toBe(403)
  expect((await remove(`Bearer ${key}`)).json()).toEqual({ id })
  expect((await remove(`Bearer ${key}`)).statusCode).toBe(404)
  expect((await app.inject(`${address}/recording.simyard`)).statusCode).toBe(404)
  expect(await readdir(join(folder, 'data/exhibits'))).toEqual([])
})

test('what is no recording is refused, and so are one that unpacks to too much and one without a scene', async () => {
  const good = recording()
  const bomb = Buffer.from(good)
  bomb.writeUInt32LE(200_000_000, bomb.length - 8)
  const cut = Buffer.concat([good.subarray(0, 40), good.subarray(60)])
  for (const bad of [Buffer.from('SYR1'), Buffer.alloc(0), bomb, cut]) {
    const reply = await upload(bad)
    expect([reply.statusCode, reply.json()]).toMatchObject([422, { error: { code: 'RECORDING_INVALID' } }])
  }
  expect((await app.inject('/api/v1/recordings')).json()).toMatchObject({ total: 0 })
})

test('uploads are bounded in size, in number, and to this site', async () => {
  const large = await upload(Buffer.alloc(32 * 1024 * 1024 + 1))
  expect([large.statusCode, large.json()]).toMatchObject([413, { error: { code: 'FILE_TOO_LARGE' } }])
  const foreign = await upload(recording(), '', { origin: 'https://evil.example', host: 'robots.example' })
  expect(foreign.json()).toMatchObject({ error: { code: 'REQUEST_INVALID' } })
  const codes: number[] = []
  for (let i = 0; i < 5; i++) codes.push((await upload(recording())).statusCode)
  expect(codes).toEqual([201, 201, 201, 201, 429])
})
